/** Whether receivers reach their providers by the interface that a plan would switch to, tried from the receivers' own servers. */
import type { Changes } from '#core/engines/changes.ts';
import type { Row } from '#core/engines/engine.ts';
import type { ObservedFacts, ObservedNode } from '#core/model/observed.ts';
import type { Reach } from '#core/model/observed-server.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { subscriptionsOf } from '#core/model/subscription-names.ts';
import type { NodeRecord } from '#server/store/registry.ts';
import { question, withNode } from './node-question.ts';
import { type ReachGround, tryPeers } from './reach.ts';
import { IDENTITY } from './server-questions.ts';

/** What `tryPeers` goes by. */
const GROUND = `SELECT current_setting('server_version_num')::int AS version,
    (SELECT coalesce(json_agg(json_build_object('name', t.evtname, 'always', t.evtenabled IN ('A', 'R'))), '[]') FROM pg_event_trigger t WHERE t.evtenabled <> 'D'
        AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_event_trigger'::regclass AND e.objid = t.oid AND e.deptype = 'e')) AS triggers,
    (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'dblink') AS dblink`;

const WHO = `SELECT ${IDENTITY} AS identity FROM pg_database d WHERE d.datname = current_database()`;

/** Puts `reach` into the facts of each receiver; what could not be tried says why. */
export async function tryInterfaces(
  nodes: readonly NodeRecord[],
  observed: readonly ObservedNode[],
  request: PlanRequest,
  changes: Changes,
): Promise<void> {
  if (request.kind !== 'subscription-interface') return;
  const wanted = subscriptionsOf(request);
  const receivers = [...new Set(wanted.map(({ receiver }) => receiver))];
  await Promise.all(
    receivers.map(async (receiver) => {
      const read = observed.find(({ name }) => name === receiver)?.read;
      const dsn = nodes.find(({ name }) => name === receiver)?.dsn;
      if (read?.ok !== true || dsn === undefined) return;
      const names = wanted.filter((each) => each.receiver === receiver);
      read.facts.reach = {};
      for (const { subscription } of names) {
        const provider = read.facts.subscriptions.find(({ name }) => name === subscription)?.provider;
        if (provider == null) continue;
        const to = { provider, interface: request.interface };
        const reach = await tryOne(dsn, read.facts, to, nodes, changes);
        if (reach !== null) read.facts.reach[subscription] = reach;
      }
    }),
  );
}

/** Null: the receiver has no such interface. */
async function tryOne(
  dsn: string,
  facts: ObservedFacts,
  to: { provider: string; interface: string },
  nodes: readonly NodeRecord[],
  changes: Changes,
): Promise<Reach | null> {
  const untried = (reason: string): Reach => ({ state: 'untried', reason });
  const address = await rowOf(dsn, changes.cluster.interfaceDsn(to.provider, to.interface));
  if (typeof address === 'string') return untried(address);
  if (address === null) return null;
  if (typeof address.dsn !== 'string') return untried('its DSN is not readable');
  const ground = await rowOf(dsn, GROUND);
  if (ground === null || typeof ground === 'string') return untried(ground ?? 'nothing was answered');
  const provider = nodes.find(({ name }) => name === to.provider);
  const who = provider === undefined ? null : await rowOf(provider.dsn, WHO);
  const identity = who === null || typeof who === 'string' ? null : who.identity;
  const found = await tryPeers(dsn, groundOf(facts, ground), {
    peers: [{ name: to.provider, dsn: address.dsn, peerDsn: address.dsn }],
    identities: new Map(typeof identity === 'string' ? [[to.provider, identity]] : []),
    changes,
  });
  return found[to.provider] ?? untried('it was not tried');
}

/** The one row of a question; a text: why there is no answer; null: no row. */
async function rowOf(dsn: string, text: string): Promise<Row | string | null> {
  let row: Row | string | null = null;
  const read = await withNode(dsn, async (connection) => {
    const answer = await question(connection, text);
    row = answer.ok ? (answer.value[0] ?? null) : answer.error.message;
    return { ok: false, error: '' };
  });
  return !read.ok && read.error !== '' ? read.error : row;
}

const groundOf = (facts: ObservedFacts, row: Row): ReachGround => ({
  superuser: facts.role?.superuser === true,
  pooled: facts.pooled === true,
  inRecovery: facts.recovery === true,
  serverVersionNum: Number(row.version),
  structure: {
    eventTriggers: row.triggers as { name: string; always: boolean }[],
    extensions: typeof row.dblink === 'string' ? { dblink: { schema: row.dblink, version: '' } } : {},
  },
});
