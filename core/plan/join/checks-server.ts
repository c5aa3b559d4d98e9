/** What the new server has to be like: as for a deploy that fills it from the source, and with nothing on it. */
import { formatNames } from '#core/model/format.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import type { Choices, Server } from '#core/plan/servers/choices.ts';
import { checkCopies } from '#core/plan/servers/preflight-copies.ts';
import { checkEnvironment } from '#core/plan/servers/preflight-environment.ts';
import { checkPeers } from '#core/plan/servers/preflight-peers.ts';
import { checkServer } from '#core/plan/servers/preflight-server.ts';
import { checkStructureCopy } from '#core/plan/servers/preflight-structure.ts';
import { versionOf } from '#core/plan/servers/preflight-versions.ts';

interface Servers {
  added: Server;
  source: Server;
  /** All of the cluster that could be read, the new one among them. */
  servers: readonly Server[];
}

export function checkNewServer(
  grounds: Grounds,
  { added, source, servers }: Servers,
  choices: Choices,
): void {
  const { changes } = grounds;
  const cannot = changes.joining.cannot(
    servers.map(({ facts: { extension } }) => ({
      version: extension.installed ?? extension.available,
      standin: extension.standin,
    })),
  );
  if (cannot !== null) {
    grounds.stop(null, 'Versions', cannot, {
      code: 'version',
      message: `A node cannot be added to this cluster while it is in use: ${cannot}.`,
      remedy: `Upgrade ${changes.words.name} on all nodes first.`,
    });
  }
  checkServer(
    grounds,
    added,
    servers.map(({ name }) => name),
  );
  checkEmpty(grounds, added);
  checkMajor(grounds, added, source);
  checkEnvironment(grounds, NO_DDL, [added], choices);
  checkPeers(grounds, servers, choices);
  checkCopies(grounds, [added], choices);
  checkStructureCopy(grounds, [added], choices);
  checkDdl(grounds, servers);
  checkNumbers(grounds, added, servers);
}

const NO_DDL = { ddlReplication: false };

/** A table or a row that is there makes the copy fail, and Spock does not try it again. */
function checkEmpty(grounds: Grounds, { name, facts }: Server): void {
  const { words, nodes } = grounds.changes;
  if (facts.nodeName === name) {
    grounds.stop(name, 'Empty', `is node ${name} already`, {
      code: 'not-empty',
      message: `Database ${facts.database} on ${name} is a ${words.name} node ${name} already, of an earlier attempt.`,
      remedy: `Take it back first: drop its subscriptions, then ${nodes.dropText(name)}; or give an empty database.`,
    });
    return;
  }
  if (facts.tables.length > 0) {
    const names = facts.tables.map(({ schema, table }) => `${schema}.${table}`);
    grounds.stop(name, 'Empty', `has ${facts.tables.length} tables`, {
      code: 'not-empty',
      message: `Database ${facts.database} on ${name} is not empty: ${formatNames(names, 5)}. The copy creates all tables, and fails on one that is there.`,
      remedy: `Give a new database: CREATE DATABASE … on that server, and its name in the DSN.`,
    });
    return;
  }
  grounds.ok(name, 'Empty', `no tables in ${facts.database}`);
}

const majorOf = ({ facts }: Server): number => Math.floor(facts.serverVersionNum / 10_000);

/** An older one is refused with its pg_dump (preflight-versions.ts). */
function checkMajor(grounds: Grounds, added: Server, source: Server): void {
  if (majorOf(added) <= majorOf(source)) return;
  grounds.know(
    added.name,
    'PostgreSQL',
    `${majorOf(added)}, and ${source.name} has ${majorOf(source)}: it cannot be a source for the others afterwards, whose pg_dump is older`,
  );
  const versions = new Set([versionOf(added), versionOf(source)]);
  if (versions.size > 1) grounds.know(added.name, grounds.changes.words.name, [...versions].join(' and '));
}

/** What comes by DDL while the structure is copied reaches the new node twice, or not. */
function checkDdl(grounds: Grounds, servers: readonly Server[]): void {
  const { ddl } = grounds.changes.settings;
  if (ddl === null) return;
  const on = servers.filter(({ facts }) => facts.settings[ddl.name]?.value === 'on');
  grounds.know(
    null,
    'Schema changes',
    `must pause until the node has joined${on.length === 0 ? '' : `, also those that ${formatNames(on.map(({ name }) => name))} replicate by themselves`}: one that is made while the structure is copied may be missing on the new node`,
  );
}

/** Numbers of snowflake hold the node's own; the same on two nodes gives the same numbers. */
function checkNumbers(grounds: Grounds, added: Server, servers: readonly Server[]): void {
  const numberOf = ({ facts }: Server): string => facts.settings['snowflake.node']?.value ?? '0';
  const used = servers.filter((server) => server !== added && Number(numberOf(server)) > 0);
  if (used.length === 0) return;
  const own = numberOf(added);
  const same = used.find((server) => numberOf(server) === own);
  if (Number(own) > 0 && same === undefined) {
    grounds.ok(added.name, 'snowflake.node', own);
    return;
  }
  const free = Math.max(...used.map((server) => Number(numberOf(server)))) + 1;
  grounds.stop(added.name, 'snowflake.node', Number(own) > 0 ? `${own}, as ${same?.name}` : 'not set', {
    code: 'snowflake-number',
    message: `The nodes draw their numbers by snowflake, and ${added.name} has no number of its own: it would draw the same as another.`,
    remedy: `On ${added.name}: LOAD 'snowflake'; ALTER SYSTEM SET snowflake.node = ${free}; SELECT pg_reload_conf();`,
  });
}
