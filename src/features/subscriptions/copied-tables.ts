/** Which tables a subscription copies, and which one a typed text means. */
import type { TableRow } from '#core/contract/tables.ts';
import type { SubscriptionSnapshot } from '#core/model/snapshot.ts';

/** Those that the provider has in one of the subscription's sets. */
export const copied = (
  rows: readonly TableRow[],
  { provider, replicationSets }: Pick<SubscriptionSnapshot, 'provider' | 'replicationSets'>,
): TableRow[] =>
  rows.filter(({ nodes }) =>
    (provider === null ? [] : (nodes[provider]?.sets ?? [])).some((set) => replicationSets.includes(set)),
  );

/** Several with commas between them; a comma may be part of a name as well, so what is offered as a whole is one. */
export function tablesTyped(
  typed: string,
  offered: readonly Pick<TableRow, 'schema' | 'table'>[],
): { schema: string; table: string }[] {
  const text = typed.trim();
  const isOne = offered.some(({ schema, table }) => `${schema}.${table}` === text);
  const texts = isOne ? [text] : text.split(',').map((each) => each.trim());
  return texts.filter((each) => each !== '').map((each) => tableTyped(each, offered));
}

/** `orders` is public's; a dot may also be part of a name, so what is offered goes before what is guessed. */
export function tableTyped(
  typed: string,
  offered: readonly Pick<TableRow, 'schema' | 'table'>[],
): { schema: string; table: string } {
  const text = typed.trim();
  const known = offered.find(({ schema, table }) => `${schema}.${table}` === text);
  if (known) return { schema: known.schema, table: known.table };
  const dot = text.indexOf('.');
  return dot === -1
    ? { schema: 'public', table: text }
    : { schema: text.slice(0, dot).trim(), table: text.slice(dot + 1).trim() };
}
