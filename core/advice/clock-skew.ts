/** Clocks that are apart: the last update wins by the clock of the node that wrote it. */
import { formatSeconds } from '#core/model/format.ts';
import type { Rule, RuleFinding } from './rule.ts';

/** Apart by more than this, beyond what the round trips leave open. */
const mostSeconds = 1;

export const clockSkew: Rule = (input) => {
  const clocks = input.facts.nodes.flatMap((node) =>
    node.state === 'up' && node.clockOffsetSeconds !== null
      ? [{ name: node.name, offset: node.clockOffsetSeconds, open: node.clockUncertaintySeconds ?? 0 }]
      : [],
  );
  const reference = middleOf(clocks);
  if (reference === undefined) return [];
  return clocks.flatMap((clock): RuleFinding[] => {
    const apart = clock.offset - reference.offset;
    const open = clock.open + reference.open;
    if (Math.abs(apart) - open <= mostSeconds) return [];
    const way = apart > 0 ? 'ahead of' : 'behind';
    return [
      {
        severity: 'warning',
        subject: { node: clock.name },
        title: `The clock of ${clock.name} is ${formatSeconds(Math.abs(apart))} ${way} that of ${reference.name}`,
        detail: `When two nodes change the same row, the change with the later timestamp wins, and each node uses its own clock: a change made on ${clock.name} can ${apart > 0 ? 'win although it was made earlier' : 'lose although it was made later'}.`,
        evidence: [
          ...clocks.slice(0, 8).map(({ name, offset, open: uncertain }) => ({
            name,
            value: `${offset >= 0 ? '+' : ''}${formatSeconds(offset)} ±${formatSeconds(uncertain)} from the console's clock`,
          })),
        ],
        remedy: { text: `Fix the time synchronization (NTP) on ${clock.name}.` },
      },
    ];
  });
};

/** The clock in the middle; of two, the one that is nearer to the console's. */
function middleOf<T extends { offset: number }>(clocks: T[]): T | undefined {
  const [a, b] = clocks;
  if (a !== undefined && b !== undefined && clocks.length === 2)
    return Math.abs(a.offset) <= Math.abs(b.offset) ? a : b;
  const sorted = [...clocks].sort((one, other) => one.offset - other.offset);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}
