import { expect, it } from 'vitest';
import type { PlanStep } from '#core/model/plan.ts';
import { riskOf } from './risk-text.ts';

const step = (node: string, risk: PlanStep['risk'], riskText: string | null) =>
  ({ node, risk, riskText }) as PlanStep;

it('says the worst risk of a row in its own words, and where it is likewise', () => {
  expect(riskOf([step('n1', 'none', null)])).toEqual({ risk: 'none', text: null });
  expect(
    riskOf([
      step('n1', 'restart', 'n1 refuses connections.'),
      step('n2', 'restart', 'n2 refuses connections.'),
      step('n3', 'none', null),
    ]),
  ).toEqual({ risk: 'restart', text: 'n1 refuses connections. Likewise on n2.' });
  expect(riskOf([step('n1', 'restart', 'r'), step('n2', 'data', 'rows go')])).toEqual({
    risk: 'data',
    text: 'rows go',
  });
});
