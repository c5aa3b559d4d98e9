/** The registry's endpoints, the snapshot and its stream. */
import { withEventMeta } from '@orpc/server';
import { formatBytes } from '#core/model/format.ts';
import { type Admission, admit, type Candidate } from '#server/observe/admission.ts';
import { summaryOf } from '#server/observe/summary.ts';
import { trace } from '#server/observe/trace.ts';
import type { Watcher } from '#server/observe/watcher.ts';
import { withKnownSecrets } from '#server/postgres/known-secrets.ts';
import { dsnAddress } from '#server/postgres/targets.ts';
import type { Services } from '#server/services.ts';
import { type ClusterRecord, DEFAULT_THRESHOLDS, type NodeRecord } from '#server/store/registry.ts';
import { clusterView } from './cluster-view.ts';
import { conflict, nodeError, notFound, unprocessable } from './errors.ts';
import { os } from './implement.ts';

/** The record and its watcher; throws NOT_FOUND. */
export function findCluster(services: Services, name: string): { record: ClusterRecord; watcher: Watcher } {
  const record = services.registry.get(name);
  const watcher = services.watchers.get(name);
  if (record === undefined || watcher === undefined) {
    throw notFound(`No cluster is named ${name}`, 'GET /api/v1/clusters lists the names.');
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
  const { nodes, interfaces } = await admitted(services, candidates, input.unreachable === 'keep');
  // While the nodes were looked at, somebody else may have taken the name.
  refuseTakenName(services, input.name);
  const record: ClusterRecord = {
    name: input.name,
    engine: 'spock',
    createdAt: new Date().toISOString(),
    thresholds: DEFAULT_THRESHOLDS,
    topology: { kind: 'full-mesh' },
    sandbox: false,
    nodes,
  };
  services.registry.add(record);
  tell(services, record.name, `${record.name} is watched: ${nodes.map((node) => node.name).join(', ')}`);
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
  for (const [node, bytes] of said) tell(services, name, roomText(node, bytes));
  if (name !== record.name) tell(services, name, `${record.name} is now called ${name}`);
  return clusterView(services, next, findCluster(services, name).watcher);
});

const forget = os.clusters.forget.handler(({ input, context: { services } }) => {
  const { record } = findCluster(services, input.cluster);
  if (record.sandbox) {
    throw conflict(
      `${record.name} is a sandbox of this console. POST /api/v1/plans {"kind":"remove","target":"sandbox","name":"${record.name}"} plans its removal, which stops its servers.`,
    );
  }
  services.registry.remove(record.name);
  tell(services, record.name, `${record.name} is no longer watched; nothing was changed on its nodes`);
  return { forgotten: record.name };
});

const putNode = os.clusters.putNode.handler(async ({ input, context: { services } }) => {
  const { record, watcher } = findCluster(services, input.cluster);
  refuseSandbox(record);
  const before = record.nodes.find((node) => node.name === input.node);
  const known = [
    ...record.nodes.map((node) => node.dsn),
    ...watcher
      .inputs()
      .flatMap(({ slow }) => slow?.value.interfaces?.flatMap(({ rawDsn }) => rawDsn ?? []) ?? []),
  ];
  const candidate: Candidate = {
    dsn: withKnownSecrets(input.dsn, known),
    // Not given: as it was; empty or null: the same as `dsn`.
    peerDsn: input.peerDsn === undefined ? (before?.peerDsn ?? null) : input.peerDsn || null,
    path: [],
    expectedName: input.node,
  };
  const { nodes } = await admitted(services, [candidate], input.unreachable === 'keep');
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
  tell(services, now.name, there ? `${node.name} is reached by another DSN` : `${node.name} is watched`);
  return clusterView(services, next, findCluster(services, next.name).watcher);
});

const forgetNode = os.clusters.forgetNode.handler(({ input, context: { services } }) => {
  const { record } = findCluster(services, input.cluster);
  refuseSandbox(record);
  const nodes = record.nodes.filter((node) => node.name !== input.node);
  if (nodes.length === record.nodes.length) {
    throw notFound(
      `${record.name} has no node named ${input.node}`,
      `GET /api/v1/clusters/${record.name} lists them.`,
    );
  }
  if (nodes.length === 0) {
    throw conflict(`${input.node} is the last node of ${record.name}. Forget the cluster instead.`);
  }
  const next = { ...record, nodes };
  services.registry.replace(record.name, next);
  tell(services, record.name, `${input.node} is no longer watched; nothing was changed there`);
  return clusterView(services, next, findCluster(services, next.name).watcher);
});

const snapshot = os.clusters.snapshot.handler(
  ({ input, context: { services } }) => findCluster(services, input.cluster).watcher.snapshot,
);

/** The same events as http/events.ts sends; for callers inside the process, and for the contract. */
const events = os.clusters.events.handler(async function* ({
  input,
  context: { services },
  lastEventId,
  signal,
}) {
  const { watcher } = findCluster(services, input.cluster);
  for await (const { id, event } of watcher.stream.read(lastEventId, signal))
    yield withEventMeta(event, { id });
});

const polls = os.clusters.polls.handler(({ input, context: { services } }) => {
  const nodes = findCluster(services, input.cluster).watcher.polls();
  return { nodes: Object.fromEntries(Object.entries(nodes).map(([name, list]) => [name, [...list]])) };
});

const traffic = os.clusters.traffic.handler(async ({ input, context: { services } }) => {
  const { record, watcher } = findCluster(services, input.cluster);
  if (!record.sandbox)
    throw conflict(`${record.name} is no sandbox: the console writes nothing to its nodes.`);
  const { on, transactionsPerSecond } = input;
  await services.sandboxes.setTraffic(record.name, { on, transactionsPerSecond });
  return clusterView(services, record, watcher);
});

const traceFrom = os.clusters.trace.handler(async ({ input, context: { services } }): Promise<Traced> => {
  const { record, watcher } = findCluster(services, input.cluster);
  const node = watcher.node(input.from);
  if (node === undefined) {
    throw notFound(
      `${record.name} has no node named ${input.from}`,
      `GET /api/v1/clusters/${record.name} lists them.`,
    );
  }
  const { capabilities } = node.input();
  if (capabilities?.refusedFunctions.has('spock.sync_event')) {
    const message = `Role ${capabilities.user} may not run spock.sync_event on ${input.from}, which a trace sends.`;
    const remedy = `Trace from a node that is reached by another role, or GRANT EXECUTE ON FUNCTION spock.sync_event(boolean) TO that role: it writes one WAL message.`;
    throw unprocessable([{ path: ['from'], code: 'no-permission', message, remedy }]);
  }
  if (capabilities !== null && !capabilities.functions.has('spock.sync_event')) {
    throw cannotTrace(input.from, capabilities.extensionVersion);
  }
  const others = record.nodes.map(({ name }) => name).filter((name) => name !== input.from);
  const links = watcher.snapshot.links.filter(({ provider }) => provider === input.from);
  const outcome = await trace(node.client, input.from, others, links);
  if (outcome.ok) return outcome.value;
  // sync_event(boolean) came with 5.0.7.
  if (outcome.error.sqlstate === '42883')
    throw cannotTrace(input.from, capabilities?.extensionVersion ?? null);
  throw nodeError(input.from, outcome.error);
});

interface Traced {
  from: string;
  lsn: string;
  sentAt: string;
  arrivals: { node: string; ms: number | null; error: string | null }[];
}

export const clusters = {
  list,
  get,
  create,
  update,
  forget,
  putNode,
  forgetNode,
  snapshot,
  events,
  polls,
  traffic,
  trace: traceFrom,
};

async function admitted(services: Services, candidates: Candidate[], keep: boolean): Promise<Admission> {
  const admission = await admit(candidates, services.engine, keep);
  if (admission.issues.length > 0) throw unprocessable(admission.issues);
  return admission;
}

function refuseTakenName(services: Services, name: string): void {
  if (services.registry.get(name) === undefined) return;
  const message = `A cluster named ${name} is watched already.`;
  throw conflict(message, [{ path: ['name'], code: 'name-taken', message, remedy: 'Take another name.' }]);
}

function refuseSandbox(record: ClusterRecord): void {
  if (record.sandbox) {
    throw conflict(
      `${record.name} is a sandbox: the console knows its nodes, and how to reach them, itself.`,
    );
  }
}

/** Of a sandbox the machine itself is asked; and a size for a node that is not there is a slip of the pen. */
function refuseRoom(record: ClusterRecord, said: [string, number | null][]): void {
  if (record.sandbox) {
    throw conflict(
      `${record.name} is a sandbox: the console asks this machine itself what is free on the disk under its servers.`,
    );
  }
  const issues = said
    .filter(([name]) => !record.nodes.some((node) => node.name === name))
    .map(([name]) => ({
      path: ['walRoom', name],
      code: 'unknown-node',
      message: `${record.name} has no node named ${name}.`,
      remedy: `Its nodes: ${record.nodes.map((node) => node.name).join(', ')}.`,
    }));
  if (issues.length > 0) throw unprocessable(issues);
}

/** What is held at the moment of saying is kept with the size: what is held beyond it later has used it. */
function withRoom(node: NodeRecord, freeBytes: number | null | undefined, watcher: Watcher): NodeRecord {
  if (freeBytes === undefined) return node;
  if (freeBytes === null) return { ...node, walRoom: null };
  const heldBytes = watcher.mostHeldBytes(node.name);
  return { ...node, walRoom: { source: 'entered', freeBytes, at: new Date().toISOString(), heldBytes } };
}

const roomText = (node: string, bytes: number | null): string =>
  bytes === null
    ? `What the disk of ${node} has free is not known any more`
    : `The disk of ${node} has ${formatBytes(bytes)} free for WAL, as was entered`;

function cannotTrace(node: string, version: string | null) {
  return unprocessable([
    {
      path: ['from'],
      code: 'not-supported',
      message: `Spock ${version ?? ''} on ${node} has no sync_event(boolean), which a trace sends.`.replace(
        '  ',
        ' ',
      ),
      remedy: 'It came with Spock 5.0.7.',
    },
  ]);
}

function tell(services: Services, cluster: string, text: string): void {
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
