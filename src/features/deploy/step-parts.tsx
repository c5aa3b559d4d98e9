import { Notice } from '#src/ui/notice.tsx';
import { Time } from '#src/ui/time.tsx';
import type { Draft } from './use-draft.ts';
import type { Review } from './use-review.ts';

/** When the answers were last kept, or that they were not. */
export function Kept({ draft }: { draft: Draft }) {
  if (draft.fault) return <span className="crit">not kept: {draft.fault.message}</span>;
  return (
    <span className="faint">
      answers kept at <Time at={draft.savedAt} />; nothing is written to a server
    </span>
  );
}

export function ReviewFault({ review }: { review: Review }) {
  if (!review.fault) return null;
  const { message, issues, remedy } = review.fault;
  return (
    <Notice state="critical" title={message}>
      {issues.length > 0 ? (
        <ul>
          {issues.map((issue) => (
            <li key={`${issue.path.join('.')} ${issue.code}`}>
              {issue.message} {issue.remedy}
            </li>
          ))}
        </ul>
      ) : (
        remedy
      )}
    </Notice>
  );
}
