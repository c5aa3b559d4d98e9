/** What every page says of a query that failed, and of a list that goes on. */
import { describeError } from '#src/api/errors.ts';
import { Button } from '#src/ui/button.tsx';
import { Notice } from '#src/ui/notice.tsx';

/** Nothing while the query has no error. */
export function QueryFault({ query }: { query: { error: Error | null; refetch: () => unknown } }) {
  if (query.error === null) return null;
  const told = describeError(query.error);
  return (
    <Notice
      state="critical"
      title={told.message}
      actions={<Button onClick={() => query.refetch()}>Try again</Button>}
    >
      {told.remedy}
    </Notice>
  );
}

interface Pages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** The next page of a list that is newest first. */
export function Older({ query }: { query: Pages }) {
  if (!query.hasNextPage) return null;
  return (
    <div className="older">
      <Button size="sm" busy={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
        Show older
      </Button>
    </div>
  );
}
