/** Everything that a page asks the console to change goes through here: pending, refusal, question before, cache, and what is said after. */
import { useMutation } from '@tanstack/react-query';
import { ask, type Question } from '#src/lib/questions.ts';
import { sayToast, type Toast } from '#src/lib/toasts.ts';
import { describeError, type ErrorView } from './errors.ts';
import { queryClient } from './query-client.ts';

interface Keyed {
  queryKey: readonly unknown[];
}

interface Options<Input, Output> {
  /** Asks the console. */
  does: (input: Input) => Promise<Output>;
  /** The question that is asked before. Its dialog then shows pending and refusal; `fault` stays null. */
  asks?: (input: Input) => Question;
  /** The query whose data the answer is. */
  keeps?: (output: Output, input: Input) => Keyed;
  /** Queries that are asked anew, before `after`. */
  refreshes?: (output: Output, input: Input) => Keyed[];
  /** What follows on the page: where it goes, what it closes. It is called also when the part that asked is gone by then. */
  after?: (output: Output, input: Input) => unknown;
  /** What is said of it, with a link to what came of it. Where the page leads there itself, nothing needs to be said. */
  says?: (output: Output, input: Input) => Toast | null;
  onRefused?: (error: Error, input: Input) => void;
}

export interface Change<Input, Output = unknown> {
  /** Does it; `after` is called only when it was done, later than the options' own. Never throws. */
  run: (input: Input, after?: (output: Output) => void) => void;
  pending: boolean;
  /** What is, or was last, asked for. */
  input: Input | undefined;
  /** Why it was refused; null: it was not. */
  fault: ErrorView | null;
  error: Error | null;
  done: boolean;
  /** Forgets the refusal. */
  reset: () => void;
}

export function useChange<Input = void, Output = unknown>(
  options: Options<Input, Output>,
): Change<Input, Output> {
  const mutation = useMutation<Output, Error, Input>({
    mutationFn: options.does,
    onSuccess: async (output, input) => {
      const kept = options.keeps?.(output, input);
      if (kept) queryClient.setQueryData(kept.queryKey, output);
      const stale = options.refreshes?.(output, input) ?? [];
      await Promise.all(stale.map(({ queryKey }) => queryClient.invalidateQueries({ queryKey })));
      await options.after?.(output, input);
      const toast = options.says?.(output, input);
      if (toast) sayToast(toast);
    },
    onError: options.onRefused,
  });
  const asked = options.asks;
  const run = (input: Input, after?: (output: Output) => void): void => {
    const act = async () => {
      const output = await mutation.mutateAsync(input);
      after?.(output);
    };
    if (asked) ask(asked(input), act);
    // What was refused is in `fault`.
    else act().catch(() => {});
  };
  const error = asked ? null : mutation.error;
  return {
    run,
    pending: mutation.isPending,
    input: mutation.variables,
    fault: error && describeError(error),
    error,
    done: mutation.isSuccess,
    reset: mutation.reset,
  };
}
