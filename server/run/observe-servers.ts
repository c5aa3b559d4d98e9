/** Reads the servers of a deploy, all at once; one that does not answer is an entry with its error. Writes nothing that stays. */

import { DsnError } from '#core/dsn/parse.ts';
import type { Changes } from '#core/engines/changes.ts';
import type { Row } from '#core/engines/engine.ts';
import { changesOf } from '#core/engines/registry.ts';
import type { ObservedServer, ServerFacts } from '#core/model/observed-server.ts';
import { failureIssue } from '#server/observe/admission.ts';
import { type Connection, openConnection } from '#server/postgres/connection.ts';
import { type NodeFailure, unreadableFailure } from '#server/postgres/failure.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import { readRows, sequencesOf, tablesOf } from './observe-tables.ts';
import { type ServerAddress, tryPeers } from './reach.ts';
import { othersOf, settingsOf, structureOf, textOf } from './server-answers.ts';
import * as ask from './server-questions.ts';
import * as askStructure from './structure-questions.ts';
import * as askTables from './table-questions.ts';

const CONNECT_MS = 3000;
const ANSWER_MS = 15_000;
/** Nothing that is read here is worth waiting for a lock. */
const LOCK_MS = 1000;
/** One statement that looks for rows in many tables. */
const ROWS_MS = 3000;

/** `reach`: whether each is asked to connect to every other; that takes seconds where one does not answer. `about`: only to it and from it. */
export async function observeServers(
  servers: readonly ServerAddress[],
  options: { reach: boolean; about?: string },
  changes: Changes = changesOf(),
): Promise<ObservedServer[]> {
  const read = await Promise.all(servers.map((server) => readServer(server.dsn, changes)));
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
      const { about = server.name } = options;
      const isAsked = (peer: string) => peer !== server.name && (about === server.name || about === peer);
      const peers = servers.filter((peer) => isAsked(peer.name));
      outcome.facts.reach = await tryPeers(server.dsn, outcome.facts, { peers, identities, changes });
    }),
  );
  return observed;
}

export type ServerRead = ObservedServer['read'];

/** One server without its way to the others. */
export async function readServer(dsn: string, changes: Changes = changesOf()): Promise<ServerRead> {
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
  const connection = opened.value;
  try {
    const outcome = await readFacts(connection, changes);
    if (outcome.ok) return { ok: true, facts: outcome.value };
    // It let the console in: whatever is wrong with a question is no matter of addresses and firewalls.
    if (!connection.closed) {
      const { message, detail } = outcome.error;
      return {
        ok: false,
        error: detail === null ? message : `${message} (${detail})`,
        remedy: null,
        answered: true,
      };
    }
    return unread(outcome.error);
  } catch (error) {
    return unread(unreadableFailure(connection.where, error));
  } finally {
    connection.close();
  }
}

type Answer = { ok: true; value: Row[][] } | { ok: false; error: NodeFailure };

/**
 * Some questions in one transaction that writes nothing. Nothing is on the search path but the system's own, so that names of
 * types and tables read the same on every server.
 */
async function batch(
  connection: Connection,
  questions: readonly string[],
  withinMs = ANSWER_MS,
): Promise<Answer> {
  const text = [
    'BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY',
    `SET LOCAL statement_timeout = ${withinMs - 1000}`,
    `SET LOCAL lock_timeout = ${LOCK_MS}`,
    'SET LOCAL search_path = pg_catalog',
    ...questions,
    'COMMIT',
  ].join(';\n');
  const outcome = await connection.run(text, withinMs);
  if (outcome.ok) return { ok: true, value: outcome.value.slice(4, -1).map((each) => each.rows) };
  if (!connection.closed) await connection.run('ROLLBACK', 2000);
  return outcome;
}

/** Each question by its name: what a plan can do without, and then says so. */
const questionsOf = (changes: Changes) => ({
  settings: ask.settingsNow(changes),
  roles: ask.ROLES,
  extensions: ask.EXTENSIONS,
  slots: ask.SLOTS,
  others: ask.others(changes),
  tables: askTables.TABLES,
  sequences: askTables.SEQUENCES,
  functions: askTables.NUMBER_FUNCTIONS,
  objects: askStructure.OBJECTS,
  types: askStructure.TYPES,
  database: askStructure.DATABASE,
});
type Question = keyof ReturnType<typeof questionsOf>;

/** All in one round trip; where one fails each is asked by itself, and only that one is unread. */
async function askAll(
  connection: Connection,
  changes: Changes,
): Promise<
  { ok: true; rows: Record<Question, Row[]>; unread: string[] } | { ok: false; error: NodeFailure }
> {
  const questions = questionsOf(changes);
  const names = Object.keys(questions) as Question[];
  const rows = Object.fromEntries(names.map((name) => [name, [] as Row[]])) as Record<Question, Row[]>;
  const whole = await batch(
    connection,
    names.map((name) => questions[name]),
  );
  if (whole.ok) {
    for (const [index, name] of names.entries()) rows[name] = whole.value[index] ?? [];
    return { ok: true, rows, unread: [] };
  }
  const unread: string[] = [];
  for (const name of names) {
    if (connection.closed) return whole;
    const answer = await batch(connection, [questions[name]]);
    if (answer.ok) rows[name] = answer.value[0] ?? [];
    else unread.push(`${name}: ${answer.error.message}`);
  }
  return connection.closed ? whole : { ok: true, rows, unread };
}

async function readFacts(
  connection: Connection,
  changes: Changes,
): Promise<{ ok: true; value: ServerFacts } | { ok: false; error: NodeFailure }> {
  const sent = Date.now();
  const basics = await batch(connection, [ask.basics(changes)]);
  const received = Date.now();
  if (!basics.ok) return basics;
  const own = basics.value[0]?.[0] ?? {};
  const asked = await askAll(connection, changes);
  if (!asked.ok) return asked;
  const { rows } = asked;
  const altered = await batch(connection, [ask.settingsAltered(changes)]);
  const installed = own.engine_installed !== null;
  const engine = changes.servers;
  const catalogs = installed
    ? await batch(connection, [engine.node, engine.subscriptions, engine.members])
    : null;
  if (catalogs !== null && !catalogs.ok) return catalogs;
  const library = installed ? await batch(connection, [engine.library]) : null;
  if (connection.closed) return library?.ok === false ? library : { ok: false, error: LOST(connection) };
  const [node, subscriptions, members] = catalogs?.value ?? [];
  const tables = tablesOf(rows.tables, members ?? []);
  const facts: ServerFacts = {
    address: connection.where,
    identity: String(own.identity),
    systemIdentifier: textOf(own.system_identifier),
    inRecovery: own.in_recovery === true,
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
      available: textOf(own.engine_available),
      installed: textOf(own.engine_installed),
      library: library?.ok === true ? textOf(library.value[0]?.[0]?.version) : null,
      standin: engine.isStandin(`${own.engine_installed ?? own.engine_available}`),
    },
    snowflake: own.snowflake === true,
    settings: settingsOf(rows.settings, altered.ok ? (altered.value[0] ?? []) : []),
    used: { slots: Number(own.slots), senders: Number(own.senders), workers: Number(own.workers) },
    syncStandbys: Number(own.sync_standbys),
    lockRoom: Number(own.lock_room),
    walPerSecond: own.wal_per_second === null ? null : Number(own.wal_per_second),
    others: othersOf(rows.others[0] ?? {}),
    structure: structureOf(rows.database[0] ?? {}, rows.extensions, rows.objects, rows.types),
    nodeName: textOf(node?.[0]?.name),
    subscriptions: (subscriptions ?? []).map((row) => ({
      name: String(row.name),
      provider: textOf(row.provider),
      enabled: row.enabled === true,
    })),
    slots: rows.slots.map((row) => ({
      name: String(row.name),
      plugin: textOf(row.plugin),
      active: row.active === true,
    })),
    roles: rows.roles.map((row) => String(row.role)),
    neededRoles: rows.roles.filter((row) => row.needed === true).map((row) => String(row.role)),
    extensions: rows.extensions.filter((row) => row.installed === true).map((row) => String(row.name)),
    availableExtensions: rows.extensions.map((row) => String(row.name)),
    tables: tables.map(({ table }) => table),
    sequences: sequencesOf(rows.sequences, rows.functions),
    oldestWriteSeconds: own.oldest_write === null ? null : Number(own.oldest_write),
    preparedTransactions: Number(own.prepared),
    reach: {},
    unread: asked.unread,
  };
  const lost = await readRows(tables, async (text) => {
    const answer = await batch(connection, [text], ROWS_MS);
    if (answer.ok) return { ok: true, rows: answer.value[0] ?? [] };
    return { ok: false, error: answer.error, lost: connection.closed };
  });
  return lost === null ? { ok: true, value: facts } : { ok: false, error: lost };
}

const LOST = ({ where }: Connection): NodeFailure => ({
  code: 'network',
  message: `${where} closed the connection.`,
  sqlstate: null,
  detail: null,
});
