/** The one cache. What the event stream keeps fresh is never stale by time; everything else says so itself. */
import { QueryCache, QueryClient } from '@tanstack/react-query';
import { describeError, isUnauthorized } from './errors.ts';

/** Called at the first 401 of any query: the page leads to sign-in. */
let onUnauthorized = (): void => {};
export function whenUnauthorized(call: () => void): void {
  onUnauthorized = call;
}

/** Some query got no answer, and has not been asked again since. */
let unanswered = false;

/** To be called when the console has answered anything: what got no answer is asked again, where somebody still looks at it. */
export function consoleAnswers(): void {
  if (!unanswered) return;
  unanswered = false;
  void queryClient.refetchQueries({ type: 'active', predicate: ({ state }) => state.status === 'error' });
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      if (isUnauthorized(error)) onUnauthorized();
      if (describeError(error).code === 'UNREACHABLE') unanswered = true;
    },
    onSuccess: consoleAnswers,
  }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: false,
      // A 4xx is an answer; only silence and 5xx are worth another try.
      retry: (failures, error) => {
        const { status } = describeError(error);
        return failures < 2 && (status === null || status >= 500) && !(error instanceof SyntaxError);
      },
      retryDelay: (failures) => Math.min(4000, 300 * 2 ** failures),
    },
  },
});
