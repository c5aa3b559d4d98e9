/** What a receipt says of a table's rows. */
import { formatCount } from '#core/model/format.ts';
import type { KeyValues } from './blocks.ts';
import type { Differences } from './decide.ts';

const rowsText = (count: number): string => `${formatCount(count)} ${count === 1 ? 'row' : 'rows'}`;

/** `; 22 were written on n2 since, and travel when it is subscribed to`: what a later comparison has to prove. */
export const ownText = (own: number, node: string): string =>
  own === 0
    ? ''
    : `; ${formatCount(own)} ${own === 1 ? 'was' : 'were'} meanwhile written on ${node} itself, which the last comparison covers`;

/** `1,000 rows, the same rows`; of those that never came to rest how many. */
export function sameText(rows: number, changing: number): string {
  if (changing === 0) return `${formatCount(rows)} rows, the same rows`;
  const change = changing === 1 ? 'changes' : 'change';
  return `${formatCount(rows)} rows; ${formatCount(changing)} ${change} faster than they can be read, all others the same`;
}

/** `n1 1,000, n2 998 rows, and not the same rows: 2 are not on n2 (1, 7)`. `capped`: there are more. */
export function differText(
  nodes: readonly string[],
  counts: readonly number[],
  { missing, values, total, examples }: Differences,
  capped: boolean,
): string {
  const counted = nodes.map((node, index) => `${node} ${formatCount(counts[index] ?? 0)}`).join(', ');
  const kinds = [
    ...missing.flatMap((rows, index) =>
      rows === 0 ? [] : [`${formatCount(rows)} not on ${nodes[index] ?? ''}`],
    ),
    ...(values === 0 ? [] : [`${formatCount(values)} with other values`]),
  ];
  const keys = examples.map(keyText).join(', ');
  const more = total > examples.length ? ', …' : '';
  const shown = keys === '' ? '' : ` (key ${keys}${more})`;
  return `${counted}, but not the same rows: ${capped ? 'more than ' : ''}${rowsText(total)} ${total === 1 ? 'differs' : 'differ'}: ${kinds.join(', ')}${shown}`;
}

const KEY_SHOWN = 60;

/** A key as it is told: short, and on one line. */
function keyText(key: KeyValues): string {
  const text = key.map((value) => value.replaceAll(/\s+/g, ' ')).join(' / ');
  return text.length > KEY_SHOWN ? `${text.slice(0, KEY_SHOWN)}…` : text;
}

/** `7 of 25 tables, 41 %`. */
export const progressText = (done: number, tables: number, share: number): string =>
  `${done} of ${tables} ${tables === 1 ? 'table' : 'tables'}, ${Math.min(99, Math.floor(share * 100))} %`;
