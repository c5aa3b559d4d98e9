/** What the steps of one row risk, said once. Pure. */

import { formatNames } from '#core/model/format.ts';
import type { PlanStep } from '#core/model/plan.ts';

interface Risk {
  /** The worst of them. */
  risk: PlanStep['risk'];
  /** In the words of the first that has it; on which others it is likewise. Null: no step says more. */
  text: string | null;
}

export function riskOf(steps: readonly PlanStep[]): Risk {
  const risk = (['data', 'restart'] as const).find((each) => steps.some((step) => step.risk === each));
  if (risk === undefined) return { risk: 'none', text: null };
  const [first, ...others] = steps.filter((step) => step.risk === risk);
  if (!first?.riskText) return { risk, text: null };
  const nodes = others
    .filter(({ riskText }) => riskText !== first.riskText)
    .flatMap(({ node }) => (node === null ? [] : [node]));
  return {
    risk,
    text: nodes.length === 0 ? first.riskText : `${first.riskText} Likewise on ${formatNames(nodes)}.`,
  };
}
