/**
 * Whether a server reaches its peers by the DSNs that its subscriptions will use, tried from that server itself: dblink, made
 * in one transaction that is rolled back, so that nothing stays, and with the database's event triggers off, so that nothing
 * fires (what such a trigger does with a sequence would stay). It takes a superuser and the contrib extension.
 */

import { maskSecrets } from '#core/dsn/free-text.ts';
import { faultText } from '#core/dsn/parse.ts';
import { formatDsn, readDsn } from '#core/dsn/read.ts';
import type { Changes, LocalTransactions } from '#core/engines/changes.ts';
import { quoteIdent, quoteLiteral } from '#core/engines/quote.ts';
import type { PeerRole, Reach, ServerFacts } from '#core/model/observed-server.ts';
import { type Connection, openConnection } from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import { IDENTITY } from './server-questions.ts';

export interface ServerAddress {
  name: string;
  dsn: string;
  /** How its peers reach it. */
  peerDsn: string;
}

const CONNECT_MS = 3000;
const PEER_MS = 6000;
/** All peers of one server; what has not been tried by then is said to be untried. */
const BUDGET_MS = 20_000;

/** What has to be known of the server that tries. */
export interface ReachGround
  extends Pick<ServerFacts, 'superuser' | 'pooled' | 'inRecovery' | 'serverVersionNum'> {
  structure: Pick<ServerFacts['structure'], 'eventTriggers' | 'extensions'>;
}

/** Never throws; what could not be tried says why. */
export async function tryPeers(
  dsn: string,
  facts: ReachGround,
  {
    peers,
    identities,
    changes,
  }: { peers: readonly ServerAddress[]; identities: ReadonlyMap<string, string>; changes: Changes },
): Promise<Record<string, Reach>> {
  const untried = (reason: string): Record<string, Reach> =>
    Object.fromEntries(peers.map(({ name }) => [name, { state: 'untried', reason }]));
  if (!facts.superuser) return untried('it requires a superuser');
  if (facts.pooled) return untried('it requires a direct connection');
  const opened = await openConnection(connectionTargets(dsn), CONNECT_MS, CONNECT_MS * 2);
  if (!opened.ok) return untried(opened.error.message);
  const connection = opened.value;
  try {
    const prepared = await prepare(connection, facts, changes.local);
    if (prepared !== null) return untried(prepared);
    const found: Record<string, Reach> = {};
    const end = Date.now() + BUDGET_MS;
    for (const peer of peers) {
      found[peer.name] =
        connection.closed || Date.now() > end
          ? { state: 'untried', reason: 'others took too long' }
          : await tryPeer(connection, peer, identities.get(peer.name));
    }
    return found;
  } finally {
    if (!connection.closed) await connection.run('ROLLBACK', 2000);
    connection.close();
  }
}

/** A schema of its own for dblink where it is not installed yet: no search_path has to name one, and no name there is taken. */
const OWN_SCHEMA = 'tricorder_reach';
/** Since this version a superuser can turn event triggers off for a transaction (event_triggers in PostgreSQL 17's release notes). */
const EVENT_TRIGGERS_GUC = 170000;

/**
 * Why it cannot be tried; null: it can. Before PostgreSQL 17 only replica mode stops event triggers, and not those that are
 * ENABLE ALWAYS or REPLICA (event_trigger.c, filter_event_trigger).
 */
async function prepare(
  connection: Connection,
  facts: ReachGround,
  { notQueuedHere }: LocalTransactions,
): Promise<string | null> {
  if (facts.inRecovery) return 'it is a standby';
  const firing = facts.structure.eventTriggers.filter(({ always }) => always).map(({ name }) => name);
  const canTurnOff = facts.serverVersionNum >= EVENT_TRIGGERS_GUC;
  if (!canTurnOff && firing.length > 0) {
    return `event trigger ${firing.join(', ')} fires always, also for what is rolled back`;
  }
  const installed = facts.structure.extensions.dblink?.schema ?? null;
  const made = await connection.run(
    [
      'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE',
      "SET LOCAL lock_timeout = '2s'",
      `SET LOCAL statement_timeout = ${PEER_MS}`,
      'SET LOCAL client_min_messages = error',
      'SET LOCAL session_replication_role = replica',
      ...(canTurnOff ? ['SET LOCAL event_triggers = off'] : []),
      notQueuedHere,
      ...(installed === null
        ? [
            `CREATE SCHEMA ${quoteIdent(OWN_SCHEMA)}`,
            `CREATE EXTENSION dblink SCHEMA ${quoteIdent(OWN_SCHEMA)}`,
          ]
        : []),
      `SET LOCAL search_path = ${quoteIdent(installed ?? OWN_SCHEMA)}, pg_catalog`,
    ].join(';\n'),
    PEER_MS,
  );
  return made.ok ? null : `dblink cannot be used there (${made.error.message})`;
}

/** Who answers, and as whom the server is let in there: one text, JSON. */
const WHO = `SELECT json_build_object('identity', ${IDENTITY}, 'name', current_user,
    'superuser', (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user),
    'isolation', current_setting('default_transaction_isolation')) FROM pg_catalog.pg_database d WHERE d.datname = current_database()`;

async function tryPeer(
  connection: Connection,
  peer: ServerAddress,
  identity: string | undefined,
): Promise<Reach> {
  const plain = await visit(connection, peer.peerDsn, {}, WHO);
  if (!plain.ok) return { state: 'failed', error: plain.error, replication: false };
  const who = JSON.parse(plain.value) as PeerRole & { identity: string };
  if (identity !== undefined && identity !== who.identity) return { state: 'other-server' };
  const replication = await visit(connection, peer.peerDsn, { replication: 'database' }, null);
  if (!replication.ok) return { state: 'failed', error: replication.error, replication: true };
  return { state: 'ok', role: { name: who.name, superuser: who.superuser, isolation: who.isolation } };
}

type Visit = { ok: true; value: string } | { ok: false; error: string };

async function visit(
  connection: Connection,
  dsn: string,
  extra: Record<string, string>,
  query: string | null,
): Promise<Visit> {
  const reading = readDsn(dsn);
  if (reading.fault !== null) return { ok: false, error: faultText(reading.fault) };
  const values = new Map([...reading.values, ['connect_timeout', '3'] as const, ...Object.entries(extra)]);
  const steps: [string, unknown[]][] = [
    // As a parameter: a failed statement stands in the server's log with its text.
    ["SELECT dblink_connect('tricorder', $1)", [formatDsn(values)]],
    ...(query === null
      ? []
      : [
          [`SELECT who FROM dblink('tricorder', ${quoteLiteral(query)}) AS t(who text)`, []] as [
            string,
            unknown[],
          ],
        ]),
    ["SELECT dblink_disconnect('tricorder')", []],
  ];
  await connection.run('SAVEPOINT peer', PEER_MS);
  let who = '';
  for (const [text, parameters] of steps) {
    const outcome = await connection.run(text, PEER_MS, parameters);
    if (outcome.ok) {
      who = String(outcome.value[0]?.rows[0]?.who ?? who);
      continue;
    }
    await connection.run('ROLLBACK TO peer', PEER_MS);
    // A connection of dblink outlives the transaction.
    await connection.run('SELECT dblink_disconnect(c) FROM unnest(dblink_get_connections()) AS c', PEER_MS);
    const { message, detail } = outcome.error;
    return { ok: false, error: maskSecrets(detail ?? message).trim() };
  }
  await connection.run('RELEASE peer', PEER_MS);
  return { ok: true, value: who };
}
