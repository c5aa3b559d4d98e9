import { Skeleton } from '#src/ui/notice.tsx';

/** One node: under construction. */
export function Component() {
  return (
    <div className="empty">
      <Skeleton width={320} />
    </div>
  );
}
