/**
 * Whether a server reaches its peers by the DSNs that its subscriptions will use, tried from that server itself: dblink, made
 * in one transaction that is rolled back, so that nothing stays. It takes a superuser and the contrib extension.
 */
import { quoteIdent, quoteLiteral } from '#core/engines/quote.ts';
import type { Reach, ServerFacts } from '#core/plan/servers/observed-server.ts';
import { type Connection, openConnection } from '#server/postgres/connection.ts';
import { formatDsn, maskDsn, parseDsn } from '#server/postgres/dsn.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import type { ServerAddress } from './observe-servers.ts';
import { IDENTITY } from './server-questions.ts';

const CONNECT_MS = 3000;
const PEER_MS = 6000;
/** All peers of one server; what has not been tried by then is said to be untried. */
const BUDGET_MS = 20_000;

/** Never throws; what could not be tried says why. */
export async function tryPeers(
  dsn: string,
  facts: ServerFacts,
  peers: readonly ServerAddress[],
  identities: ReadonlyMap<string, string>,
): Promise<Record<string, Reach>> {
  const untried = (reason: string): Record<string, Reach> =>
    Object.fromEntries(peers.map(({ name }) => [name, { state: 'untried', reason }]));
  if (!facts.superuser) return untried('it takes a superuser');
  if (facts.pooled) return untried('it takes a direct connection');
  const opened = await openConnection(connectionTargets(dsn), CONNECT_MS, CONNECT_MS * 2);
  if (!opened.ok) return untried(opened.error.message);
  const connection = opened.value;
  try {
    const prepared = await prepare(connection);
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

/** Why it cannot be tried; null: it can. */
async function prepare(connection: Connection): Promise<string | null> {
  const made = await connection.run(
    `BEGIN;
     SET LOCAL lock_timeout = '2s';
     SET LOCAL statement_timeout = ${PEER_MS};
     SET LOCAL client_min_messages = error;
     CREATE EXTENSION IF NOT EXISTS dblink;
     SELECT n.nspname AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'dblink'`,
    PEER_MS,
  );
  if (!made.ok) return `dblink cannot be used there (${made.error.message})`;
  const schema = String(made.value.at(-1)?.rows[0]?.schema);
  const path = await connection.run(`SET LOCAL search_path = ${quoteIdent(schema)}, pg_catalog`, PEER_MS);
  return path.ok ? null : path.error.message;
}

const WHO = `SELECT ${IDENTITY} FROM pg_database d WHERE d.datname = current_database()`;

async function tryPeer(
  connection: Connection,
  peer: ServerAddress,
  identity: string | undefined,
): Promise<Reach> {
  const plain = await visit(connection, peer.peerDsn, {}, WHO);
  if (!plain.ok) return { state: 'failed', error: plain.error, replication: false };
  if (identity !== undefined && identity !== plain.value) return { state: 'other-server' };
  const replication = await visit(connection, peer.peerDsn, { replication: 'database' }, null);
  if (!replication.ok) return { state: 'failed', error: replication.error, replication: true };
  return { state: 'ok' };
}

type Visit = { ok: true; value: string } | { ok: false; error: string };

async function visit(
  connection: Connection,
  dsn: string,
  extra: Record<string, string>,
  query: string | null,
): Promise<Visit> {
  const values = new Map([
    ...parseDsn(dsn).values,
    ['connect_timeout', '3'] as const,
    ...Object.entries(extra),
  ]);
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
    return { ok: false, error: maskDsn(detail ?? message).trim() };
  }
  await connection.run('RELEASE peer', PEER_MS);
  return { ok: true, value: who };
}
