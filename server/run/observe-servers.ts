/** Reads the servers of a deploy, all at once; one that does not answer is an entry with its error. Writes nothing that stays. */
import type { Row } from '#core/engines/engine.ts';
import type {
  ObservedServer,
  ServerFacts,
  ServerSetting,
  ServerTable,
} from '#core/plan/servers/observed-server.ts';
import { failureIssue } from '#server/observe/admission.ts';
import { type Connection, openConnection } from '#server/postgres/connection.ts';
import { DsnError } from '#server/postgres/dsn.ts';
import type { NodeFailure } from '#server/postgres/failure.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import { tryPeers } from './reach.ts';
import * as ask from './server-questions.ts';

const CONNECT_MS = 3000;
const ANSWER_MS = 15_000;
/** Tables asked about in one statement. */
const AT_ONCE = 200;

export interface ServerAddress {
  name: string;
  dsn: string;
  /** How its peers reach it. */
  peerDsn: string;
}

/** `reach`: whether each is asked to connect to every other; that takes seconds where one does not answer. */
export async function observeServers(
  servers: readonly ServerAddress[],
  options: { reach: boolean },
): Promise<ObservedServer[]> {
  const read = await Promise.all(servers.map((server) => readServer(server.dsn)));
  const observed = servers.map(
    ({ name }, index): ObservedServer => ({ name, read: read[index] as ServerRead }),
  );
  if (!options.reach) return observed;
  const identities = new Map(
    observed.flatMap(({ name, read: { ...outcome } }) =>
      outcome.ok ? [[name, outcome.facts.identity] as const] : [],
    ),
  );
  await Promise.all(
    servers.map(async (server, index) => {
      const outcome = read[index] as ServerRead;
      if (!outcome.ok) return;
      const peers = servers.filter((peer) => peer.name !== server.name);
      outcome.facts.reach = await tryPeers(server.dsn, outcome.facts, peers, identities);
    }),
  );
  return observed;
}

export type ServerRead = ObservedServer['read'];

/** One server without its way to the others. */
export async function readServer(dsn: string): Promise<ServerRead> {
  const unread = (error: NodeFailure): ServerRead => {
    const { message, remedy } = failureIssue({ dsn, path: [] }, error);
    return { ok: false, error: message, remedy };
  };
  let targets: ReturnType<typeof connectionTargets>;
  try {
    targets = connectionTargets(dsn);
  } catch (error) {
    if (!(error instanceof DsnError)) throw error;
    const remedy =
      'Write postgres://user:password@host:5432/dbname, or host=… port=… dbname=… user=… password=….';
    return { ok: false, error: error.message, remedy };
  }
  const opened = await openConnection(targets, CONNECT_MS, CONNECT_MS * 2);
  if (!opened.ok) return unread(opened.error);
  try {
    const outcome = await readFacts(opened.value);
    return outcome.ok ? { ok: true, facts: outcome.value } : unread(outcome.error);
  } finally {
    opened.value.close();
  }
}

type Answer = { ok: true; value: Row[][] } | { ok: false; error: NodeFailure };

async function batch(connection: Connection, questions: readonly string[]): Promise<Answer> {
  const text = [
    'BEGIN READ ONLY',
    `SET LOCAL statement_timeout = ${ANSWER_MS - 1000}`,
    ...questions,
    'COMMIT',
  ].join(';\n');
  const outcome = await connection.run(text, ANSWER_MS);
  if (outcome.ok) return { ok: true, value: outcome.value.slice(2, -1).map((each) => each.rows) };
  if (!connection.closed) await connection.run('ROLLBACK', 2000);
  return outcome;
}

async function readFacts(
  connection: Connection,
): Promise<{ ok: true; value: ServerFacts } | { ok: false; error: NodeFailure }> {
  const sent = Date.now();
  const basics = await batch(connection, [ask.BASICS]);
  const received = Date.now();
  if (!basics.ok) return basics;
  const own = basics.value[0]?.[0] ?? {};
  const rest = await batch(connection, [
    ask.SETTINGS_NOW,
    ask.ROLES,
    ask.EXTENSIONS,
    ask.SLOTS,
    ask.TABLES,
    ask.SEQUENCES,
  ]);
  if (!rest.ok) return rest;
  const altered = await batch(connection, [ask.SETTINGS_ALTERED]);
  const spock =
    own.spock_installed === null
      ? null
      : await batch(connection, [ask.SPOCK_NODE, ask.SPOCK_SUBSCRIPTIONS, ask.SPOCK_MEMBERS]);
  if (spock !== null && !spock.ok) return spock;
  const [settings = [], roles = [], extensions = [], slots = [], tables = [], sequences = []] = rest.value;
  const [node, subscriptions, members] = spock?.value ?? [];
  const facts: ServerFacts = {
    address: connection.where,
    identity: String(own.identity),
    pooled: connection.isPooled(own.pid),
    serverVersion: String(own.server_version).split(' ')[0] ?? '',
    serverVersionNum: Number(own.version_num),
    database: String(own.database),
    role: String(own.role),
    superuser: own.superuser === true,
    replication: own.replication === true,
    encoding: String(own.encoding),
    collation: String(own.collation),
    dataDirectory: textOf(own.data_directory),
    clockOffsetSeconds: Number(own.clock) - (sent + received) / 2000,
    clockErrorSeconds: (received - sent) / 2000,
    extension: {
      available: textOf(own.spock_available),
      installed: textOf(own.spock_installed),
      standin: /standin/.test(`${own.spock_installed ?? own.spock_available}`),
    },
    snowflake: own.snowflake === true,
    settings: settingsOf(settings, altered.ok ? (altered.value[0] ?? []) : []),
    used: { slots: Number(own.slots), senders: Number(own.senders), workers: Number(own.workers) },
    nodeName: textOf(node?.[0]?.name),
    subscriptions: (subscriptions ?? []).map((row) => ({
      name: String(row.name),
      provider: textOf(row.provider),
      enabled: row.enabled === true,
    })),
    slots: slots.map((row) => ({
      name: String(row.name),
      plugin: textOf(row.plugin),
      active: row.active === true,
    })),
    roles: roles.map((row) => String(row.role)),
    neededRoles: roles.filter((row) => row.needed === true).map((row) => String(row.role)),
    extensions: extensions.filter((row) => row.installed === true).map((row) => String(row.name)),
    availableExtensions: extensions.map((row) => String(row.name)),
    tables: tablesOf(tables, members ?? []),
    sequences: sequences.map((row) => ({
      schema: String(row.schema),
      sequence: String(row.sequence),
      usedBy: textOf(row.used_by),
      snowflake: row.snowflake === true,
    })),
    oldestWriteSeconds: own.oldest_write === null ? null : Number(own.oldest_write),
    preparedTransactions: Number(own.prepared),
    reach: {},
  };
  return (await findRows(connection, facts.tables)) ?? { ok: true, value: facts };
}

const textOf = (value: unknown): string | null =>
  value === null || value === undefined ? null : String(value);

function settingsOf(now: Row[], altered: Row[]): Record<string, ServerSetting> {
  const before = new Map(altered.map((row) => [String(row.name), String(row.value)]));
  return Object.fromEntries(
    now.map((row) => [
      String(row.name),
      {
        value: String(row.value),
        altered: before.get(String(row.name)) ?? null,
        pendingRestart: row.pending_restart === true,
      },
    ]),
  );
}

type ColumnRow = [name: string, type: string, notNull: boolean, delta: boolean];

function tablesOf(rows: Row[], members: Row[]): ServerTable[] {
  const sets = new Map<string, string[]>();
  for (const row of members) {
    const key = JSON.stringify([row.schema, row.table]);
    sets.set(key, [...(sets.get(key) ?? []), String(row.set)]);
  }
  return rows.map((row) => ({
    schema: String(row.schema),
    table: String(row.table),
    columns: ((row.columns ?? []) as ColumnRow[]).map(([name, type, notNull, delta]) => ({
      name,
      type,
      notNull,
      delta,
    })),
    key: (row.key ?? []) as string[],
    identityFull: row.identity_full === true,
    owner: String(row.owner),
    rows: row.rows === null ? null : Number(row.rows),
    bytes: Number(row.bytes ?? 0),
    hasRows: row.may_have_rows === true,
    sets: sets.get(JSON.stringify([row.schema, row.table])) ?? [],
  }));
}

/** Corrects `hasRows` of tables that take space on disk. */
async function findRows(
  connection: Connection,
  tables: ServerTable[],
): Promise<{ ok: false; error: NodeFailure } | null> {
  const maybe = tables.filter((table) => table.hasRows);
  for (let from = 0; from < maybe.length; from += AT_ONCE) {
    const some = maybe.slice(from, from + AT_ONCE);
    const answer = await batch(connection, [ask.anyRows(some)]);
    // A role that may not read a table learns nothing of its rows: then what its size says stands.
    if (!answer.ok && answer.error.sqlstate === '42501') continue;
    if (!answer.ok) return answer;
    const row = answer.value[0]?.[0] ?? {};
    for (const [index, table] of some.entries()) table.hasRows = row[String(index)] === true;
  }
  return null;
}
