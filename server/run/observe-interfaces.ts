/** Whether receivers reach their providers by the interface that a plan would switch to, tried from the receivers' own servers. */

import { readDsn } from '#core/dsn/read.ts';
import type { Changes } from '#core/engines/changes.ts';
import type { Row } from '#core/engines/engine.ts';
import { changesOf } from '#core/engines/registry.ts';
import type { ObservedFacts, ObservedNode } from '#core/model/observed.ts';
import type { Reach } from '#core/model/observed-server.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import type { NodeInterface } from '#core/model/requests/nodes.ts';
import { subscriptionsOf } from '#core/model/subscription-names.ts';
import { interfaceHole } from '#core/plan/node-interface.ts';
import type { ClusterRecord, NodeRecord } from '#server/store/registry.ts';
import type { NodeDsns } from '#server/store/runs.ts';
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
  if (request.kind === 'node-interface') return tryNewInterface(nodes, observed, request, changes);
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

/** By an interface that is to be added, from each node that is to have it; puts `reach` into its facts, by the provider's name. */
async function tryNewInterface(
  nodes: readonly NodeRecord[],
  observed: readonly ObservedNode[],
  { node: provider, dsn: address, on }: NodeInterface,
  changes: Changes,
): Promise<void> {
  if (address === null || readDsn(address).fault !== null) return;
  await Promise.all(
    nodes.map(async ({ name, dsn }) => {
      const read = observed.find((each) => each.name === name)?.read;
      if (read?.ok !== true || name === provider || on?.includes(name) === false) return;
      read.facts.reach = { [provider]: await tryAddress(dsn, read.facts, provider, address, nodes, changes) };
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
  const address = await rowOf(dsn, changes.cluster.interfaceDsn(to.provider, to.interface));
  if (typeof address === 'string') return untried(address);
  if (address === null) return null;
  if (typeof address.dsn !== 'string') return untried('its DSN is not readable');
  return tryAddress(dsn, facts, to.provider, address.dsn, nodes, changes);
}

const untried = (reason: string): Reach => ({ state: 'untried', reason });

async function tryAddress(
  dsn: string,
  facts: ObservedFacts,
  to: string,
  address: string,
  nodes: readonly NodeRecord[],
  changes: Changes,
): Promise<Reach> {
  const ground = await rowOf(dsn, GROUND);
  if (ground === null || typeof ground === 'string') return untried(ground ?? 'nothing was answered');
  const provider = nodes.find(({ name }) => name === to);
  const who = provider === undefined ? null : await rowOf(provider.dsn, WHO);
  const identity = who === null || typeof who === 'string' ? null : who.identity;
  const found = await tryPeers(dsn, groundOf(facts, ground), {
    peers: [{ name: to, dsn: address, peerDsn: address }],
    identities: new Map(typeof identity === 'string' ? [[to, identity]] : []),
    changes,
  });
  return found[to] ?? untried('it was not tried');
}

/** The DSNs of an interface that is to be dropped, as each node has it, for a rollback: sealed with the plan, and shown masked. */
export async function standingInterfaces(
  request: PlanRequest,
  { nodes, engine }: ClusterRecord,
  given: Readonly<Record<string, string>>,
): Promise<Record<string, NodeDsns>> {
  if (request.kind !== 'node-interface' || request.dsn !== null) return {};
  const { cluster } = changesOf(engine);
  const found = await Promise.all(
    nodes.map(async ({ name, dsn }) => {
      const row = await rowOf(given[name] ?? dsn, cluster.interfaceDsn(request.node, request.interface));
      if (row === null || typeof row === 'string' || typeof row.dsn !== 'string') return [];
      return [[interfaceHole(request, name), { dsn: row.dsn, peerDsn: row.dsn }] as const];
    }),
  );
  return Object.fromEntries(found.flat());
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
