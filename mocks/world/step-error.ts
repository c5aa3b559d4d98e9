/** What goes wrong with a step: on its way, or when it is to be taken back. */
import type { LeftToDo, RunStep, StepErrorCode } from '#core/model/plan.ts';
import type { SimPlan, SimStep } from './plan.ts';

/** A server's answer to a step that went wrong, or what the console found of it. */
export class StepError extends Error {
  readonly code: StepErrorCode;
  readonly sqlstate: string | null;
  readonly why: string;
  readonly remedy: string;

  constructor(
    message: string,
    told: { code?: StepErrorCode; sqlstate: string | null; why: string; remedy: string },
  ) {
    super(message);
    this.code = told.code ?? 'statement-failed';
    this.sqlstate = told.sqlstate;
    this.why = told.why;
    this.remedy = told.remedy;
  }
}

/** Why a step is not taken back, and what that leaves: on the step's own node, statements as it would run them. */
export interface Kept {
  error: NonNullable<RunStep['error']>;
  left: { code: LeftToDo['code']; object: string | null; sql?: string[] }[];
}

/** What the console itself has found, as an error of a step. */
export const found = (
  code: StepErrorCode,
  message: string,
  cause: string,
  remedy: string,
): Kept['error'] => ({
  code,
  message,
  sqlstate: null,
  statement: null,
  cause,
  remedy,
});

/** What a step has left of its own where it is kept. */
export function leftOf(
  { plan }: SimPlan,
  { id, node }: Pick<SimStep, 'id' | 'node'>,
  { error, left }: Kept,
): LeftToDo[] {
  const undoSql = plan.steps.find((each) => each.id === id)?.undoSql ?? [];
  return left.map(({ code, object, sql = undoSql }) => ({
    node,
    step: id,
    code,
    object,
    message: error.message,
    sql,
  }));
}

/** Whatever a step has thrown. What the console found was no answer to a statement. */
export function errorOf(error: unknown, { statement }: Pick<SimStep, 'statement'>): Kept['error'] {
  const { message } = error as Error;
  if (!(error instanceof StepError))
    return { code: 'statement-failed', message, sqlstate: null, statement, cause: null, remedy: null };
  const { code, sqlstate, why, remedy } = error;
  return {
    code,
    message,
    sqlstate,
    statement: sqlstate === null ? null : statement,
    cause: why,
    remedy,
  };
}
