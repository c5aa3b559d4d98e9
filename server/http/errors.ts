/** One shape for every error of the API: `{code, message, data}`, as oRPC has it, with the contract's closed list of codes. */
import { ORPCError, ValidationError } from '@orpc/server';
import type { FieldIssue } from '#core/contract/errors.ts';
import { type Log, withoutPasswords } from '#server/log.ts';
import type { NodeFailure } from '#server/postgres/node-client.ts';

const STATUS = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  UNPROCESSABLE_CONTENT: 422,
  TOO_MANY_REQUESTS: 429,
  INTERNAL_SERVER_ERROR: 500,
  BAD_GATEWAY: 502,
  GATEWAY_TIMEOUT: 504,
} as const;
export type ErrorCode = keyof typeof STATUS;

/** For what is answered before oRPC is asked. `headers` are added. */
export function errorResponse(
  code: ErrorCode,
  message: string,
  headers: Record<string, string> = {},
): Response {
  const data = code === 'BAD_REQUEST' ? { issues: [] } : undefined;
  return Response.json(
    { defined: true, code, status: STATUS[code], message, data },
    { status: STATUS[code], headers: { 'cache-control': 'no-store', ...headers } },
  );
}

export function notFound(what: string, remedy: string): ORPCError<'NOT_FOUND', undefined> {
  return new ORPCError('NOT_FOUND', { defined: true, status: 404, message: `${what}. ${remedy}` });
}

export function conflict(
  message: string,
  issues?: FieldIssue[],
): ORPCError<'CONFLICT', { issues?: FieldIssue[] }> {
  return new ORPCError('CONFLICT', {
    defined: true,
    status: 409,
    message,
    data: issues === undefined ? {} : { issues },
  });
}

export function unprocessable(
  issues: FieldIssue[],
): ORPCError<'UNPROCESSABLE_CONTENT', { issues: FieldIssue[] }> {
  return new ORPCError('UNPROCESSABLE_CONTENT', {
    defined: true,
    status: 422,
    message: issues.map((issue) => issue.message).join(' '),
    data: { issues },
  });
}

export function badRequest(
  path: (string | number)[],
  message: string,
): ORPCError<'BAD_REQUEST', { issues: FieldIssue[] }> {
  return new ORPCError('BAD_REQUEST', {
    defined: true,
    status: 400,
    message,
    data: { issues: [{ path, code: 'invalid', message, remedy: null }] },
  });
}

/** A node that did not answer: 504; one that answered with an error, or let nobody in: 502. */
export function nodeError(node: string, failure: NodeFailure): ORPCError<string, unknown> {
  if (failure.code === 'timeout' || failure.code === 'refused' || failure.code === 'network') {
    return new ORPCError('GATEWAY_TIMEOUT', {
      defined: true,
      status: 504,
      message: `${node}: ${failure.message} Try again when it answers.`,
      data: { node },
    });
  }
  return new ORPCError('BAD_GATEWAY', {
    defined: true,
    status: 502,
    message: `${node} answered: ${failure.message}`,
    data: { node, sqlstate: failure.sqlstate },
  });
}

/** Whatever a handler threw, in the API's shape: faults of input with their fields, faults of ours without their insides. */
export function toApiError(error: unknown, log: Log): ORPCError<string, unknown> {
  if (!(error instanceof ORPCError)) {
    log.error(`request failed: ${(error as Error)?.stack ?? error}`);
    return internal();
  }
  if (error.cause instanceof ValidationError) {
    if (error.code === 'BAD_REQUEST') return badInput(error.cause);
    log.error(`an answer does not fit the contract: ${issuesText(error.cause)}`);
    return internal();
  }
  if (!(error.code in STATUS)) {
    return new ORPCError('BAD_REQUEST', {
      defined: true,
      status: 400,
      message: error.message,
      data: { issues: [] },
    });
  }
  if (error.code === 'BAD_REQUEST' && error.data === undefined) {
    return new ORPCError('BAD_REQUEST', { defined: true, message: error.message, data: { issues: [] } });
  }
  return new ORPCError(error.code, {
    defined: true,
    status: error.status,
    message: withoutPasswords(error.message),
    data: error.data,
  });
}

function internal(): ORPCError<'INTERNAL_SERVER_ERROR', undefined> {
  return new ORPCError('INTERNAL_SERVER_ERROR', {
    defined: true,
    status: 500,
    message: 'The console failed at this request. Its log has the cause; the request may be sent again.',
  });
}

function badInput(cause: ValidationError): ORPCError<'BAD_REQUEST', { issues: FieldIssue[] }> {
  const issues = cause.issues.map((issue) => ({
    path: (issue.path ?? []).map((part) => {
      const key = typeof part === 'object' ? part.key : part;
      return typeof key === 'number' ? key : String(key);
    }),
    code: 'invalid',
    message: issue.message,
    remedy: null,
  }));
  const message = issues
    .map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`))
    .join(' ');
  return new ORPCError('BAD_REQUEST', { defined: true, status: 400, message, data: { issues } });
}

function issuesText(cause: ValidationError): string {
  return cause.issues
    .slice(0, 5)
    .map(
      (issue) =>
        `${issue.path?.map((part) => (typeof part === 'object' ? String(part.key) : String(part))).join('.')}: ${issue.message}`,
    )
    .join('; ');
}
