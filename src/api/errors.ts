/** What an API error says to the page: one shape, whether the console answered or could not be reached at all. */
import { ORPCError } from '@orpc/client';
import type { FieldIssue } from '#core/contract/errors.ts';
import type { Plan } from '#core/model/plan.ts';

export interface ErrorView {
  /** The API's code, or UNREACHABLE when no answer came, or PAGE when the page itself failed. */
  code: string;
  status: number | null;
  /** What happened, to what. */
  message: string;
  /** What to try. */
  remedy: string | null;
  /** Faults of single fields, where the request had any. */
  issues: FieldIssue[];
}

/** Reads any thrown value. Never throws. */
export function describeError(error: unknown): ErrorView {
  if (error instanceof ORPCError) {
    const data: { issues?: FieldIssue[] } | undefined = error.data ?? undefined;
    return {
      code: error.code,
      status: error.status,
      message: error.message,
      remedy: remedies[error.code] ?? null,
      issues: data?.issues ?? [],
    };
  }
  if (error instanceof TypeError && /fetch|network|load failed/i.test(error.message)) {
    return {
      code: 'UNREACHABLE',
      status: null,
      message: 'The console did not answer. It may have been stopped, or the network between may be down.',
      remedy: 'Check the terminal in which it runs, then try again.',
      issues: [],
    };
  }
  return {
    code: 'PAGE',
    status: null,
    message: error instanceof Error ? error.message : String(error),
    remedy: 'Load the page again. If it happens again, it is a bug in Tricorder.',
    issues: [],
  };
}

const remedies: Partial<Record<string, string>> = {
  UNAUTHORIZED: 'Open the link that npm start printed, or paste the token.',
  INTERNAL_SERVER_ERROR: "The console's own log, in the terminal it runs in, has the cause.",
  NOT_FOUND: 'It may have been renamed or forgotten. Look in the list where it was.',
  TOO_MANY_REQUESTS: 'Wait a few seconds, then try again.',
  GATEWAY_TIMEOUT: 'The node did not answer in time. Check whether it is up, then try again.',
};

export function isUnauthorized(error: unknown): boolean {
  return error instanceof ORPCError && error.status === 401;
}

/** The issue that stands at a field: `issueAt(issues, 'nodes', 0, 'dsn')`. */
export function issueAt(issues: FieldIssue[], ...path: (string | number)[]): FieldIssue | undefined {
  return issues.find(
    (issue) => issue.path.length === path.length && issue.path.every((part, at) => part === path[at]),
  );
}

/** The plan that a 409 brings: the cluster has changed since the one on the screen was made. */
export function freshPlan(error: unknown): Plan | undefined {
  if (!(error instanceof ORPCError) || error.status !== 409) return undefined;
  return (error.data as { plan?: Plan } | undefined)?.plan;
}
