/** Which row filters of a request have to be looked at. */
import type { TableName } from '#core/engines/units.ts';
import type { ObservedNode } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { wantedOf } from '#core/plan/sets/wanted.ts';

/** Filters as the catalogs print them, of all tables that were read or of one. */
function* printed(observed: readonly ObservedNode[], of: TableName | null): Generator<string> {
  for (const { read } of observed) {
    for (const table of (read.ok ? read.facts.tables : undefined) ?? []) {
      if (of !== null && (table.schema !== of.schema || table.table !== of.table)) continue;
      for (const { memberships } of [table, ...(table.partitions ?? [])]) {
        for (const { rowFilter } of memberships) if (rowFilter !== null) yield rowFilter;
      }
    }
  }
}

/** A node has it in force on that table as it stands: it needs no other writing, and its rows have passed it. */
export function isInForce(filter: string, of: TableName, observed: readonly ObservedNode[]): boolean {
  for (const each of printed(observed, of)) if (each === filter) return true;
  return false;
}

/** All that the request types, and those in force, to see whether they say the same; none where nothing is typed. */
export function filtersOf(request: PlanRequest, observed: readonly ObservedNode[]): string[] {
  const typed = (wantedOf(request)?.add ?? []).flatMap(({ rowFilter }) => rowFilter ?? []);
  return typed.length === 0 ? [] : [...new Set([...typed, ...printed(observed, null)])];
}
