/** What the poll of every second reads from a simulated server: the facts that core decodes from a real one. */

import { copyStateOf, disablesSubscription, readOnlyOf } from '#core/engines/spock/meanings.ts';
import { wordsOf } from '#core/engines/words.ts';
import type { ExceptionMark, FastFacts, SlotFacts, SubscriptionFacts, SyncFacts } from '#core/model/facts.ts';
import type { SimCluster, SimNode, SimSubscription } from './model.ts';
import { connected, nodesOf, subscriptionsOf } from './physics.ts';
import { chance, drift, seedOf } from './random.ts';
import { lsnText } from './wal.ts';

/** The round trip of one poll, ms: the way there, some jitter, now and then a slow one. */
export function roundTrip(cluster: SimCluster, node: SimNode, at: number): number {
  const seed = cluster.seed ^ seedOf(node.name);
  const tick = Math.floor(at / 1000);
  const jitter = 1 + 0.06 * (chance(seed, tick) - 0.5) + 0.04 * drift(seed, tick, 20);
  const slow = chance(seed ^ 0x51, tick) > 0.985 ? 1.6 : 1;
  return Math.round(node.roundTripMs * jitter * slow * 100) / 100;
}

export const nodeId = (cluster: string, node: string): string =>
  String(seedOf(`${cluster}/${node}`) % 65_536);

export const interfaceId = (cluster: string, node: string): string => String(seedOf(`if ${cluster}/${node}`));

/** The DSN in the catalogs, with the password that no answer of the API may ever hold. */
export const rawDsn = (node: SimNode, host = node.peerHost ?? node.host): string =>
  `host=${host} port=${node.port} dbname=${node.database} user=spock_repl password=${MOCK_PASSWORD}`;

/** The DSN by which the console itself reaches the node. */
export const consoleDsn = (node: SimNode): string =>
  `host=${node.host} port=${node.port} dbname=${node.database} user=tricorder password=${MOCK_PASSWORD}`;

export const MOCK_PASSWORD = 'kestrel-7412';

export function readFast(cluster: SimCluster, node: SimNode, at: number): FastFacts {
  const nodes = nodesOf(cluster);
  const provided = subscriptionsOf(cluster, 'provider', node.name);
  const received = subscriptionsOf(cluster, 'receiver', node.name);
  const trip = roundTrip(cluster, node, at);
  const noise = (trip / 4000) * (chance(cluster.seed ^ seedOf(node.name) ^ 0x77, at / 1000) - 0.5);
  const active = new Set(provided.filter((sub) => connected(sub, nodes) && !isRestarting(sub, at)));
  return {
    clock: at - trip / 2 + (node.clockOffsetSeconds + noise) * 1000,
    standby: node.standby,
    walLsn: node.standby ? null : lsnText(node.wal),
    timeline: node.timeline,
    systemIdentifier: node.systemIdentifier,
    startedAt: node.startedAt,
    readOnly: readOnlyOf(node.readOnly),
    localNodeId: nodeId(cluster.name, node.name),
    localNode: node.name,
    peers: cluster.nodes.map((peer) => ({
      id: nodeId(cluster.name, peer.name),
      name: peer.name,
      location: peer.location,
      country: peer.country,
    })),
    // A standby has none of its primary's.
    slots: [
      ...(node.standby ? [] : provided).flatMap((sub) =>
        sub.confirmed === null ? [] : [slotOf(cluster, node, sub, active.has(sub), at)],
      ),
      ...node.otherSlots.map(
        (slot): SlotFacts => ({
          ...SLOT,
          name: slot.name,
          plugin: slot.plugin,
          database: slot.database,
          active: slot.active,
          activePid: slot.active ? 900 : null,
          restartLsn: lsnText(slot.restart),
          confirmedFlushLsn: lsnText(slot.restart),
          walStatus: 'reserved',
        }),
      ),
    ],
    walsenders: [...active].map((sub) => ({
      pid: senderPid(sub, at),
      applicationName: sub.name,
      clientAddress: nodes.get(sub.receiver)?.host ?? null,
      state: 'streaming',
      sentLsn: lsnText(node.wal),
      replayLagSeconds: null,
      waitEvent:
        sub.confirmed !== null && sub.confirmed >= node.wal ? 'WalSenderWaitForWal' : 'WalSenderMain',
    })),
    subscriptions: node.unseen.includes(wordsOf('spock').subscriptions)
      ? null
      : received.map((sub) => subscriptionFacts(cluster, sub, at)),
    exceptions: newestExceptions(cluster, node),
    lastConflictId: cluster.conflicts
      .filter((row) => row.node === node.name)
      .reduce((most, row) => Math.max(most, Number(row.id)), 0),
  };
}

const SLOT: SlotFacts = {
  name: '',
  plugin: 'spock_output',
  type: 'logical',
  database: null,
  temporary: false,
  active: false,
  activePid: null,
  restartLsn: null,
  confirmedFlushLsn: null,
  walStatus: 'reserved',
  safeWalSizeBytes: null,
  decodedBytes: null,
  twoPhase: false,
  conflicting: false,
  inactiveSince: null,
  invalidationReason: null,
  failover: false,
  synced: false,
};

function slotOf(
  cluster: SimCluster,
  node: SimNode,
  sub: SimSubscription,
  active: boolean,
  at: number,
): SlotFacts {
  const held = sub.restart === null ? null : node.wal - sub.restart;
  return {
    ...SLOT,
    name: sub.slot,
    database: node.database,
    active,
    activePid: active ? senderPid(sub, at) : null,
    restartLsn: sub.restart === null ? null : lsnText(sub.restart),
    confirmedFlushLsn: sub.confirmed === null ? null : lsnText(sub.confirmed),
    walStatus: sub.walStatus,
    safeWalSizeBytes: cluster.slotKeepBytes === null || held === null ? null : cluster.slotKeepBytes - held,
    invalidationReason: sub.walStatus === 'lost' ? 'wal_removed' : null,
  };
}

/** An apply worker that fails is restarted every five seconds; for two of them nobody is at the slot. */
const isRestarting = (sub: SimSubscription, at: number): boolean => sub.broken && (at / 1000) % 5 >= 3;
const life = (sub: SimSubscription, at: number): number => (sub.broken ? Math.floor(at / 5000) % 9000 : 0);
const senderPid = (sub: SimSubscription, at: number): number => sub.workerPid + 4000 + life(sub, at);

function subscriptionFacts(cluster: SimCluster, sub: SimSubscription, at: number): SubscriptionFacts {
  const restarting = isRestarting(sub, at);
  return {
    engine: 'spock',
    id: String(seedOf(sub.slot)),
    name: sub.name,
    originId: nodeId(cluster.name, sub.provider),
    targetId: nodeId(cluster.name, sub.receiver),
    originInterfaceId: interfaceId(cluster.name, sub.provider),
    enabled: sub.enabled,
    slot: sub.slot,
    replicationSets: sub.replicationSets,
    forwardOrigins: sub.forwardOrigins,
    applyDelaySeconds: sub.applyDelaySeconds,
    forceTextTransfer: false,
    skipLsn: sub.skipLsn ?? null,
    skipSchema: sub.skipSchema ?? [],
    createdAt: sub.createdAt,
    reportedStatus: reported(sub, restarting),
    providerName: sub.provider,
    workerPid: sub.enabled && !restarting ? sub.workerPid + life(sub, at) : null,
    workerStatus: sub.enabled ? (restarting ? 'stopped' : 'running') : null,
    sync: syncFacts(sub),
  };
}

/** The receiver's own word, which stays `replicating` while its provider is gone. */
function reported(sub: SimSubscription, restarting: boolean): string {
  if (!sub.enabled) return 'disabled';
  if (restarting || sub.walStatus === 'lost') return 'down';
  return sub.copy === null ? 'replicating' : 'initializing';
}

function syncFacts(sub: SimSubscription): SyncFacts[] {
  const { copy } = sub;
  if (copy === null) return (sub.failedCopies ?? []).map(({ schema, name }) => syncFact(schema, name, 'f'));
  const done = Math.floor(copy.done);
  return [
    syncFact(null, null, 'd'),
    ...copy.tables
      .slice(done)
      .map(({ schema, name }, index) => syncFact(schema, name, index === 0 ? 'd' : 'i')),
  ];
}

const syncFact = (schema: string | null, table: string | null, status: string): SyncFacts => ({
  schema,
  table,
  state: copyStateOf(status),
  status,
  lsn: null,
});

/** The node's rows of spock.exception_log, newest first. */
export function exceptionMarks(cluster: SimCluster, node: SimNode): ExceptionMark[] {
  return cluster.exceptions
    .filter((row) => row.node === node.name)
    .map((row) => ({
      originId: nodeId(cluster.name, row.origin ?? ''),
      commitAt: row.commitAt === null ? null : Date.parse(row.commitAt),
      commandCounter: row.commandCounter,
      loggedAt: Date.parse(row.at),
      xid: row.xid,
      schema: row.schema,
      table: row.table,
      operation: row.operation,
      disables: disablesSubscription(row.operation),
      message: row.message,
      resolved: row.status === 'resolved',
    }));
}

/** The newest of each origin. */
function newestExceptions(cluster: SimCluster, node: SimNode): ExceptionMark[] {
  const byOrigin = new Map<string, ExceptionMark>();
  for (const mark of exceptionMarks(cluster, node))
    if (!byOrigin.has(mark.originId)) byOrigin.set(mark.originId, mark);
  return [...byOrigin.values()];
}
