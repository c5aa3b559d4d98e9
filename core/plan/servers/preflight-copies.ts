/** Preflight of copies: what they cannot carry, what they would set off on the receiver, and what they hold up on the source. */
import { formatBytes, formatSeconds } from '#core/model/format.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import { type Choices, type Chosen, type Server, shownName, some } from './choices.ts';
import { versionOf } from './preflight-versions.ts';

export function checkCopies(grounds: Grounds, servers: readonly Server[], choices: Choices): void {
  for (const server of servers) {
    const { source, structure, rowsOnly } = choices;
    const filled = source === null ? [] : choices.tables.filter(({ on }) => on.has(source.name));
    const copies = source !== null && (structure.includes(server.name) || rowsOnly.includes(server.name));
    checkGenerated(grounds, server, copies ? filled : [], source);
    checkTriggers(grounds, server, choices, rowsOnly.includes(server.name) && source !== null);
    checkForeignPartitions(grounds, server, choices, copies);
    if (copies && source !== null) checkRoom(grounds, server, source, filled);
  }
}

function checkGenerated(
  grounds: Grounds,
  server: Server,
  copied: readonly Chosen[],
  source: Server | null,
): void {
  if (source === null || server.facts.extension.standin) return;
  const { versions, words } = grounds.changes;
  const old = [server, source].find(
    (each) => versionOf(each) !== '' && versions.lacksGenerated(versionOf(each)),
  );
  if (old === undefined) return;
  const columns = copied.flatMap((table) =>
    (table.on.get(source.name)?.columns ?? [])
      .filter(({ generated }) => generated !== null)
      .map((column) => `${shownName(table)}.${column.name}`),
  );
  if (columns.length === 0) return;
  grounds.stop(server.name, 'Generated columns', `${columns.length} in tables that are copied`, {
    code: 'generated-columns',
    message: `${words.name} ${versionOf(old)} on ${old.name} cannot copy tables with generated columns: ${some(columns)}.`,
    remedy: `Upgrade ${words.name} to ${versions.copiesGenerated} or later, leave the tables out, or load their rows on ${server.name} with pg_dump and copy nothing.`,
  });
}

/** Rows that replication brings fire these only; those of a copy into a table that is there too, and what they write may clash. */
function checkTriggers(grounds: Grounds, { name }: Server, { tables }: Choices, copied: boolean): void {
  const firing = tables.flatMap((table) =>
    (table.on.get(name)?.alwaysTriggers ?? []).map((trigger) => `${trigger} on ${shownName(table)}`),
  );
  if (firing.length === 0) return;
  if (!copied) {
    grounds.know(name, 'Triggers', `${some(firing)} fire for replicated rows too (ENABLE ALWAYS or REPLICA)`);
    return;
  }
  grounds.stop(name, 'Triggers', `${firing.length} would fire in the copy`, {
    code: 'always-triggers',
    message: `${some(firing)} on ${name} fire for each row of the copy as well (ENABLE ALWAYS or REPLICA): what they write there is also copied from the source, or conflicts with it.`,
    remedy:
      'Disable them until the copy is done (ALTER TABLE … DISABLE TRIGGER …), or make them ENABLE TRIGGER, then check again.',
  });
}

/** The source reads its foreign partition for the copy, and the receiver would write the rows into its own: the same server, twice. */
function checkForeignPartitions(
  grounds: Grounds,
  { name }: Server,
  { tables, source }: Choices,
  copied: boolean,
): void {
  const at = copied && source !== null ? source.name : name;
  const found = tables.flatMap((table) => table.on.get(at)?.foreignPartitions ?? []);
  if (found.length === 0) return;
  if (!copied) {
    grounds.know(name, 'Foreign partitions', `${some(found)}: rows in them are not replicated`);
    return;
  }
  grounds.stop(name, 'Foreign partitions', `${found.length} in tables that are copied`, {
    code: 'foreign-partition',
    message: `${some(found)} on ${at} are foreign tables: a copy would read them from their server, and ${name} would write the rows there a second time.`,
    remedy: 'Detach them during the deploy, or leave out their parent.',
  });
}

/** No function of SQL tells a server's free disk. */
function checkRoom(grounds: Grounds, { name }: Server, source: Server, copied: readonly Chosen[]): void {
  const bytes = copied.reduce((sum, { on }) => sum + (on.get(source.name)?.bytes ?? 0), 0);
  if (bytes === 0) return;
  grounds.know(name, 'Disk', `${formatBytes(bytes)} to be copied; PostgreSQL cannot report the free space`);
  const limit = /^(\d+) MB$/.exec(source.facts.settings.max_slot_wal_keep_size?.value ?? '');
  if (limit === null) return;
  const kept = Number(limit[1]) * 1024 * 1024;
  if (kept >= bytes) return;
  const { walPerSecond } = source.facts;
  const reached =
    walPerSecond !== null && walPerSecond > 0
      ? `, which it writes in about ${formatSeconds(Math.round(kept / walPerSecond))} on average`
      : '';
  grounds.know(
    name,
    'WAL for the copy',
    `${source.name} keeps ${formatBytes(kept)} for a slot (max_slot_wal_keep_size)${reached}: a copy of ${formatBytes(bytes)} that takes longer loses its slot`,
  );
}
