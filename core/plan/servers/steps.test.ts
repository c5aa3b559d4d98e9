import { describe, expect, test } from 'vitest';
import { Plan } from '#core/model/plan.ts';
import { inOrder } from '#core/plan/order.ts';
import { shownPlan } from '#core/plan/shown.ts';
import {
  alike,
  BARE,
  column,
  facts,
  filled,
  ids,
  MASKED,
  NODES,
  observed,
  oneFilled,
  plannedFor,
  request,
  sequence,
  server,
  sqlOf,
  stepOf,
  table,
  undoOf,
} from '#core/testing/servers.ts';
import { planDeployServers } from './deploy-servers.ts';

const LINKS = ['n1:n2', 'n2:n3', 'n3:n1', 'n1:n3', 'n2:n1', 'n3:n2'].map((link) => `subscribe:${link}`);

/** Bare, with rows on n1, an identity on them, and all that can be chosen. */
const sequences = [sequence('a_id_seq')];
const whole = () =>
  plannedFor(oneFilled({ settings: BARE, tables: [filled('a')], sequences }, { settings: BARE }), {
    dataFrom: 'n1',
    tables: [{ schema: 'public', table: 'a', set: 'default', deltaColumns: ['balance'] }],
    sequences: [{ schema: 'public', sequence: 'a_id_seq' }],
  });

describe('the steps of a plan', () => {
  test('fit the contract, have ids of their own, and wait only for steps that are there', () => {
    for (const planned of [whole(), plannedFor(alike({})), plannedFor(alike({ tables: [filled('a')] }))]) {
      expect(planned.problems).toEqual([]);
      const identity = {
        id: 'p',
        request: request(),
        cluster: 'orders',
        createdAt: '2026-11-20T12:00:00.000Z',
      };
      const plan = Plan.parse(shownPlan(planned, identity, MASKED));
      const known = new Set(plan.steps.map(({ id }) => id));
      expect(known.size).toBe(plan.steps.length);
      for (const { after } of plan.steps) for (const id of after) expect(known).toContain(id);
      for (const { step } of plan.checks) if (step !== null) expect(known).toContain(step);
    }
  });

  test('servers that are ready and alike: nodes, links, DDL, proof', () => {
    expect(ids(plannedFor(alike({})))).toEqual([
      ...NODES.map((name) => `extension:${name}`),
      ...NODES.map((name) => `node:${name}`),
      ...LINKS,
      'links',
      ...NODES.map((name) => `ddl:${name}`),
      'register',
      ...NODES.map((name) => `mark:${name}`),
      'findings',
    ]);
  });

  /** All that comes before, of whatever kind. */
  const earlierThan = (id: string): Set<string> => {
    const planned = whole();
    const all = new Set<string>();
    const add = (each: string) => {
      for (const earlier of stepOf(planned, each).after) {
        if (!all.has(earlier)) add(earlier);
        all.add(earlier);
      }
    };
    add(id);
    return all;
  };

  test('come in the order that Spock needs', () => {
    expect([...earlierThan('extension:n2')]).toEqual(['settings:n2', 'restart:n2']);
    expect(earlierThan('node:n2')).toContain('extension:n2');
    // What is sent must be in its set before it is copied, and delta columns travel with the structure.
    expect(earlierThan('seed:n2')).toEqual(
      new Set(
        ['settings', 'restart', 'extension', 'node']
          .flatMap((kind) => [`${kind}:n1`, `${kind}:n2`])
          .concat(['delta:n1', 'sets:n1']),
      ),
    );
    expect(earlierThan('sets:n2')).toContain('seed:n2');
    // No copy is read while a conversion waits for the lock of its table.
    expect(earlierThan('sequences:n1')).toContain('seed:n3');
    for (const id of ['seed:n2', 'seed:n3', 'sets:n2', 'sets:n3'])
      expect(earlierThan('subscribe:n1:n2')).toContain(id);
    for (const id of ids(whole()).filter((each) => /^(subscribe|sequences|sets|seed)/.test(each))) {
      expect(earlierThan('links')).toContain(id);
    }
    for (const name of NODES) {
      expect(earlierThan(`ddl:${name}`)).toContain('links');
      expect(earlierThan('register')).toContain(`ddl:${name}`);
      expect(earlierThan('compare')).toContain(`mark:${name}`);
    }
    expect(earlierThan('findings')).toContain('compare');
  });

  test('in one line they keep that order, and their own where it is free', () => {
    const planned = whole();
    const line = inOrder([...planned.steps].reverse());
    expect(new Set(line)).toEqual(new Set(planned.steps));
    const at = new Map(line.map(({ id }, index) => [id, index]));
    for (const { id, after } of line) {
      for (const earlier of after) expect(at.get(earlier)).toBeLessThan(at.get(id) as number);
    }
    expect(inOrder(planned.steps).map(({ id }) => id)[0]).toBe(planned.steps[0]?.id);
  });

  test('each receiver makes its subscriptions one after the other, the receivers side by side', () => {
    const planned = plannedFor(alike({}));
    expect(stepOf(planned, 'subscribe:n1:n2').after).toEqual(NODES.map((name) => `node:${name}`));
    expect(stepOf(planned, 'subscribe:n1:n3').after).toEqual(['subscribe:n1:n2']);
  });
});

describe('seeding', () => {
  const create = (structure: boolean, rows: boolean) =>
    `SELECT spock.sub_create(subscription_name := 'sub_n2n1', provider_dsn := 'host=n1 password=••••', replication_sets := '{default,default_insert_only,ddl_sql}', synchronize_structure := ${structure}, synchronize_data := ${rows}, forward_origins := '{}');`;

  test('of an empty node brings structure and rows, and positions of sequences', () => {
    const planned = whole();
    expect(sqlOf(planned, 'seed:n2')).toEqual([
      create(true, true),
      `SELECT setval('"public"."a_id_seq"'::regclass, /* its last_value on n1 */);`,
    ]);
    expect(undoOf(planned, 'seed:n2')).toEqual([
      "SELECT spock.sub_drop('sub_n2n1', true);",
      'DROP TABLE "public"."a";',
    ]);
    expect(ids(planned)).not.toContain('subscribe:n2:n1');
  });

  test('of a node with the same tables, empty, brings rows only, and is undone by emptying them', () => {
    const planned = plannedFor(
      [server('n1', { tables: [filled('a')] }), server('n2', { tables: [table('a')] })],
      { dataFrom: 'n1' },
    );
    expect(sqlOf(planned, 'seed:n2')).toEqual([create(false, true)]);
    expect(undoOf(planned, 'seed:n2')).toEqual([
      "SELECT spock.sub_drop('sub_n2n1', true);",
      'TRUNCATE "public"."a";',
    ]);
    expect(stepOf(planned, 'seed:n2').after).toContain('sets:n2');
  });

  test('of nobody: every link without a copy', () => {
    const planned = plannedFor(alike({ tables: [filled('a')] }));
    expect(sqlOf(planned, 'subscribe:n2:n1')).toEqual([
      create(false, false).replace("'{}')", "'{}', enabled := false)"),
      "SELECT spock.sub_enable('sub_n2n1', true);",
      expect.stringMatching(/^-- wakes Spock's manager.*\nSELECT pg_log_backend_memory_contexts\(/),
    ]);
    expect(undoOf(planned, 'subscribe:n2:n1')).toEqual(["SELECT spock.sub_drop('sub_n2n1', true);"]);
  });
});

describe('what an earlier try has done', () => {
  const subscriptions = [{ name: 'from_n1', provider: 'n1', enabled: true }];
  const extension = { available: '5.0.11', installed: '5.0.11', standin: false };
  const inSet = [table('a', { sets: ['default'] }), table('b')];
  const planned = plannedFor([
    server('n1', {
      extension,
      nodeName: 'n1',
      tables: [table('a', { sets: ['default'] }), table('b', { sets: ['default'] })],
    }),
    server('n2', { extension, nodeName: 'n2', subscriptions, tables: inSet }),
  ]);

  test('is marked as done', () => {
    const done = planned.steps.filter((step) => step.done).map(({ id }) => id);
    expect(done).toEqual([
      'extension:n1',
      'extension:n2',
      'node:n1',
      'node:n2',
      'sets:n1',
      'subscribe:n2:n1',
    ]);
  });

  test('is gone on with: its subscription by its name, and only tables that are in no set yet', () => {
    expect(sqlOf(planned, 'subscribe:n2:n1').join()).toContain("subscription_name := 'from_n1'");
    expect(sqlOf(planned, 'sets:n2').join()).not.toContain('"a"');
    const { action } = stepOf(planned, 'mark:n1');
    expect(action.type === 'mark' && action.to).toEqual([{ node: 'n2', subscription: 'from_n1' }]);
  });
});

describe('hostile names', () => {
  const NAMES = [
    `it's "n1"`,
    'a:b',
    'a',
    'b:c',
    'c',
    '日本語 */ $$',
    'back\\slash\nline',
    `${'ü'.repeat(31)}n`,
  ];
  const nasty = table(`o'"\\\n$x$*/`, {
    schema: 'my "schema"',
    columns: [column(`c"'`, 'numeric')],
    key: [],
  });
  const planned = planDeployServers(
    request({ nodes: NAMES.map((name) => ({ name, dsn: 'host=a', location: "l'Aquila" })) }, NAMES),
    observed(
      NAMES.map((name, index) => ({
        name,
        read: { ok: true, facts: facts(`s${index}`, { tables: [nasty] }) },
      })),
    ),
  );

  test('make no two steps one', () => {
    expect(planned.problems).toEqual([]);
    expect(new Set(ids(planned)).size).toBe(planned.steps.length);
    expect(ids(planned).filter((id) => id.startsWith('subscribe:'))).toHaveLength(8 * 7);
  });

  test('give subscriptions names that Spock takes, and no two the same', () => {
    const names = planned.steps.flatMap(({ action }) =>
      action.type === 'mark' ? action.to.map(({ subscription }) => subscription) : [],
    );
    expect(new Set(names).size).toBe(8 * 7);
    for (const name of names) expect(name).toMatch(/^[a-z0-9_]{1,63}$/);
  });

  test('are quoted wherever they stand', () => {
    expect(sqlOf(planned, `node:${NAMES[0]}`)[0]).toContain(`node_name := 'it''s "n1"', dsn := `);
    expect(sqlOf(planned, `node:${NAMES[0]}`)[0]).toContain("location := 'l''Aquila'");
    expect(sqlOf(planned, `node:${NAMES[6]}`)[0]).toContain("node_name := E'back\\\\slash\nline'");
    expect(sqlOf(planned, 'sets:a')[0]).toBe(
      `SELECT spock.repset_add_table('default_insert_only', E'"my ""schema"""."o''""\\\\\n$x$*/"'::regclass);`,
    );
    expect(sqlOf(planned, 'compare')[0]).toContain(`ROW("c""'")::text`);
    expect(sqlOf(planned, 'compare')[0]).toContain(`FROM "my ""schema"""."o'""\\\n$x$*/"`);
  });
});
