/** What of a table reaches a subscription: by which sets, which of its rows, which of its columns. */
import type { ObservedMembership, ObservedTable } from '#core/model/observed.ts';

export interface Sent {
  sets: string[];
  /** SQL over the table's columns; null: all rows. */
  filter: string | null;
  /** Null: all columns. */
  columns: string[] | null;
}

/**
 * Null: none of the sets sends it. Of several sets, a copy brings the rows that pass every filter, and the columns that one of
 * the lists names; a set without a list does not make it all columns (spock_repset.c, get_table_replication_row and
 * table_data_filtered; tried on 5.0.11 and 6.0.0).
 */
export function sentOf(table: ObservedTable | null, sets: readonly string[]): Sent | null {
  const by = (table?.memberships ?? []).filter((each) => sets.includes(each.set));
  if (by.length === 0) return null;
  return { sets: by.map((each) => each.set), filter: filterOf(by), columns: columnsOf(by) };
}

function filterOf(by: readonly ObservedMembership[]): string | null {
  const filters = [...new Set(by.flatMap((each) => each.rowFilter ?? []))];
  if (filters.length === 0) return null;
  return filters.length === 1 ? (filters[0] as string) : filters.map((each) => `(${each})`).join(' AND ');
}

function columnsOf(by: readonly ObservedMembership[]): string[] | null {
  const named = by.flatMap((each) => each.columns ?? []);
  return named.length === 0 ? null : [...new Set(named)];
}
