/** The one cache. What the event stream keeps fresh is never stale by time; everything else says so itself. */
import { QueryCache, QueryClient } from '@tanstack/react-query';
import { isUnauthorized, tell } from './errors.ts';

/** Called at the first 401 of any query: the page leads to sign-in. */
let onUnauthorized = (): void => {};
export function whenUnauthorized(call: () => void): void {
  onUnauthorized = call;
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      if (isUnauthorized(error)) onUnauthorized();
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: false,
      // A 4xx is an answer; only silence and 5xx are worth another try.
      retry: (failures, error) => {
        const { status } = tell(error);
        return failures < 2 && (status === null || status >= 500) && !(error instanceof SyntaxError);
      },
      retryDelay: (failures) => Math.min(4000, 300 * 2 ** failures),
    },
  },
});
