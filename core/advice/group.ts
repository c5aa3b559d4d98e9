/** Many findings of one kind are one finding: a list of 480 tables without a key tells less than their number. */
import type { RuleFinding } from './rule.ts';

/** A finding goes out with every snapshot: of more tables than these its remedy is a pattern, to be typed. */
export const NAMED_AT_MOST = 200;

/** `findings` as they are while they are few; else `summary` of them, with the first ten titles as its evidence. */
export function groupBeyond(
  most: number,
  findings: RuleFinding[],
  summary: (count: number) => Pick<RuleFinding, 'title' | 'detail' | 'remedy'>,
): RuleFinding[] {
  const first = findings[0];
  if (findings.length <= most || first === undefined) return findings;
  const shown = findings.slice(0, 10).map(({ title }, index) => ({ name: String(index + 1), value: title }));
  const rest = findings.length - shown.length;
  return [
    {
      severity: worstOf(findings),
      subject: {},
      ...comparesOf(findings),
      ...(findings.some(({ effect }) => effect === 'stops-data') && { effect: 'stops-data' as const }),
      evidence: rest > 0 ? [...shown, { name: '…', value: `${rest} more` }] : shown,
      ...summary(findings.length),
    },
  ];
}

/** How many there are changes while they are looked at, and is no difference of its own. */
function comparesOf(findings: RuleFinding[]): Pick<RuleFinding, 'compares'> {
  const nodes = new Set(findings.flatMap(({ compares }) => compares?.nodes ?? []));
  return nodes.size === 0 ? {} : { compares: { nodes: [...nodes], what: 'many' } };
}

const order = ['info', 'warning', 'critical'] as const;

function worstOf(findings: RuleFinding[]): RuleFinding['severity'] {
  return findings.reduce<RuleFinding['severity']>(
    (worst, { severity }) => (order.indexOf(severity) > order.indexOf(worst) ? severity : worst),
    'info',
  );
}
