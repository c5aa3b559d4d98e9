/** Which tables a request to copy again means. */
import type { TableName } from '#core/engines/units.ts';
import type { TableResync } from '#core/model/requests/subscriptions.ts';
import type { Grounds } from './nodes.ts';

/** One table of it. */
export interface Resync extends TableName {
  receiver: string;
  subscription: string;
}

/** Those that are named, `all`, or null: several are not meant. */
export const severalOf = ({ tables }: Pick<TableResync, 'tables'>): TableName[] | 'all' | null =>
  tables ?? null;

/** Each once. Empty, and a problem, where it names none. */
export function resyncsOf(grounds: Grounds, request: TableResync, provider: string | null): Resync[] {
  const { receiver, subscription, schema, table } = request;
  const several = severalOf(request);
  const named: readonly TableName[] =
    several === null
      ? schema === undefined || table === undefined
        ? []
        : [{ schema, table }]
      : several === 'all'
        ? (grounds.may(receiver)?.copied ?? [])
        : several;
  const unique = new Map(named.map((each) => [JSON.stringify([each.schema, each.table]), each]));
  const all = [...unique.values()].map((each) => ({
    receiver,
    subscription,
    schema: each.schema,
    table: each.table,
  }));
  if (all.length > 0) return all;
  const from = grounds.may(provider);
  // Why there are none may be that they could not be read.
  if (provider !== null && from !== null && !grounds.read(provider, from, 'table')) return [];
  grounds.problem(
    receiver,
    'no-tables',
    several === 'all'
      ? `${provider ?? 'The provider'} sends no table in the sets of ${subscription}.`
      : 'The request names no table.',
    several === 'all' ? 'Add tables to one of its sets first.' : 'Choose at least one.',
  );
  return [];
}

export const calledTables = (request: TableResync, all: readonly TableName[]): string => {
  const [first] = all;
  if (all.length === 1 && first !== undefined) return `${first.schema}.${first.table}`;
  return request.tables === 'all' ? `all tables of ${request.subscription}` : `${all.length} tables`;
};
