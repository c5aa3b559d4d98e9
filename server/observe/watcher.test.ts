/** A watched cluster of three real servers: one that hangs, one that dies, and many browsers. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ActivityItem } from '#core/contract/history.ts';
import { engineOf } from '#core/engines/registry.ts';
import type { LinkSnapshot, Snapshot } from '#core/model/snapshot.ts';
import { STORAGE_OK } from '#core/model/storage.ts';
import { silentLog } from '#server/log.ts';
import type { ClusterRecord, NodeRecord } from '#server/store/registry.ts';
import type { WatchState } from '#server/store/watch-state.ts';
import { type Mesh, type MeshNode, startMesh, startWire, type Wire } from '#server/testing/mesh.ts';
import { until } from '#server/testing/servers.ts';
import { Watcher, type WatcherDeps } from './watcher.ts';

let mesh: Mesh;
let n1: MeshNode;
let n2: MeshNode;
let n3: MeshNode;
let wires: Wire[];
let watcher: Watcher;
let activity: Omit<ActivityItem, 'id'>[];
let history: { at: number; links: readonly LinkSnapshot[] }[];
let states: Map<string, WatchState>;
let named: { node: string; name: string }[];

beforeAll(async () => {
  mesh = await startMesh();
  [n1, n2, n3] = mesh.nodes as [MeshNode, MeshNode, MeshNode];
  wires = await Promise.all(mesh.nodes.map(({ port }) => startWire(port)));
});
afterAll(async () => {
  await Promise.all(wires?.map((wire) => wire.close()) ?? []);
  await mesh?.stop();
});

function recordOf(nodes: NodeRecord[]): ClusterRecord {
  return {
    name: 'demo',
    engine: 'spock',
    createdAt: new Date().toISOString(),
    thresholds: { lagSeconds: 10, walHeldBytes: 1 << 30 },
    topology: { kind: 'full-mesh' },
    sandbox: false,
    nodes,
  };
}

const throughWires = () =>
  mesh.nodes.map(({ name, dsn, port }, index) => ({
    name,
    dsn: dsn.replace(`port=${port}`, `port=${wires[index]?.port}`),
    peerDsn: dsn,
    walRoom: null,
  }));

function deps(): WatcherDeps {
  return {
    engineOf,
    log: silentLog,
    history: { append: (_cluster, at, links) => history.push({ at, links: links as LinkSnapshot[] }) },
    activity: {
      add(item) {
        activity.push(item);
        return { id: String(activity.length), ...item };
      },
    },
    states: { get: (name) => states.get(name) ?? null, put: (name, state) => states.set(name, state) },
    runUnderWay: () => false,
    machineRoom: () => null,
    storage: () => STORAGE_OK,
    onNamed: (_cluster, node, name) => named.push({ node: node.name, name }),
  };
}

beforeEach(() => {
  activity = [];
  history = [];
  states = new Map();
  named = [];
});
afterEach(() => watcher?.stop());

function watch(nodes: NodeRecord[]): Watcher {
  watcher = new Watcher(recordOf(nodes), deps());
  watcher.start();
  return watcher;
}

const toBecome = (what: string, is: (snapshot: Snapshot) => boolean, seconds = 20) =>
  until(what, async () => is(watcher.snapshot) && watcher.snapshot, seconds);
const stateOf = (snapshot: Snapshot, name: string) =>
  snapshot.nodes.find((node) => node.name === name)?.state;
const allReplicate = (snapshot: Snapshot) =>
  snapshot.links.length === 6 && snapshot.links.every(({ state }) => state === 'replicating');

it('sees three nodes and six links, and keeps their lag once a second', async () => {
  watch(throughWires());
  expect(watcher.snapshot.nodes.map(({ state }) => state)).toEqual(['unknown', 'unknown', 'unknown']);
  const snapshot = await toBecome('six links replicate', allReplicate);
  expect(snapshot.nodes.map(({ name, state, error }) => [name, state, error])).toEqual([
    ['n1', 'up', null],
    ['n2', 'up', null],
    ['n3', 'up', null],
  ]);
  await until('three readings are kept', async () => history.length >= 3);
  expect(history[2]?.links).toHaveLength(6);
  const seconds = history.map(({ at }) => Math.floor(at / 1000));
  expect(new Set(seconds).size).toBe(seconds.length);
  await toBecome('slow facts', ({ replicationSets }) => replicationSets.some(({ tables }) => tables === 1));
  expect(watcher.tables().rows.map(({ table }) => table)).toContain('acct');
  expect(watcher.polls().n1?.at(-1)?.roundTripMs).toBeGreaterThan(0);
});

it('asks each node one batch a second, with one browser as with a hundred', async () => {
  watch(throughWires());
  await toBecome('six links replicate', allReplicate);
  await watcher.refresh();
  const aborts: AbortController[] = [];
  const asked = async (browsers: number): Promise<number[]> => {
    const readers = Array.from({ length: browsers }, async () => {
      const abort = new AbortController();
      aborts.push(abort);
      for await (const _ of watcher.stream.read(undefined, abort.signal)) void _;
    });
    const before = wires.map(({ queries }) => queries.length);
    const from = watcher.polls().n1?.at(-1)?.at;
    await until('five more polls', async () => {
      const polls = watcher.polls().n1 ?? [];
      return polls.findIndex(({ at }) => at === from) + 5 < polls.length;
    });
    const counts = wires.map(
      ({ queries }, index) =>
        queries.slice(before[index]).filter((text) => text.includes('pg_stat_replication')).length,
    );
    void readers;
    return counts;
  };
  const one = await asked(1);
  const hundred = await asked(100);
  for (const abort of aborts) abort.abort();
  for (const count of [...one, ...hundred]) {
    expect(count).toBeGreaterThanOrEqual(4);
    expect(count).toBeLessThanOrEqual(6);
  }
  expect(Math.max(...wires.map((wire) => wire.open()))).toBeLessThanOrEqual(2);
  const poll = wires[0]?.queries.findLast((text) => text.includes('pg_stat_replication')) ?? '';
  expect(poll).toMatch(/^BEGIN READ ONLY;\nSET LOCAL statement_timeout = \d+;/);
  expect(poll).toMatch(/COMMIT$/);
  expect(wires.flatMap(({ queries }) => queries).filter((text) => /^SET (?!LOCAL)/m.test(text))).toEqual([]);
});

it('says within 5 s that a node hangs, with its last facts aged, and delays no other', async () => {
  watch(throughWires());
  const before = await toBecome('six links replicate', allReplicate);
  const stoppedAt = Date.now();
  await n3.signal('SIGSTOP');
  let oldest = 0;
  const down = await toBecome('n3 is down', (snapshot) => {
    for (const { name, observedAt } of snapshot.nodes) {
      if (name !== 'n3') oldest = Math.max(oldest, Date.now() - Date.parse(observedAt ?? ''));
    }
    return stateOf(snapshot, 'n3') === 'down';
  });
  expect(Date.now() - stoppedAt).toBeLessThan(5000);
  expect(oldest).toBeLessThan(2500);
  const node = down.nodes.find(({ name }) => name === 'n3');
  expect(node).toMatchObject({
    error: { code: 'timeout', tries: 1 },
    serverVersion: before.nodes[2]?.serverVersion,
  });
  expect(Date.parse(node?.observedAt ?? '')).toBeLessThan(stoppedAt + 1000);
  for (const link of down.links.filter(({ provider }) => provider === 'n3')) {
    expect(link).toMatchObject({ state: 'unknown', lagSeconds: null, lagBytes: null, walHeldBytes: null });
  }
  // Still so, and still quick, while connecting is what hangs.
  await toBecome('a second try', (snapshot) => (snapshot.nodes[2]?.error?.tries ?? 0) >= 2);
  expect(Date.now() - Date.parse(watcher.snapshot.nodes[0]?.observedAt ?? '')).toBeLessThan(2500);
  await n3.signal('SIGCONT');
  await toBecome('n3 is back', (snapshot) => stateOf(snapshot, 'n3') === 'up' && allReplicate(snapshot), 40);
  const texts = activity.map(({ text }) => text);
  expect(texts).toContainEqual(
    expect.stringMatching(/^n3 does not answer: .*did not answer a query within 2.5 s/),
  );
  expect(texts).toContainEqual(expect.stringMatching(/^n3 answers again after \d+ s$/));
});

it('says that a node died, and sees it come back', async () => {
  watch(throughWires());
  await toBecome('six links replicate', allReplicate);
  const crashedAt = Date.now();
  await n2.crash();
  const down = await toBecome('n2 is down', (snapshot) => stateOf(snapshot, 'n2') === 'down');
  expect(Date.now() - crashedAt).toBeLessThan(5000);
  expect(stateOf(down, 'n1')).toBe('up');
  await n2.start();
  const startedAt = Date.now();
  await toBecome('n2 is back', (snapshot) => stateOf(snapshot, 'n2') === 'up');
  expect(Date.now() - startedAt).toBeLessThan(5000);
  await toBecome('six links replicate', allReplicate, 40);
});

it('reads anew what a node can say when that changes under it', async () => {
  await n1.run('CREATE ROLE plain LOGIN');
  watch(
    throughWires()
      .map((node) => ({ ...node, dsn: node.dsn.replace('user=admin', 'user=plain') }))
      .slice(0, 1),
  );
  await toBecome('it is up, and blind', (snapshot) => (snapshot.nodes[0]?.unseen.length ?? 0) > 0);
  await n1.run('GRANT USAGE ON SCHEMA spock TO plain', 'GRANT SELECT ON ALL TABLES IN SCHEMA spock TO plain');
  await watcher.refresh();
  watcher.update({ ...watcher.record });
  await n1.run(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'plain' AND application_name = 'tricorder'",
  );
  await toBecome('its subscriptions are seen', (snapshot) => snapshot.subscriptions.length === 2);
  // What it may read is taken away while it is watched: no poll fails for that, and the rest is still seen.
  const polls = watcher.polls().n1?.length ?? 0;
  await n1.run('REVOKE SELECT ON spock.exception_log FROM plain');
  const blind = await toBecome(
    'it says so',
    ({ nodes }) => nodes[0]?.unseen.includes('spock.exception_log') === true,
  );
  expect(blind.subscriptions).toHaveLength(2);
  expect(
    watcher
      .polls()
      .n1?.slice(polls)
      .every(({ roundTripMs }) => roundTripMs !== null),
  ).toBe(true);
  await n1.run('DROP OWNED BY plain', 'DROP ROLE plain');
});

it('takes the name of a node that was saved under its address', async () => {
  const node = throughWires()[0] as NodeRecord;
  watch([{ ...node, name: `127.0.0.1:${wires[0]?.port}/demo` }]);
  await until('it said its name', async () => named.length > 0);
  expect(named[0]).toEqual({ node: `127.0.0.1:${wires[0]?.port}/demo`, name: 'n1' });
});

it('keeps what lasts over a restart', async () => {
  await n1.run('CREATE TABLE keyless (x int)');
  watch(throughWires().slice(0, 1));
  const found = (snapshot: Snapshot) => snapshot.findings.find(({ title }) => title.includes('keyless'));
  const first = found(await toBecome('it is found', (snapshot) => found(snapshot) !== undefined));
  watcher.stop();
  expect(activity.filter(({ text }) => text.includes('keyless'))).toHaveLength(1);
  const state = states.get('demo') as WatchState;
  states.set('demo', { ...state, seenAt: state.seenAt - 45_000 });
  watch(throughWires().slice(0, 1));
  const again = found(await toBecome('it is found again', (snapshot) => found(snapshot) !== undefined));
  expect(again?.since).toBe(first?.since);
  expect(activity.filter(({ text }) => text.includes('keyless'))).toHaveLength(1);
  expect(activity.map(({ text }) => text)).toContain('Tricorder restarted; 45 s not sampled');
  await n1.run('DROP TABLE keyless');
});
