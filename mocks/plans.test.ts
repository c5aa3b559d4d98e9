import { expect, test, vi } from 'vitest';
import { Plan, type PlanRequest, Run } from '#core/model/plan.ts';
import type { SimCluster } from '#mocks/world/model.ts';
import { mockWorld } from './node.ts';

// A world is lived through for a quarter of an hour before it answers.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

type Mock = ReturnType<typeof mockWorld>;

async function post(mock: Mock, path: string, body?: unknown): Promise<Response> {
  return mock.fetch(`http://mock/api/v1${path}`, {
    method: 'POST',
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
}

async function plan(mock: Mock, request: PlanRequest): Promise<Plan> {
  const response = await post(mock, '/plans', request);
  expect(response.status).toBe(201);
  return Plan.parse(await response.json());
}

/** Runs a plan to its end and gives the run as it then is. */
async function carryOut(mock: Mock, request: PlanRequest): Promise<Run> {
  const response = await post(mock, `/plans/${(await plan(mock, request)).id}/runs`);
  expect(response.status).toBe(201);
  return ended(mock, Run.parse(await response.json()).id);
}

async function ended(mock: Mock, id: string): Promise<Run> {
  for (let tenth = 0; tenth < 600; tenth++) {
    const run = Run.parse(await (await mock.fetch(`http://mock/api/v1/runs/${id}`)).json());
    if (run.state !== 'running' && run.state !== 'waiting-for-operator') return run;
    mock.world.advance(100);
  }
  throw new Error(`run ${id} does not end`);
}

const sandbox = { kind: 'deploy', target: 'sandbox', name: 'demo' } as const;

test('a deploy makes six links in about six seconds, step after step', async () => {
  const mock = mockWorld('empty');
  const begun = mock.world.now;
  const run = await carryOut(mock, sandbox);
  expect(run.state).toBe('succeeded');
  expect(mock.world.now - begun).toBeGreaterThan(3000);
  expect(mock.world.now - begun).toBeLessThan(12_000);
  mock.world.advance(2000);
  const snapshot = mock.world.snapshot('demo');
  expect(snapshot?.links.map((link) => link.state)).toEqual(Array(6).fill('replicating'));
  expect(snapshot?.nodes.every((node) => node.standin)).toBe(true);
});

test('a step that fails holds what follows it; the run is resumed and ends well', async () => {
  const mock = mockWorld('deploy-fails');
  const failed = await carryOut(mock, sandbox);
  expect(failed.state).toBe('failed');
  const step = failed.steps.find((each) => each.state === 'failed');
  expect(step?.error?.statement).toContain('sub_create');
  expect(failed.steps.some((each) => each.state === 'waiting')).toBe(true);
  expect((await post(mock, `/runs/${failed.id}/resume`)).status).toBe(200);
  expect((await ended(mock, failed.id)).state).toBe('succeeded');
});

test('a failed deploy is rolled back to nothing', async () => {
  const mock = mockWorld('deploy-failed');
  expect((await post(mock, '/runs/run-1/rollback')).status).toBe(200);
  const run = await ended(mock, 'run-1');
  expect(run.state).toBe('rolled-back');
  expect(run.steps.filter((step) => step.state === 'done')).toEqual([]);
  expect(mock.world.sandboxes.size).toBe(0);
});

test('a run is cancelled, and cannot be cancelled twice', async () => {
  const mock = mockWorld('empty');
  const { id } = Run.parse(await (await post(mock, `/plans/${(await plan(mock, sandbox)).id}/runs`)).json());
  mock.world.advance(1000);
  expect(Run.parse(await (await post(mock, `/runs/${id}/cancel`)).json()).state).toBe('cancelled');
  expect((await post(mock, `/runs/${id}/cancel`)).status).toBe(409);
});

test('disabling a subscription stops its link, enabling lets it catch up', async () => {
  const mock = mockWorld('healthy');
  const request = { cluster: 'orders', receiver: 'n3', subscription: 'sub_n3n1' } as const;
  const link = () =>
    mock.world.snapshot('orders')?.links.find((each) => each.provider === 'n1' && each.receiver === 'n3');
  expect((await carryOut(mock, { kind: 'subscription-disable', ...request })).state).toBe('succeeded');
  mock.world.advance(20_000);
  expect(link()).toMatchObject({ state: 'disabled', behind: false });
  expect(link()?.lagSeconds).toBeGreaterThan(15);
  expect((await carryOut(mock, { kind: 'subscription-enable', ...request })).state).toBe('succeeded');
  mock.world.advance(10_000);
  expect(link()).toMatchObject({ state: 'replicating', behind: false });
});

test('a missing link is made, a table is put into a set', async () => {
  const missing = mockWorld('missing-link');
  expect(
    (
      await carryOut(missing, {
        kind: 'subscription-create',
        cluster: 'orders',
        provider: 'n1',
        receiver: 'n3',
      })
    ).state,
  ).toBe('succeeded');
  missing.world.advance(2000);
  expect(missing.world.snapshot('orders')?.links.some((link) => link.state === 'missing')).toBe(false);

  const differ = mockWorld('sets-differ');
  const request: PlanRequest = {
    kind: 'set-add-table',
    cluster: 'orders',
    nodes: ['n3'],
    set: 'default',
    schema: 'public',
    table: 'shipments',
  };
  expect((await carryOut(differ, request)).state).toBe('succeeded');
  differ.world.advance(2000);
  const row = differ.world.need('orders').tables.rows.find((each) => each.table === 'shipments');
  expect(row?.differs).toBe(false);
});

test('a row filter is judged, and printed by the catalog as it prints it', async () => {
  const mock = mockWorld('healthy');
  const of = (rowFilter: string) => ({
    kind: 'set-tables' as const,
    cluster: 'orders',
    nodes: ['n1', 'n2', 'n3'],
    set: 'default',
    add: [{ schema: 'public', table: 'orders', rowFilter }],
  });
  const refused = await plan(mock, of('10 / order_id > 1'));
  expect(refused.problems.map(({ code }) => code)).toContain('filter-not-sql');
  expect((await carryOut(mock, of('order_id > 5'))).state).toBe('succeeded');
  const found = mock.world
    .need('orders')
    .cluster.nodes.map(
      ({ tables }) =>
        tables.find(({ name }) => name === 'orders')?.sets.find(({ set }) => set === 'default')?.rowFilter,
    );
  expect(found).toEqual(Array(3).fill('(order_id > 5)'));
  expect((await plan(mock, of('order_id > 5'))).steps.every(({ done }) => done)).toBe(true);
});

test('a plan under which the cluster has changed is refused with a fresh one', async () => {
  const mock = mockWorld('healthy');
  const request: PlanRequest = {
    kind: 'subscription-disable',
    cluster: 'orders',
    receiver: 'n3',
    subscription: 'sub_n3n1',
  };
  const old = await plan(mock, request);
  await carryOut(mock, request);
  const response = await post(mock, `/plans/${old.id}/runs`);
  expect(response.status).toBe(409);
  const body = (await response.json()) as { data: { plan: unknown } };
  expect(Plan.parse(body.data.plan).id).not.toBe(old.id);
});

test('a plan on a node that does not answer says so, and cannot be run', async () => {
  const mock = mockWorld('node-down');
  const made = await plan(mock, {
    kind: 'subscription-disable',
    cluster: 'orders',
    receiver: 'n3',
    subscription: 'sub_n3n1',
  });
  expect(made.problems).not.toEqual([]);
  expect((await post(mock, `/plans/${made.id}/runs`)).status).toBe(422);
});

type InCluster = Exclude<PlanRequest, { kind: 'deploy' | 'remove' }>;
const sub = { receiver: 'n3', subscription: 'sub_n3n1' };
const table = { schema: 'public', table: 'shipments' };

/** Of each kind one that can be run, with what must be so before. */
const everyKind: {
  [K in InCluster['kind']]: [
    Omit<Extract<InCluster, { kind: K }>, 'kind' | 'cluster'>,
    scenario: Parameters<typeof mockWorld>[0],
    before?: (cluster: SimCluster) => void,
  ];
} = {
  'subscription-enable': [{ receiver: 'n3', subscription: 'sub_n3n2' }, 'disabled'],
  'subscription-disable': [sub, 'healthy'],
  'subscription-create': [{ provider: 'n1', receiver: 'n3' }, 'missing-link'],
  'mesh-complete': [{}, 'missing-link'],
  'subscription-drop': [sub, 'healthy'],
  'set-tables': [{ nodes: ['n1', 'n2', 'n3'], set: 'default', pattern: 's*' }, 'sets-differ'],
  'subscription-skip': [
    { receiver: 'n2', subscription: 'sub_n2n1', lsn: '2F/7E900AC8' },
    'exceptions',
    ({ subscriptions }) => {
      for (const each of subscriptions) if (each.name === 'sub_n2n1') each.enabled = false;
    },
  ],
  'subscription-interface': [
    { ...sub, interface: 'private' },
    'healthy',
    ({ nodes: [n1] }) => {
      if (n1) n1.interfaces = ['private'];
    },
  ],
  'subscription-options': [
    { ...sub, applyDelaySeconds: 2.5, skipSchema: ['a"b'] },
    'healthy',
    ({ nodes }) => {
      for (const node of nodes) node.engineVersion = '6.0.0';
    },
  ],
  'subscription-sets': [
    { ...sub, subscriptions: [{ receiver: 'n1', subscription: 'sub_n1n3' }], add: [], remove: ['default'] },
    'healthy',
  ],
  'set-create': [
    {
      nodes: ['n1', 'n2', 'n3'],
      set: 'eu',
      insert: true,
      update: false,
      delete: false,
      truncate: true,
    },
    'healthy',
  ],
  'set-alter': [{ nodes: ['n1'], set: 'default', truncate: false }, 'healthy'],
  'set-drop': [
    { nodes: ['n2'], set: 'unused' },
    'healthy',
    ({ nodes: [, n2] }) =>
      n2?.sets.push({
        name: 'unused',
        insert: true,
        update: true,
        delete: true,
        truncate: true,
        sequences: [],
      }),
  ],
  'set-add-table': [{ ...table, nodes: ['n3'], set: 'default' }, 'sets-differ'],
  'set-remove-table': [{ ...table, nodes: ['n1'], set: 'default' }, 'sets-differ'],
  ddl: [{ sql: 'ALTER TABLE public.orders ADD COLUMN gift_note text;' }, 'healthy'],
  'ddl-replication': [{ nodes: ['n1', 'n2', 'n3'], on: false }, 'healthy'],
  'conflict-settings': [
    { nodes: ['n1', 'n2', 'n3'], settings: { 'spock.exception_behaviour': 'sub_disable' } },
    'healthy',
  ],
  'schema-align': [
    { from: 'n1', to: 'n2' },
    'healthy',
    ({ nodes: [, n2] }) => {
      for (const each of n2?.tables ?? [])
        if (each.name === 'orders') each.columns = each.columns.filter((text) => text !== 'note text');
    },
  ],
  'delta-columns': [{ schema: 'public', table: 'payments', add: ['amount'], remove: [] }, 'healthy'],
  'table-resync': [{ ...sub, ...table }, 'healthy'],
  'slot-drop': [
    { node: 'n1', slot: 'left' },
    'healthy',
    ({ nodes: [n1] }) =>
      n1?.otherSlots.push({
        name: 'left',
        plugin: 'spock_output',
        database: n1.database,
        active: false,
        restart: n1.wal,
      }),
  ],
  'node-read-only': [{ node: 'n2', readOnly: true }, 'healthy'],
  'node-settings': [
    {
      nodes: ['n1', 'n2'],
      settings: [
        { name: 'max_slot_wal_keep_size', value: '20GB' },
        { name: 'max_replication_slots', value: '40' },
      ],
    },
    'healthy',
  ],
  'records-trim': [
    { nodes: ['n1', 'n2', 'n3'], records: 'exceptions', before: '2100-01-01T00:00:00.000Z' },
    'exceptions',
  ],
  'peer-password': [{ role: 'spock_repl', password: 'n3w', alterRole: true }, 'healthy'],
  'extension-update': [
    { nodes: ['n2'] },
    'healthy',
    ({ nodes: [, n2] }) => {
      if (n2) n2.packageVersion = '5.0.12';
    },
  ],
  'node-remove': [{ node: 'n3' }, 'node-down'],
  'node-add': [
    { node: { name: 'n4', dsn: 'postgres://postgres:p@10.9.0.4:5432/orders', peerDsn: null }, source: 'n1' },
    'healthy',
  ],
  'subscription-failover': [
    sub,
    'healthy',
    ({ nodes }) => {
      for (const node of nodes) node.engineVersion = '6.0.0';
    },
  ],
  'session-cancel': [
    { node: 'n2', pid: 4711 },
    'healthy',
    ({ nodes: [, n2] }) => {
      if (n2)
        n2.sessions = [
          {
            pid: 4711,
            startedAt: '1764331234.5',
            type: 'client backend',
            who: 'app, payroll, 10.0.0.7',
            database: n2.database,
            state: 'idle in transaction',
            query: 'LOCK TABLE shipments',
            openSeconds: 300,
            own: false,
            waiting: [{ pid: 99, type: 'spock apply 5:1', query: null, seconds: 120 }],
          },
        ];
    },
  ],
  'node-interface': [{ node: 'n1', interface: 'private', dsn: 'host=10.0.0.1 dbname=orders' }, 'healthy'],
  'node-location': [{ node: 'n2', location: 'Łódź', country: null }, 'healthy'],
};

test.each(Object.entries(everyKind))('a %s is carried out', async (kind, [fields, scenario, before]) => {
  const mock = mockWorld(scenario);
  before?.(mock.world.need('orders').cluster);
  mock.world.advance(20_000);
  const request = { kind, cluster: 'orders', ...fields } as PlanRequest;
  const made = await plan(mock, request);
  expect(made.problems).toEqual([]);
  const run = await carryOut(mock, request);
  expect(run.steps.flatMap(({ error }) => error ?? [])).toEqual([]);
  expect(run.state).toBe('succeeded');
  mock.world.advance(20_000);
  // What a plan does is so afterwards: the same plan has nothing to do any more, or no ground to stand on.
  const again = await plan(mock, request);
  if (kind !== 'table-resync' && kind !== 'peer-password')
    expect(
      again.problems.length > 0 || again.steps.every(({ id, done }) => done || id.startsWith('wait')),
    ).toBe(true);
});

test('a node that runs is removed: its links and it are gone, the others go on', async () => {
  const mock = mockWorld('healthy');
  const run = await carryOut(mock, { kind: 'node-remove', cluster: 'orders', node: 'n3' });
  expect(run.steps.flatMap(({ error }) => error ?? [])).toEqual([]);
  expect(run.state).toBe('succeeded');
  mock.world.advance(5000);
  const snapshot = mock.world.snapshot('orders');
  expect(snapshot?.nodes.map(({ name }) => name)).toEqual(['n1', 'n2']);
  expect(snapshot?.links.map(({ state }) => state)).toEqual(['replicating', 'replicating']);
});
