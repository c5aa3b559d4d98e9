import { Skeleton } from '#src/ui/notice.tsx';

/** Overview: under construction. */
export function Component() {
  return (
    <div className="empty">
      <Skeleton width={320} />
    </div>
  );
}
