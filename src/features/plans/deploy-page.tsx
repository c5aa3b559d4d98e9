import { Skeleton } from '#src/ui/notice.tsx';

/** Deploy: under construction. */
export function Component() {
  return (
    <div className="empty">
      <Skeleton width={320} />
    </div>
  );
}
