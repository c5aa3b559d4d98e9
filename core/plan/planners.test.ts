import { describe, expect, test } from 'vitest';
import type { PlanRequest } from '#core/model/plan.ts';
import { Plan } from '#core/model/plan.ts';
import { type Draft, shownPlan } from './draft.ts';
import type { Observed, ObservedFacts, ObservedMachine, ObservedNode } from './observed.ts';
import { draftPlan } from './planners.ts';

const NODES = ['n1', 'n2', 'n3'];

function facts(name: string, change: Partial<ObservedFacts> = {}): ObservedFacts {
  return {
    engineVersion: '5.0.11',
    standin: false,
    database: 'shop',
    nodeName: name,
    knows: NODES,
    subscriptions: NODES.filter((other) => other !== name).map((provider) => ({
      name: `sub_${name}${provider}`,
      provider,
      enabled: true,
      status: 'replicating',
      slot: `spk_shop_${provider}_sub_${name}${provider}`,
      sets: ['default', 'default_insert_only', 'ddl_sql'],
      forwardOrigins: [],
    })),
    sets: [
      { name: 'default', insert: true, update: true, delete: true },
      { name: 'default_insert_only', insert: true, update: false, delete: false },
      { name: 'ddl_sql', insert: true, update: false, delete: false },
    ],
    slots: NODES.filter((other) => other !== name).map((receiver) => ({
      name: `spk_shop_${name}_sub_${receiver}${name}`,
      plugin: 'spock_output',
      database: 'shop',
      active: true,
      walHeldBytes: 0,
    })),
    table: null,
    ...change,
  };
}

const node = (name: string, change: Partial<ObservedFacts> = {}): ObservedNode => ({
  name,
  read: { ok: true, facts: facts(name, change) },
});
const down = (name: string): ObservedNode => ({ name, read: { ok: false, error: 'refused the connection' } });
const cluster = (...nodes: ObservedNode[]): Observed => ({
  clusters: ['shop'],
  machine: null,
  sandbox: null,
  nodes,
});

const machine: ObservedMachine = {
  engine: { text: 'PostgreSQL 18.4', standin: true, bin: '/pg/bin' },
  reason: null,
  folder: '/data/sandboxes/demo-1',
  ports: [5501, 5502, 5503],
  diskFreeBytes: 2 ** 40,
  account: null,
};
const empty: Observed = { clusters: [], machine, sandbox: null, nodes: null };

const codes = (draft: Draft) => draft.problems.map((problem) => problem.code);
const shown = (request: PlanRequest, draft: Draft) =>
  shownPlan(
    draft,
    { id: 'p1', request, cluster: 'shop', createdAt: '2026-11-20T12:00:00.000Z' },
    (name) => `host=${name} password=••••`,
  );

describe('deploy on this machine', () => {
  const request: PlanRequest = { kind: 'deploy', target: 'sandbox', name: 'demo' };
  const plan = (change: Partial<Observed>) => draftPlan(request, { ...empty, ...change });

  test('fits the contract, and each step waits only for steps that are there', () => {
    const draft = plan({});
    const asShown = Plan.parse(shown(request, draft));
    const ids = new Set(asShown.steps.map((step) => step.id));
    expect(ids.size).toBe(asShown.steps.length);
    for (const step of asShown.steps) for (const before of step.after) expect(ids).toContain(before);
    expect(asShown.steps.filter((step) => step.sql.some((text) => text.includes('sub_create')))).toHaveLength(
      6,
    );
  });

  test.each([
    ['sandbox-exists', { sandbox: { folder: '/x', nodes: [], whole: true } }],
    ['sandbox-exists', { sandbox: { folder: '/x', nodes: [], whole: false } }],
    ['name-taken', { clusters: ['demo'] }],
    ['no-engine', { machine: { ...machine, engine: null, reason: 'TRICORDER_PG_BIN cannot be used.' } }],
    ['no-ports', { machine: { ...machine, ports: [5501] } }],
    ['disk-full', { machine: { ...machine, diskFreeBytes: 1e6 } }],
  ] as [string, Partial<Observed>][])('%s forbids it', (code, change) => {
    expect(codes(plan(change))).toEqual([code]);
  });

  test('disk that is not known forbids nothing', () => {
    expect(codes(plan({ machine: { ...machine, diskFreeBytes: null } }))).toEqual([]);
  });

  test('each receiver subscribes to one provider after the other, the receivers side by side', () => {
    const chain = (standin: boolean) =>
      plan({ machine: { ...machine, engine: { text: '', bin: '', standin } } })
        .steps.filter((step) => step.id.startsWith('subscribe:'))
        .map((step) => step.after.filter((id) => id.startsWith('subscribe:')).length);
    for (const standin of [false, true]) expect(chain(standin)).toEqual([0, 0, 0, 1, 1, 1]);
  });
});

describe('remove from this machine', () => {
  const request: PlanRequest = { kind: 'remove', target: 'sandbox', name: 'demo' };

  test('says that data is lost', () => {
    const sandbox = { folder: '/x', nodes: [{ name: 'n1', port: 1, running: true }], whole: true };
    const draft = draftPlan(request, { ...empty, sandbox });
    expect(draft.steps.find((step) => step.risk === 'data')?.riskText).toBe('All data of n1 is lost.');
  });

  test('never touches a cluster that the console does not run', () => {
    const draft = draftPlan(request, { ...empty, clusters: ['demo'] });
    expect(codes(draft)).toEqual(['not-a-sandbox']);
    expect(draft.steps).toEqual([]);
  });
});

describe('subscriptions', () => {
  const sub = { cluster: 'shop', receiver: 'n2', subscription: 'sub_n2n1' } as const;

  test('are enabled and disabled by single statements: both are refused in a transaction block', () => {
    for (const kind of ['subscription-enable', 'subscription-disable'] as const) {
      const draft = draftPlan({ kind, ...sub }, cluster(...NODES.map((name) => node(name))));
      const texts = shown({ kind, ...sub }, draft).steps[0]?.sql;
      const verb = kind === 'subscription-enable' ? 'enable' : 'disable';
      expect(texts).toEqual([`SELECT spock.sub_${verb}('sub_n2n1', true);`]);
    }
  });

  test('cannot go on without their slot', () => {
    const draft = draftPlan(
      { kind: 'subscription-enable', ...sub },
      cluster(node('n1', { slots: [] }), node('n2')),
    );
    expect(codes(draft)).toEqual(['slot-gone']);
  });

  test('may be enabled while the provider cannot be read: the slot is then unknown, not gone', () => {
    const draft = draftPlan({ kind: 'subscription-enable', ...sub }, cluster(down('n1'), node('n2')));
    expect(codes(draft)).toEqual([]);
    expect(draft.checks.map((check) => check.value)).toEqual(['unknown: n1 could not be read']);
  });

  test('get a name that Spock takes, whatever the nodes are called', () => {
    const odd = 'Zürich "3"';
    const request = { kind: 'subscription-create', cluster: 'shop', provider: odd, receiver: 'n2' } as const;
    const at = node('n2', { subscriptions: [{ ...one('sub_n2z_rich_3_'), provider: 'n1' }] });
    const draft = draftPlan(request, cluster(node(odd), at));
    expect(codes(draft)).toEqual([]);
    expect(shown(request, draft).steps[0]?.sql[0]).toContain("subscription_name := 'sub_n2z_rich_3__2'");
  });

  test('are not made twice between two nodes, nor from a node to itself', () => {
    const create = (provider: string, receiver: string) =>
      codes(
        draftPlan(
          { kind: 'subscription-create', cluster: 'shop', provider, receiver },
          cluster(...NODES.map((name) => node(name))),
        ),
      );
    expect(create('n1', 'n2')).toEqual(['subscribed']);
    expect(create('n2', 'n2')).toEqual(['same-node']);
    expect(create('n9', 'n2')).toEqual(['no-node']);
  });

  function one(name: string) {
    return {
      name,
      provider: 'n1',
      enabled: true,
      status: 'replicating',
      slot: 's',
      sets: ['default'],
      forwardOrigins: [],
    };
  }
});

describe('tables', () => {
  const table = { hasKey: true, memberships: [], referencedBy: [] };

  test('come back with the columns and the filter that they had', () => {
    const request: PlanRequest = {
      kind: 'set-remove-table',
      cluster: 'shop',
      nodes: ['n1'],
      set: "it's",
      schema: 'Sales',
      table: 'a"b',
    };
    const memberships = [{ set: "it's", columns: ['id', 'x y'], rowFilter: "(region = 'eu')" }];
    const draft = draftPlan(request, cluster(node('n1', { table: { ...table, memberships } })));
    const action = draft.steps[0]?.action;
    expect(action?.type === 'sql' && action.units[0]?.undo).toEqual([
      [
        `SELECT spock.repset_add_table('it''s', '"Sales"."a""b"'::regclass, synchronize_data := false, columns := ARRAY['id', 'x y']::text[], row_filter := '(region = ''eu'')')`,
      ],
    ]);
  });

  test('are copied anew in repair mode on Spock, and plainly on the stand-in', () => {
    const request = {
      kind: 'table-resync',
      cluster: 'shop',
      receiver: 'n2',
      subscription: 'sub_n2n1',
      schema: 'public',
      table: 't',
    } as const;
    const sent = { ...table, memberships: [{ set: 'default', columns: null, rowFilter: null }] };
    const texts = (standin: boolean) =>
      shown(
        request,
        draftPlan(request, cluster(node('n1', { table: sent }), node('n2', { table: sent, standin }))),
      ).steps[0]?.sql;
    const resync = `SELECT spock.sub_resync_table('sub_n2n1', '"public"."t"'::regclass, true);`;
    expect(texts(true)).toEqual([resync]);
    expect(texts(false)).toEqual(['BEGIN;', 'SELECT spock.repair_mode(true);', resync, 'COMMIT;']);
    const unsent = draftPlan(request, cluster(node('n1', { table }), node('n2', { table: sent })));
    expect(codes(unsent)).toEqual(['not-sent']);
  });
});

describe('a slot', () => {
  const orphan = { name: 'old', plugin: 'spock_output', database: 'shop', active: false, walHeldBytes: 9 };
  const drop = (...nodes: ObservedNode[]) =>
    draftPlan({ kind: 'slot-drop', cluster: 'shop', node: 'n1', slot: 'old' }, cluster(...nodes));
  const n1 = node('n1', { slots: [orphan] });

  test('is dropped when all nodes were read and none needs it', () => {
    const draft = drop(n1, node('n2'), node('n3'));
    expect(codes(draft)).toEqual([]);
    expect(draft.steps[0]).toMatchObject({ risk: 'data' });
  });

  test.each([
    ['a node that did not answer', ['nodes-unread'], [n1, node('n2'), down('n3')]],
    ['a node that the console has no DSN for', ['nodes-unread'], [n1, node('n2')]],
    [
      'a subscription that needs it',
      ['slot-needed'],
      [n1, node('n2'), node('n3', { subscriptions: [needing()] })],
    ],
    [
      'a receiver that is connected',
      ['slot-active'],
      [node('n1', { slots: [{ ...orphan, active: true }] }), node('n2'), node('n3')],
    ],
    [
      'another database',
      ['other-database'],
      [node('n1', { slots: [{ ...orphan, database: 'other' }] }), node('n2'), node('n3')],
    ],
    [
      'a physical standby',
      ['other-database'],
      [node('n1', { slots: [{ ...orphan, database: null, plugin: null }] }), node('n2'), node('n3')],
    ],
  ])('is left alone: %s', (_why, expected, nodes) => {
    expect(codes(drop(...nodes))).toEqual(expected);
  });

  function needing() {
    return {
      name: 'sub_n3n1',
      provider: 'n1',
      enabled: false,
      status: 'disabled',
      slot: 'old',
      sets: ['default'],
      forwardOrigins: [],
    };
  }
});
