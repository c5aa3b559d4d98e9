/** The registry's endpoints and the snapshot. */
import {
  faulty,
  lastNode,
  nameTaken,
  noCluster,
  noNode,
  noSandbox,
  sandboxRefusals,
  unknownNodes,
} from '#core/contract/faults.ts';
import { withKnownSecrets } from '#core/dsn/known-secrets.ts';
import type { Refused } from '#core/engines/engine.ts';
import type { EngineName } from '#core/model/engine-name.ts';
import { roomText } from '#core/model/wal-room.ts';
import { summaryOf } from '#core/snapshot/summary.ts';
import { type Admission, admit, type Candidate } from '#server/observe/admission.ts';
import { fileIssue } from '#server/observe/discovery.ts';
import { trace } from '#server/observe/trace.ts';
import type { Watcher } from '#server/observe/watcher.ts';
import { dsnAddress } from '#server/postgres/targets.ts';
import type { Services } from '#server/services.ts';
import { type ClusterRecord, DEFAULT_THRESHOLDS, type NodeRecord } from '#server/store/registry.ts';
import { clusterView, interfacesNow } from './cluster-view.ts';
import { errors, nodeError } from './errors.ts';
import { os } from './implement.ts';

/** The record and its watcher; throws NOT_FOUND. */
export function findCluster(services: Services, name: string): { record: ClusterRecord; watcher: Watcher } {
  const record = services.registry.get(name);
  const watcher = services.watchers.get(name);
  if (record === undefined || watcher === undefined) {
    throw errors.NOT_FOUND(noCluster(name));
  }
  return { record, watcher };
}

const list = os.clusters.list.handler(({ context: { services } }) => ({
  items: services.registry.list().flatMap((record) => {
    const watcher = services.watchers.get(record.name);
    return watcher === undefined ? [] : [summaryOf(record, watcher.stream.current)];
  }),
}));

const get = os.clusters.get.handler(({ input, context: { services } }) => {
  const { record, watcher } = findCluster(services, input.cluster);
  return clusterView(services, record, watcher);
});

const create = os.clusters.create.handler(async ({ input, context: { services } }) => {
  refuseTakenName(services, input.name);
  const candidates = input.nodes.map(({ dsn, peerDsn }, index) => ({
    dsn,
    peerDsn: peerDsn || null,
    path: ['nodes', index],
  }));
  const { nodes, interfaces } = await admitted(
    services,
    input.engine,
    candidates,
    input.unreachable === 'keep',
  );
  // While the nodes were looked at, somebody else may have taken the name.
  refuseTakenName(services, input.name);
  const record: ClusterRecord = {
    name: input.name,
    engine: input.engine,
    createdAt: new Date().toISOString(),
    thresholds: DEFAULT_THRESHOLDS,
    topology: { kind: 'full-mesh' },
    sandbox: false,
    nodes,
  };
  services.registry.add(record);
  logActivity(
    services,
    record.name,
    `${record.name} is watched: ${nodes.map((node) => node.name).join(', ')}`,
  );
  const { watcher } = findCluster(services, record.name);
  return clusterView(services, record, watcher, interfaces);
});

const update = os.clusters.update.handler(({ input, context: { services } }) => {
  const { record, watcher } = findCluster(services, input.cluster);
  const name = input.name ?? record.name;
  if (name !== record.name) refuseTakenName(services, name);
  const said = Object.entries(input.walRoom ?? {});
  if (said.length > 0) refuseRoom(record, said);
  const next: ClusterRecord = {
    ...record,
    name,
    thresholds: { ...record.thresholds, ...defined(input.thresholds ?? {}) },
    topology: input.topology ?? record.topology,
    nodes: record.nodes.map((node) => withRoom(node, input.walRoom?.[node.name], watcher)),
  };
  services.registry.replace(record.name, next);
  for (const [node, bytes] of said) logActivity(services, name, roomText(node, bytes));
  if (name !== record.name) logActivity(services, name, `${record.name} is now called ${name}`);
  return clusterView(services, next, findCluster(services, name).watcher);
});

const forget = os.clusters.forget.handler(({ input, context: { services } }) => {
  const { record } = findCluster(services, input.cluster);
  if (record.sandbox) {
    throw errors.CONFLICT({ message: sandboxRefusals.forget(record.name), data: {} });
  }
  services.registry.remove(record.name);
  logActivity(services, record.name, `${record.name} is no longer watched; nothing was changed on its nodes`);
  return { forgotten: record.name };
});

const putNode = os.clusters.putNode.handler(async ({ input, context: { services } }) => {
  const { record, watcher } = findCluster(services, input.cluster);
  refuseSandbox(record);
  const before = record.nodes.find((node) => node.name === input.node);
  const interfaces = interfacesNow(watcher);
  const own = record.nodes.map((node) => node.dsn);
  const known = [...own, ...interfaces.flatMap(({ rawDsn }) => rawDsn ?? [])];
  const candidate: Candidate = {
    dsn: withKnownSecrets(input.dsn, known),
    // Not given: as it was; empty or null: the same as `dsn`.
    peerDsn: input.peerDsn === undefined ? (before?.peerDsn ?? null) : input.peerDsn || null,
    path: [],
    expectedName: input.node,
  };
  const fault = own.includes(candidate.dsn)
    ? null
    : fileIssue(candidate.dsn, interfaces, ['dsn'], record.engine);
  if (fault !== null) throw errors.UNPROCESSABLE_CONTENT(faulty([fault]));
  const { nodes } = await admitted(services, record.engine, [candidate], input.unreachable === 'keep');
  // Another address may be another disk.
  const sameAddress = before !== undefined && dsnAddress(before.dsn) === dsnAddress(candidate.dsn);
  const node = nodes[0] && { ...nodes[0], walRoom: sameAddress ? before.walRoom : null };
  const now = findCluster(services, input.cluster).record;
  if (node === undefined) throw new Error('a node was admitted and is not there');
  const there = now.nodes.some((other) => other.name === input.node);
  const next = {
    ...now,
    nodes: there
      ? now.nodes.map((other) => (other.name === input.node ? node : other))
      : [...now.nodes, node],
  };
  services.registry.replace(now.name, next);
  logActivity(services, now.name, there ? `The DSN of ${node.name} was changed` : `${node.name} is watched`);
  return clusterView(services, next, findCluster(services, next.name).watcher);
});

const forgetNode = os.clusters.forgetNode.handler(({ input, context: { services } }) => {
  const { record } = findCluster(services, input.cluster);
  refuseSandbox(record);
  const nodes = record.nodes.filter((node) => node.name !== input.node);
  if (nodes.length === record.nodes.length) {
    throw errors.NOT_FOUND(noNode(record, input.node));
  }
  if (nodes.length === 0) {
    throw errors.CONFLICT({ ...lastNode(record.name, input.node), data: {} });
  }
  const next = { ...record, nodes };
  services.registry.replace(record.name, next);
  logActivity(services, record.name, `${input.node} is no longer watched; nothing was changed there`);
  return clusterView(services, next, findCluster(services, next.name).watcher);
});

const snapshot = os.clusters.snapshot.handler(
  ({ input, context: { services } }) => findCluster(services, input.cluster).watcher.snapshot,
);

const polls = os.clusters.polls.handler(({ input, context: { services } }) => {
  const nodes = findCluster(services, input.cluster).watcher.polls();
  return { nodes: Object.fromEntries(Object.entries(nodes).map(([name, list]) => [name, [...list]])) };
});

const traffic = os.clusters.traffic.handler(async ({ input, context: { services } }) => {
  const { record, watcher } = findCluster(services, input.cluster);
  if (!record.sandbox) throw errors.CONFLICT({ ...noSandbox(record.name), data: {} });
  const { on, transactionsPerSecond } = input;
  await services.sandboxes.setTraffic(record.name, { on, transactionsPerSecond });
  return clusterView(services, record, watcher);
});

const traceFrom = os.clusters.trace.handler(async ({ input, context: { services } }): Promise<Traced> => {
  const { record, watcher } = findCluster(services, input.cluster);
  const node = watcher.node(input.from);
  if (node === undefined) {
    throw errors.NOT_FOUND(noNode(record, input.from));
  }
  const { capabilities } = node.input();
  const refused = capabilities && node.engine.mark.refused(input.from, capabilities);
  if (refused) throw cannotTrace(refused);
  const others = record.nodes.map(({ name }) => name).filter((name) => name !== input.from);
  const links = watcher.snapshot.links.filter(({ provider }) => provider === input.from);
  const outcome = await trace(node.client, node.engine.mark.sql, input.from, others, links);
  if (outcome.ok) return outcome.value;
  // undefined_function
  if (outcome.error.sqlstate === '42883')
    throw cannotTrace(node.engine.mark.notThere(input.from, capabilities?.extensionVersion ?? null));
  throw nodeError(input.from, outcome.error);
});

interface Traced {
  from: string;
  lsn: string;
  sentAt: string;
  arrivals: { node: string; ms: number | null; error: string | null }[];
}

/** All of them but the stream, which stands with the others in http/events.ts. */
export const clusters = {
  list,
  get,
  create,
  update,
  forget,
  putNode,
  forgetNode,
  snapshot,
  polls,
  traffic,
  trace: traceFrom,
};

async function admitted(
  services: Services,
  engine: EngineName,
  candidates: Candidate[],
  keep: boolean,
): Promise<Admission> {
  const admission = await admit(candidates, services.engineOf(engine), keep);
  if (admission.issues.length > 0) throw errors.UNPROCESSABLE_CONTENT(faulty(admission.issues));
  return admission;
}

function refuseTakenName(services: Services, name: string): void {
  if (services.registry.get(name) === undefined) return;
  throw errors.CONFLICT(nameTaken(name));
}

function refuseSandbox(record: ClusterRecord): void {
  if (record.sandbox) {
    throw errors.CONFLICT({ message: sandboxRefusals.nodes(record.name), data: {} });
  }
}

/** Of a sandbox the machine itself is asked; and a size for a node that is not there is a slip of the pen. */
function refuseRoom(record: ClusterRecord, said: [string, number | null][]): void {
  if (record.sandbox) {
    throw errors.CONFLICT({ message: sandboxRefusals.room(record.name), data: {} });
  }
  const issues = unknownNodes(
    record,
    said.map(([name]) => name),
  );
  if (issues.length > 0) throw errors.UNPROCESSABLE_CONTENT(faulty(issues));
}

/** What is held at the moment of saying is kept with the size: what is held beyond it later has used it. */
function withRoom(node: NodeRecord, freeBytes: number | null | undefined, watcher: Watcher): NodeRecord {
  if (freeBytes === undefined) return node;
  if (freeBytes === null) return { ...node, walRoom: null };
  const heldBytes = watcher.mostHeldBytes(node.name);
  return { ...node, walRoom: { source: 'entered', freeBytes, at: new Date().toISOString(), heldBytes } };
}

const cannotTrace = (refused: Refused) =>
  errors.UNPROCESSABLE_CONTENT(faulty([{ path: ['from'], ...refused }]));

function logActivity(services: Services, cluster: string, text: string): void {
  services.activity.add({
    at: new Date().toISOString(),
    cluster,
    kind: 'cluster',
    severity: null,
    text,
    subject: null,
    run: null,
    finding: null,
  });
}

function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
