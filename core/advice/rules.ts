/** All rules, one for each code: a code without a rule fails the types. */
import type { Finding, FindingCode } from '#core/model/finding.ts';
import type { AdviceInput, Rule } from './rule.ts';

export const rules = {} as Record<FindingCode, Rule>;

/** What is not well, by id. `previous` are the findings of the last snapshot: what was found then keeps its `since`. */
export function advise(_input: AdviceInput, _previous: readonly Finding[]): Finding[] {
  return [];
}
