/** Preflight of a copy of the structure: what it needs on the receiver, what it would meet there, what it brings besides tables. */
import { countOf, formatCount, formatNames } from '#core/model/format.ts';
import { LARGE_OBJECTS_READ, OBJECTS_READ, type ServerFacts } from '#core/model/observed-server.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import { type Choices, type Server, some } from './choices.ts';
import { inTheWay } from './in-the-way.ts';

export function checkStructureCopy(grounds: Grounds, servers: readonly Server[], choices: Choices): void {
  const { source, structure } = choices;
  for (const server of servers) {
    if (source === null || !structure.includes(server.name)) continue;
    checkOwners(grounds, server, source);
    checkTablespaces(grounds, server, source);
    checkExtensionPlaces(grounds, server, source);
    checkObjects(grounds, server, source);
    checkLocks(grounds, server, source);
    checkComesEmpty(grounds, server, source);
    checkPasswords(grounds, server, source);
  }
  for (const server of servers) checkLeftOut(grounds, server, choices);
}

/** Objects that the console or Spock make themselves. */
const OURS = ['plpgsql', 'spock', 'spock_standin', 'snowflake', 'lolor'];

/**
 * A structure that is copied names owners, grantees and extensions; roles are the server's and are not copied. Where one is
 * missing Spock's restore fails, and only the server's log says why.
 */
function checkOwners(grounds: Grounds, { name, facts }: Server, source: Server): void {
  const roles = [...new Set([...source.facts.neededRoles, ...source.facts.tables.map(({ owner }) => owner)])];
  const extensions = source.facts.extensions.filter((each) => each !== 'plpgsql' && each !== 'spock');
  lacks(grounds, name, 'Roles', roles, facts.roles, {
    code: 'no-role',
    why: `own something on ${source.name}, or were granted something`,
    remedy: `Create what is missing on ${name} first (CREATE ROLE …).`,
  });
  lacks(grounds, name, 'Extensions', extensions, facts.availableExtensions, {
    code: 'no-extension',
    why: `are installed on ${source.name}`,
    remedy: `Install their packages on the host of ${name} first.`,
  });
}

function checkTablespaces(grounds: Grounds, { name, facts }: Server, source: Server): void {
  const { usedTablespaces } = source.facts.structure;
  if (usedTablespaces.length === 0) return;
  lacks(grounds, name, 'Tablespaces', usedTablespaces, facts.structure.tablespaces, {
    code: 'no-tablespace',
    why: `contain objects of the database on ${source.name}`,
    remedy: `Create what is missing on ${name} first (CREATE TABLESPACE …), or move those tables to pg_default.`,
  });
}

function lacks(
  grounds: Grounds,
  node: string,
  check: string,
  wanted: readonly string[],
  there: readonly string[],
  said: { code: string; why: string; remedy: string },
): void {
  const missing = wanted.filter((one) => !there.includes(one));
  if (missing.length === 0) {
    grounds.ok(node, check, wanted.length === 0 ? 'none needed' : wanted.join(', '));
    return;
  }
  grounds.stop(node, check, `lacks ${missing.join(', ')}`, {
    code: said.code,
    message: `${node} lacks ${missing.join(', ')}, which ${said.why}.`,
    remedy: said.remedy,
  });
}

/** A dump says CREATE EXTENSION IF NOT EXISTS: one that is there already stays where and as it is, and types are looked for elsewhere. */
function checkExtensionPlaces(grounds: Grounds, { name, facts }: Server, source: Server): void {
  const moved: string[] = [];
  const other: string[] = [];
  for (const [extension, theirs] of Object.entries(source.facts.structure.extensions)) {
    if (theirs === undefined || OURS.includes(extension)) continue;
    const own = facts.structure.extensions[extension];
    if (own !== undefined && own.schema !== theirs.schema) {
      moved.push(`${extension} is in schema ${own.schema} on ${name}, in ${theirs.schema} on ${source.name}`);
    }
    const version = own?.version ?? facts.structure.available[extension];
    if (version !== undefined && version !== theirs.version) {
      other.push(`${extension} ${version}, ${theirs.version} on ${source.name}`);
    }
  }
  if (moved.length > 0) {
    grounds.stop(name, 'Extension schemas', `${moved.length} elsewhere`, {
      code: 'extension-schema',
      message: `${some(moved)}: the copied structure would not find their types and functions.`,
      remedy: `Drop them on ${name} (nothing there uses them: it has no tables), or move them (ALTER EXTENSION … SET SCHEMA).`,
    });
  }
  if (other.length > 0) grounds.know(name, 'Extension versions', some(other));
}

/** What the receiver has itself, of whatever kind: found here, and not by a restore that fails. */
function checkObjects(grounds: Grounds, { name, facts }: Server, source: Server): void {
  const met = inTheWay(source.facts.structure.objects, facts.structure.objects);
  if (met.length > 0) {
    grounds.stop(name, 'In the way', countOf(met.length, 'object'), {
      code: 'objects-in-the-way',
      message: `${name} has ${some(met)} already, as ${source.name} has: the copied structure would conflict with them, and nothing would be copied.`,
      remedy: `Drop them on ${name} if nobody needs them (an earlier copy may have left them), or create the tables there yourself, so that only rows are copied.`,
    });
    return;
  }
  const cut = [facts, source.facts].some(({ structure }) => structure.objects.length >= OBJECTS_READ);
  if (cut)
    grounds.know(name, 'In the way', `more than ${formatCount(OBJECTS_READ)} objects: not all were compared`);
  else grounds.ok(name, 'In the way', 'nothing');
}

/** pg_dump locks all tables in one transaction, pg_restore -1 all that it creates (lock.c, NLOCKENTS). */
function checkLocks(grounds: Grounds, server: Server, source: Server): void {
  const { dumped, restored } = source.facts.structure.relations;
  const short = [
    { node: source.name, need: dumped, room: source.facts.lockRoom, what: 'pg_dump locks' },
    { node: server.name, need: restored, room: server.facts.lockRoom, what: 'pg_restore creates' },
  ].filter(({ need, room }) => need > room);
  if (short.length === 0) return;
  grounds.stop(
    server.name,
    'Locks',
    short.map(({ need, room, node }) => `${need} of ${room} on ${node}`).join(', '),
    {
      code: 'few-locks',
      message: short
        .map(
          ({ node, need, room, what }) =>
            `${what} ${need} relations in one transaction, and ${node} has room for ${room} locks (max_locks_per_transaction × connections).`,
        )
        .join(' '),
      remedy: `Raise max_locks_per_transaction on ${formatNames(short.map(({ node }) => node))} (needs a restart), or create the tables on ${server.name} yourself.`,
    },
  );
}

function checkComesEmpty(grounds: Grounds, { name }: Server, source: Server): void {
  const { materializedViews, unloggedTables } = source.facts.structure;
  if (materializedViews.length > 0) {
    const names = some(materializedViews);
    grounds.know(
      name,
      'Materialized views',
      `${materializedViews.length} are copied empty: REFRESH MATERIALIZED VIEW ${names}`,
    );
  }
  if (unloggedTables.length > 0) {
    grounds.know(
      name,
      'Unlogged tables',
      `${unloggedTables.length} are copied empty and are not replicated: ${some(unloggedTables)}`,
    );
  }
}

function checkPasswords(grounds: Grounds, { name }: Server, source: Server): void {
  const { withPasswords } = source.facts.structure;
  if (withPasswords.length === 0) return;
  grounds.know(name, 'Passwords', `are copied with the structure of ${source.name}: ${some(withPasswords)}`);
}

const largeObjects = ({ structure }: ServerFacts): string =>
  structure.largeObjects >= LARGE_OBJECTS_READ
    ? `${formatCount(LARGE_OBJECTS_READ)} and more`
    : formatCount(structure.largeObjects);

/** What no set can hold: said where it is, since it is nowhere else afterwards. */
function checkLeftOut(grounds: Grounds, { name, facts }: Server, { source }: Choices): void {
  if (facts.structure.largeObjects === 0) return;
  if (source !== null && source.name !== name) return;
  grounds.know(
    name,
    'Large objects',
    `${largeObjects(facts)} stay on ${name} only: ${grounds.changes.words.name} does not replicate them (the extension lolor can keep them in tables)`,
  );
}
