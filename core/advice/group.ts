/** Many findings of one kind are one finding: a list of 480 tables without a key tells less than their number. */
import type { FindingDraft } from './rule.ts';

/** `drafts` as they are while they are few; else `summary` of them, with the first ten titles as its evidence. */
export function groupBeyond(
  most: number,
  drafts: FindingDraft[],
  summary: (count: number) => Pick<FindingDraft, 'title' | 'detail' | 'remedy'>,
): FindingDraft[] {
  const first = drafts[0];
  if (drafts.length <= most || first === undefined) return drafts;
  const shown = drafts.slice(0, 10).map(({ title }, index) => ({ name: String(index + 1), value: title }));
  const rest = drafts.length - shown.length;
  return [
    {
      severity: worstOf(drafts),
      subject: {},
      ...comparesOf(drafts),
      ...(drafts.some(({ effect }) => effect === 'stops-data') && { effect: 'stops-data' as const }),
      evidence: rest > 0 ? [...shown, { name: '…', value: `${rest} more` }] : shown,
      ...summary(drafts.length),
    },
  ];
}

/** How many there are changes while they are looked at, and is no difference of its own. */
function comparesOf(drafts: FindingDraft[]): Pick<FindingDraft, 'compares'> {
  const nodes = new Set(drafts.flatMap(({ compares }) => compares?.nodes ?? []));
  return nodes.size === 0 ? {} : { compares: { nodes: [...nodes], what: 'many' } };
}

const order = ['info', 'warning', 'critical'] as const;

function worstOf(drafts: FindingDraft[]): FindingDraft['severity'] {
  return drafts.reduce<FindingDraft['severity']>(
    (worst, { severity }) => (order.indexOf(severity) > order.indexOf(worst) ? severity : worst),
    'info',
  );
}
