/** A cluster as a scenario sees it: the API, some hands, and what must hold of nodes and links. */
import type { ContractRouterClient } from '@orpc/contract';
import type { Contract } from '#core/contract/contract.ts';
import type { PlanRequest, Run } from '#core/model/plan.ts';
import type { LinkSnapshot, NodeSnapshot, Snapshot } from '#core/model/snapshot.ts';
import { eventually, fact } from './facts.ts';

export type Api = ContractRouterClient<Contract>;

/** The hands that a scenario has beside the API. */
export interface Driver {
  api: Api;
  /** A cluster of n1, n2 and n3, which the console runs itself or the mock shows. */
  cluster: string;
  /** Lets time pass, milliseconds: sleeps, or moves the world's clock. */
  wait: (ms: number) => Promise<void>;
  /** The server of a node accepts and says nothing any more, as after SIGSTOP. */
  hang: (node: string) => Promise<void>;
  /** Ends what `hang` began. */
  wake: (node: string) => Promise<void>;
  /** The server dies, as by SIGKILL; the console starts it again. */
  kill: (node: string) => Promise<void>;
}

export interface Scenario {
  name: string;
  /** The mock's named scenario in which the same facts hold from its first moment on. */
  named?: string;
  arrange: (driver: Driver) => Promise<void>;
  /** Throws where a fact does not hold. */
  expect: (driver: Driver) => Promise<void>;
  /** Makes the cluster as it was. */
  restore?: (driver: Driver) => Promise<void>;
}

/** Seconds within which a change must be said (a node that is gone, a link that is disabled). */
export const SAID_MS = 5000;
/** Within which a link replicates again. */
export const AGAIN_MS = 30_000;

export const snapshotOf = ({ api, cluster }: Driver): Promise<Snapshot> => api.clusters.snapshot({ cluster });

export function nodeOf(snapshot: Snapshot, name: string): NodeSnapshot {
  const found = snapshot.nodes.find((node) => node.name === name);
  if (!found) throw new Error(`the snapshot has no node ${name}`);
  return found;
}

export function linkOf(snapshot: Snapshot, provider: string, receiver: string): LinkSnapshot {
  const found = snapshot.links.find((link) => link.provider === provider && link.receiver === receiver);
  if (!found) throw new Error(`the snapshot has no link ${provider} → ${receiver}`);
  return found;
}

/** Three nodes up, six links replicating with a lag that is known, and nothing critical. */
export async function isHealthy(driver: Driver, withinMs = AGAIN_MS): Promise<void> {
  await eventually(driver, withinMs, async () => {
    const { nodes, links, findings } = await snapshotOf(driver);
    fact('all nodes are up', nodes.length === 3 && nodes.every((node) => node.state === 'up'), nodes);
    fact('all links replicate', links.length === 6 && links.every(isReplicating), links);
    // Within five minutes the scenarios end more workers than any failure does: to the console that is a loop.
    const critical = findings.filter(
      ({ severity, code }) => severity === 'critical' && code !== 'apply-loop',
    );
    fact('nothing is critical', critical.length === 0, critical);
  });
}

export const isReplicating = (link: LinkSnapshot): boolean =>
  link.state === 'replicating' && link.lagSeconds !== null && link.lagBytes !== null && !link.behind;

export const setTraffic = ({ api, cluster }: Driver, on: boolean) =>
  api.clusters.traffic({ cluster, on, ...(on ? { transactionsPerSecond: 50 } : {}) });

/** Plans and runs a change, to its end. */
export async function carryOut(driver: Driver, request: PlanRequest): Promise<Run> {
  const { api } = driver;
  const plan = await api.plans.create(request);
  fact('the plan has no problems', plan.problems.length === 0, plan.problems);
  const { id } = await api.plans.run({ id: plan.id });
  let run = await api.runs.get({ id });
  await eventually(driver, 60_000, async () => {
    run = await api.runs.get({ id });
    fact('the run ends', run.state !== 'running', run);
  });
  fact('the run succeeds', run.state === 'succeeded', run);
  return run;
}

export const onSubscription = (driver: Driver, subscription: string) => ({
  cluster: driver.cluster,
  receiver: subscription.slice(4, 6),
  subscription,
});

export const noNumbers = (link: LinkSnapshot): boolean =>
  [link.lagSeconds, link.lagBytes, link.walHeldBytes].every((value) => value === null);

/** Everything of a healthy cluster that is read from its nodes. */
export function hasItsFacts(snapshot: Snapshot): void {
  for (const node of snapshot.nodes) {
    fact('a node that is up has no error', node.error === null, node);
    fact('its round trip is measured', (node.roundTripMs ?? 0) > 0, node);
    fact('its clock is measured', node.clockOffsetSeconds !== null, node);
    fact('its versions are known', node.serverVersion !== null && node.engineVersion !== null, node);
    const { replicationSets } = snapshot;
    for (const name of ['default', 'default_insert_only', 'ddl_sql'])
      fact(
        `it has set ${name}`,
        replicationSets.some((set) => set.node === node.name && set.name === name),
        replicationSets,
      );
  }
  for (const sub of snapshot.subscriptions)
    fact('a subscription replicates', sub.status === 'replicating' && sub.enabled, sub);
}

/** n3 is silent: what it provides is unknown, what it receives waits in slots that are read elsewhere. */
export async function n3IsDown(driver: Driver): Promise<void> {
  await eventually(driver, SAID_MS, async () => {
    const snapshot = await snapshotOf(driver);
    const n3 = nodeOf(snapshot, 'n3');
    fact('n3 is down, and its error is told', n3.state === 'down' && n3.error !== null, n3);
    fact('its last facts stay, with their time', n3.walLsn !== null && n3.observedAt !== null, n3);
    fact('it has no round trip', n3.roundTripMs === null, n3);
    for (const receiver of ['n1', 'n2']) {
      const link = linkOf(snapshot, 'n3', receiver);
      fact('links from n3 are unknown, without numbers', link.state === 'unknown' && noNumbers(link), link);
    }
    for (const [provider, receiver] of [
      ['n1', 'n2'],
      ['n2', 'n1'],
    ] as const) {
      const link = linkOf(snapshot, provider, receiver);
      fact('the other two go on', link.state === 'replicating', link);
    }
    const codes = snapshot.findings.filter((finding) => finding.severity === 'critical');
    fact('it is critical', snapshot.health === 'critical', snapshot.health);
    fact(
      'node-unreachable names n3',
      codes.some((finding) => finding.code === 'node-unreachable' && finding.subject.node === 'n3'),
      snapshot.findings,
    );
    const text = snapshot.sentence.map((part) => part.text).join('');
    fact('the sentence names n3', text.includes('n3'), text);
  });
}

/** The lag of the links to n3 is known and grows while writes go on. */
export async function lagToN3Grows(driver: Driver): Promise<void> {
  const before = await snapshotOf(driver);
  await driver.wait(3000);
  const after = await snapshotOf(driver);
  for (const provider of ['n1', 'n2']) {
    const was = linkOf(before, provider, 'n3');
    const is = linkOf(after, provider, 'n3');
    fact('the lag is known', was.lagSeconds !== null && is.lagSeconds !== null, is);
    fact('and grows', (is.lagSeconds ?? 0) > (was.lagSeconds ?? 0) + 1, [was, is]);
    fact('with the WAL held', (is.walHeldBytes ?? 0) > (was.walHeldBytes ?? 0), [was, is]);
  }
}

/** The table whose set a scenario changes: one of pgbench's. */
export const tellers = ({ cluster }: Driver) => ({
  cluster,
  set: 'default',
  schema: 'public',
  table: 'pgbench_tellers',
});
