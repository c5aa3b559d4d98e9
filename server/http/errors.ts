/** Whatever was thrown, as one of the contract's errors: `{code, message, data}`, as oRPC has it. */
import { createORPCErrorConstructorMap, ORPCError, ValidationError } from '@orpc/server';
import { contractErrors, type ErrorCode } from '#core/contract/errors.ts';
import { badInput, notKept, OWN_FAULT } from '#core/contract/faults.ts';
import { maskSecrets } from '#core/dsn/free-text.ts';
import type { Log } from '#server/log.ts';
import type { NodeFailure } from '#server/postgres/node-client.ts';
import { Refusal } from '#server/run/refusal.ts';
import { StorageError } from '#server/store/trouble.ts';

/** The contract's errors, to be thrown: `errors.NOT_FOUND({ message })`. The same that each handler is given. */
export const errors = createORPCErrorConstructorMap(contractErrors);

/** For what is answered before oRPC is asked. `headers` and `more` fields are added. */
export function errorResponse(
  code: ErrorCode,
  message: string,
  headers: Record<string, string> = {},
  more: Record<string, unknown> = {},
): Response {
  const { status } = contractErrors[code];
  const data = code === 'BAD_REQUEST' ? { issues: [] } : undefined;
  return Response.json(
    { defined: true, code, status, message, data, ...more },
    { status, headers: { 'cache-control': 'no-store', ...headers } },
  );
}

/** A node that did not answer: 504; one that answered with an error, or let nobody in: 502. */
export function nodeError(node: string, failure: NodeFailure): ORPCError<string, unknown> {
  const silent = failure.code === 'timeout' || failure.code === 'refused' || failure.code === 'network';
  if (silent && failure.sqlstate === null) {
    return errors.GATEWAY_TIMEOUT({
      message: `${node}: ${failure.message} Try again when it answers.`,
      data: { node },
    });
  }
  return errors.BAD_GATEWAY({
    message: `${node} answered: ${failure.message}`,
    data: { node, sqlstate: failure.sqlstate },
  });
}

/** Whatever a handler threw, in the API's shape: faults of input with their fields, faults of ours without their insides. */
export function toApiError(error: unknown, log: Log): ORPCError<string, unknown> {
  // Its own log line was written when it began.
  if (error instanceof StorageError) {
    const { code, ...fault } = notKept(error);
    return errors[code](fault);
  }
  if (error instanceof Refusal) return refusalError(error);
  if (!(error instanceof ORPCError)) {
    log.error(`request failed: ${(error as Error)?.stack ?? error}`);
    return errors.INTERNAL_SERVER_ERROR({ message: OWN_FAULT });
  }
  if (error.cause instanceof ValidationError) {
    if (error.code === 'BAD_REQUEST') return errors.BAD_REQUEST(badInput(error.cause.issues));
    log.error(`an answer does not fit the contract: ${issuesText(error.cause)}`);
    return errors.INTERNAL_SERVER_ERROR({ message: OWN_FAULT });
  }
  const { message } = error;
  if (!(error.code in contractErrors) || (error.code === 'BAD_REQUEST' && error.data === undefined)) {
    return errors.BAD_REQUEST({ message, data: { issues: [] } });
  }
  const { code, status, data } = error;
  return new ORPCError(code, { defined: true, status, message: maskSecrets(message), data });
}

function refusalError({ code, message, plan, issues }: Refusal): ORPCError<string, unknown> {
  if (code === 'NOT_FOUND') return errors.NOT_FOUND({ message });
  if (code === 'UNPROCESSABLE_CONTENT') return errors.UNPROCESSABLE_CONTENT({ message, data: { issues } });
  return errors.CONFLICT({ message, data: plan === null ? {} : { plan } });
}

const issuesText = (cause: ValidationError): string => badInput(cause.issues.slice(0, 5)).message;
