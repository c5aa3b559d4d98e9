/** Preflight of keys, and of columns that are added up. */

import type { Changes } from '#core/engines/changes.ts';
import type { ServerTable } from '#core/model/observed-server.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import {
  type Choices,
  type Chosen,
  deltaCandidatesOf,
  hasKey,
  type Server,
  shownName,
  some,
} from './choices.ts';

export function checkKeys(grounds: Grounds, { name, facts }: Server, { tables, changes }: Choices): void {
  const { sets, words } = changes;
  const own = tables.flatMap((table) => {
    const there = table.on.get(name);
    return there === undefined ? [] : [{ table, there }];
  });
  if (own.length === 0) return;
  const keyless = own.filter(({ there }) => !hasKey(there));
  const refused = keyless.filter(({ table }) => table.set !== sets.insertOnly);
  if (refused.length > 0) {
    const names = refused.map(({ table, there }) => `${shownName(table)}${whyUnused(there)}`);
    grounds.stop(name, 'Keys', `${refused.length} without`, {
      code: 'no-replica-identity',
      message: `${some(names)} has no key on ${name} by which ${words.name} finds a row, and its set replicates UPDATE and DELETE.`,
      remedy: `${remedyOf(refused.map(({ there }) => there))}, or add it to ${sets.insertOnly}.`,
    });
  } else if (keyless.length > 0) {
    const why = [...new Set(keyless.map(({ there }) => whyUnused(there)))].join('');
    grounds.know(
      name,
      'Keys',
      `${keyless.length} without${why}, in ${sets.insertOnly}: UPDATE and DELETE there stay on their node`,
    );
  } else grounds.ok(name, 'Keys', 'all have one');
  for (const { table, there } of own) checkDeltas(grounds, name, table, there, changes);
  const summed = own.filter(({ table }) => table.deltaColumns.length > 0);
  if (!facts.extension.standin || summed.length === 0) return;
  grounds.problem(
    name,
    'standin-delta',
    `The stand-in for ${words.name} on ${name} has no delta-apply columns: ${some(summed.map(({ table }) => shownName(table)))}.`,
    'Leave out the delta-apply columns.',
  );
}

/** A primary key that PostgreSQL does not take as replica identity (RelationGetIndexList in relcache.c). */
const whyUnused = (table: ServerTable): string => {
  if (table.identityFull) return ' (REPLICA IDENTITY FULL)';
  if (table.keyUnused === 'deferrable') return ' (its primary key is DEFERRABLE)';
  return table.keyUnused === 'nothing' ? ' (REPLICA IDENTITY NOTHING)' : '';
};

const remedyOf = (tables: readonly ServerTable[]): string => {
  if (tables.every(({ keyUnused }) => keyUnused === 'deferrable'))
    return 'Make the primary key not deferrable (drop and add it again), or name another unique index as its replica identity';
  if (tables.every((table) => table.keyUnused === 'nothing' || table.identityFull))
    return 'ALTER TABLE … REPLICA IDENTITY DEFAULT (or USING INDEX), with a primary key';
  return 'Add a primary key';
};

function checkDeltas(
  grounds: Grounds,
  name: string,
  table: Chosen,
  there: ServerTable,
  changes: Changes,
): void {
  const fit = new Set(deltaCandidatesOf(there, changes).map((candidate) => candidate.name));
  for (const column of table.deltaColumns) {
    if (fit.has(column)) continue;
    grounds.problem(
      name,
      'no-delta',
      `Column ${column} of ${shownName(table)} on ${name} cannot be a delta-apply column: it must be numeric, NOT NULL and outside the key.`,
      'Leave it out of the delta-apply columns, or change the column.',
    );
  }
}
