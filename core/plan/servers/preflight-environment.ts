/** Preflight of what surrounds a server: standby, read-only, synchronous commits, isolation, other users, automatic DDL. */
import type { ServerSettings } from '#core/engines/changes.ts';
import type { DeployServers } from '#core/model/deploy.ts';
import { countOf } from '#core/model/format.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import type { Choices, Server } from './choices.ts';
import { checkLaterSettings, ddlChanges } from './preflight-settings.ts';

export function checkEnvironment(
  grounds: Grounds,
  request: Pick<DeployServers, 'ddlReplication'>,
  servers: readonly Server[],
  choices: Choices,
): void {
  for (const server of servers) {
    checkRead(grounds, server);
    checkRecovery(grounds, server, servers);
    checkWritable(grounds, server);
    checkSynchronous(grounds, server);
    checkIsolation(grounds, server, choices);
    checkOthers(grounds, server);
    checkAutomaticDdl(grounds, server);
    checkEventTriggers(grounds, server);
    const ddl = request.ddlReplication && !server.facts.extension.standin;
    const later = ddl ? ddlChanges(grounds.changes.settings) : new Map<string, string>();
    const number = String(servers.indexOf(server) + 1);
    if (choices.sequences.length > 0) later.set('snowflake.node', number);
    checkLaterSettings(grounds, server, later);
  }
}

const settingOf = ({ facts }: Server, name: string): string | null => facts.settings[name]?.value ?? null;

/** What a question got no answer to, nobody knows: it may be what forbids the deploy. */
function checkRead(grounds: Grounds, { name, facts }: Server): void {
  if (facts.unread.length === 0) return;
  grounds.stop(name, 'Read', `not: ${facts.unread.map((each) => each.split(':')[0]).join(', ')}`, {
    code: 'not-read',
    message: `${name} answered, but not all of it could be read: ${facts.unread.join('; ')}.`,
    remedy: 'Fix the cause that the server reports, then check again.',
  });
}

function checkRecovery(grounds: Grounds, { name, facts }: Server, servers: readonly Server[]): void {
  if (!facts.inRecovery) return;
  const primary = servers.find(
    (other) =>
      other.name !== name &&
      !other.facts.inRecovery &&
      facts.systemIdentifier !== null &&
      other.facts.systemIdentifier === facts.systemIdentifier,
  );
  grounds.stop(name, 'Server', primary === undefined ? 'a standby' : `a standby of ${primary.name}`, {
    code: 'standby',
    message: `${name} at ${facts.address} is a standby (in recovery)${primary === undefined ? '' : `, of ${primary.name} or with it of one primary`}: nothing can be written there.`,
    remedy:
      primary === undefined
        ? "Give its primary's address, or both hosts with target_session_attrs=read-write."
        : `Leave ${name} out: its rows come from ${primary.name} already.`,
  });
}

function checkWritable(grounds: Grounds, server: Server): void {
  const { name, facts } = server;
  if (facts.inRecovery) return;
  if (settingOf(server, 'default_transaction_read_only') === 'on') {
    grounds.stop(name, 'Writable', 'default_transaction_read_only is on', {
      code: 'read-only',
      message: `Transactions on ${name} are read-only by default (default_transaction_read_only, ${facts.settings.default_transaction_read_only?.source}): each statement of the deploy would fail.`,
      remedy:
        'Turn it off during the deploy, where it is set (a file, ALTER DATABASE, ALTER ROLE), then check again.',
    });
    return;
  }
  checkEngineWritable(grounds, server, grounds.changes.settings);
}

function checkEngineWritable(grounds: Grounds, server: Server, { readOnly }: ServerSettings): void {
  if (readOnly === null) return;
  const { name } = server;
  const value = settingOf(server, readOnly.name);
  if (value === null || value === 'off') return;
  grounds.stop(name, 'Writable', `${readOnly.name} is ${value}`, {
    code: 'read-only',
    message: `${readOnly.name} on ${name} is ${value}: rows could not be written there.`,
    remedy: `${readOnly.reset} then check again.`,
  });
}

/** `ANY 2 (a, b)`, `FIRST 1 (a)`, `2 (a, b)`, `a, b`: how many have to answer (syncrep_gram.y). */
export function answersNeeded(names: string): number {
  if (names.trim() === '') return 0;
  const found = /^\s*(?:(?:any|first)\s+)?(\d+)\s*\(/i.exec(names);
  return found === null ? 1 : Number(found[1]);
}

/** A commit that no standby answers waits without end, and has happened all the same. */
function checkSynchronous(grounds: Grounds, server: Server): void {
  const { name, facts } = server;
  const names = settingOf(server, 'synchronous_standby_names') ?? '';
  const needed = answersNeeded(names);
  if (needed === 0 || facts.inRecovery) return;
  const commit = settingOf(server, 'synchronous_commit') ?? 'on';
  if (commit === 'off' || commit === 'local') return;
  if (facts.syncStandbys >= needed) {
    grounds.ok(
      name,
      'Synchronous commits',
      `${countOf(facts.syncStandbys, 'standby', 'standbys')} of ${names}`,
    );
    return;
  }
  grounds.stop(name, 'Synchronous commits', `${facts.syncStandbys} of ${needed} standbys answer`, {
    code: 'no-sync-standby',
    message: `synchronous_standby_names on ${name} is '${names}', and ${facts.syncStandbys === 0 ? 'no standby' : `only ${facts.syncStandbys}`} of the ${needed} needed answers: every commit there waits forever.`,
    remedy: `Bring the standby back, or set synchronous_standby_names to '' there and reload, then check again.`,
  });
}

/** Spock's copy begins its transactions on the receiver with SET TRANSACTION after a query (spock_sync.c, start_copy_target_tx). */
function checkIsolation(grounds: Grounds, server: Server, choices: Choices): void {
  const { name, facts } = server;
  const own = settingOf(server, 'default_transaction_isolation') ?? 'read committed';
  const source = facts.settings.default_transaction_isolation?.source;
  if (own === 'read committed') return;
  const copies = choices.structure.includes(name) || choices.rowsOnly.includes(name);
  const said = `${own}${source === undefined ? '' : ` (${source})`}`;
  if (choices.source === null || !copies) {
    grounds.know(
      name,
      'Isolation',
      `${said}: ${grounds.changes.words.name} applies changes at this level, and changes of two nodes may make each other fail`,
    );
    return;
  }
  grounds.stop(name, 'Isolation', said, {
    code: 'isolation',
    message: `default_transaction_isolation on ${name} is ${said}: ${grounds.changes.words.name}'s copy from ${choices.source.name} can only start at read committed.`,
    remedy: `Set it to 'read committed' where it is set (a file, ALTER DATABASE, ALTER ROLE) until the deploy is done, then check again.`,
  });
}

function checkOthers(grounds: Grounds, { name, facts: { others } }: Server): void {
  const said = [
    ...others.subscriptions.map((each) => `subscription ${each}`),
    ...others.publications.map((each) => `publication ${each}`),
    ...others.slots.map((each) => `slot ${each}`),
    ...others.engineDatabases.map((each) => `${grounds.changes.words.name} in database ${each}`),
  ];
  if (said.length === 0) grounds.ok(name, 'Other users', 'none');
  else grounds.know(name, 'Other users', `${said.join(', ')}: a restart and settings affect them too`);
}

/** Every statement of the run that automatic DDL could take up runs in a transaction that stays on its node. */
function checkAutomaticDdl(grounds: Grounds, server: Server): void {
  const { ddl } = grounds.changes.settings;
  if (ddl === null || settingOf(server, ddl.name) !== 'on') return;
  grounds.know(
    server.name,
    'Automatic DDL',
    'already on, for every database of the server: the statements of this deploy stay on their node; schema changes that others make meanwhile are replicated',
  );
}

function checkEventTriggers(grounds: Grounds, { name, facts }: Server): void {
  const names = facts.structure.eventTriggers.map((each) => each.name);
  if (names.length === 0) return;
  grounds.know(
    name,
    'Event triggers',
    `${names.join(', ')} fire on what the deploy creates, and may forbid it`,
  );
}
