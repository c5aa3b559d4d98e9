import type { FieldIssue } from '#core/contract/errors.ts';
import type { Plan } from '#core/model/plan.ts';
import type { Refused } from '#core/run/refused.ts';

/** What was asked for cannot be done now; `server/http/runs.ts` answers with its code. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly code: 'NOT_FOUND' | 'CONFLICT' | 'UNPROCESSABLE_CONTENT';
  /** A fresh plan, where the cluster changed under the one that was shown. */
  readonly plan: Plan | null;
  readonly issues: FieldIssue[];
  constructor(
    code: Refusal['code'],
    message: string,
    { plan = null, issues = [] }: { plan?: Plan | null; issues?: FieldIssue[] } = {},
  ) {
    super(message);
    this.code = code;
    this.plan = plan;
    this.issues = issues;
  }

  static of({ code, message, issues }: Refused, plan: Plan | null = null): Refusal {
    return new Refusal(code, message, { plan, issues });
  }
}
