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
      evidence: rest > 0 ? [...shown, { name: '…', value: `${rest} more` }] : shown,
      ...summary(drafts.length),
    },
  ];
}

const order = ['info', 'warning', 'critical'] as const;

function worstOf(drafts: FindingDraft[]): FindingDraft['severity'] {
  return drafts.reduce<FindingDraft['severity']>(
    (worst, { severity }) => (order.indexOf(severity) > order.indexOf(worst) ? severity : worst),
    'info',
  );
}
