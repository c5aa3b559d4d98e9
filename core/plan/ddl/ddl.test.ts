import { parse } from 'libpg-query';
import { describe, expect, test } from 'vitest';
import type { ObservedDdl, ObservedFacts } from '#core/model/observed.ts';
import { planChange } from '#core/plan/planners.ts';
import { codes, facts, known, mesh, shown } from '#core/testing/nodes.ts';

const ddlOf = (change: Partial<ObservedDdl> = {}): ObservedDdl => ({
  so: [false],
  tables: [{ table: '"t"', there: true, bytes: 8192, sets: [] }],
  made: [],
  holders: [],
  roles: [],
  lockTimeoutMs: 0,
  discarded: 0,
  ...change,
});

async function planned(
  sql: string,
  {
    ddl = {},
    how,
    nodes = {},
  }: {
    ddl?: Partial<ObservedDdl>;
    how?: 'local' | 'replicated';
    nodes?: Partial<Record<string, Partial<ObservedFacts>>>;
  } = {},
) {
  const all = Object.fromEntries(
    ['n1', 'n2', 'n3'].map((name) => [name, { ddl: ddlOf(ddl), ...nodes[name] }]),
  );
  const request = { kind: 'ddl' as const, cluster: 'shop', sql, ...(how && { how }) };
  const parsed = await parse(sql).then(
    (tree) => ({ ok: true as const, tree: tree as unknown }),
    (error: Error) => ({ ok: false as const, message: error.message, at: 3 }),
  );
  const plan = planChange(request, { ...mesh(all), parsed: { [sql]: parsed } });
  return { plan, request, steps: shown(request, plan).steps };
}

test('what breaks no row goes node by node, in repair mode, with a lock time-out and tries', async () => {
  const { plan, steps } = await planned('CREATE INDEX i ON t (a);');
  expect(codes(plan)).toEqual([]);
  expect(steps.map(({ id, after }) => [id, after])).toEqual([
    ['ddl:n1', []],
    ['ddl:n2', ['ddl:n1']],
    ['ddl:n3', ['ddl:n2']],
  ]);
  expect(steps[0]?.sql.join('\n')).toMatch(
    /repair_mode\(true\).*SET LOCAL lock_timeout = '3s'.*CREATE INDEX i ON t \(a\)/s,
  );
  expect(steps[0]?.undoSql.join('\n')).toContain('DROP INDEX IF EXISTS "i"');
  expect(plan.steps[0]?.action).toMatchObject({ type: 'sql', tries: { times: 5 } });
  expect(known(plan).join()).toContain(
    'CREATE INDEX takes SHARE on "t", which stops writes while it is held; it is read meanwhile: n1 8 kB',
  );
});

test('what cannot run in a transaction is in none', async () => {
  const { steps } = await planned('CREATE INDEX CONCURRENTLY i ON t (a)');
  expect(steps[0]?.sql).toEqual(['CREATE INDEX CONCURRENTLY i ON t (a);']);
});

test('all else is carried by the engine, and each node is watched', async () => {
  const { plan, steps } = await planned('ALTER TABLE t ADD COLUMN a int');
  expect(steps.map(({ id, node }) => [id, node])).toEqual([
    ['ddl', 'n1'],
    ['has:n2', 'n2'],
    ['has:n3', 'n3'],
  ]);
  expect(steps[0]?.sql).toContain(
    `SELECT spock.replicate_ddl('ALTER TABLE t ADD COLUMN a int', '{ddl_sql}');`,
  );
  const watched = plan.steps[1]?.action;
  expect(watched?.type === 'wait' && watched.awaited[0]?.hopeless?.join('')).toContain('spock.exception_log');
});

test('a fact that the catalogs do not tell is followed by a mark', async () => {
  const { steps } = await planned('ALTER TABLE t ALTER COLUMN a TYPE bigint', { ddl: { so: [null] } });
  expect(steps.map(({ id }) => id)).toEqual(['ddl', 'mark', 'has:n2', 'has:n3']);
});

test('what breaks rows meanwhile is said, and is a risk', async () => {
  const { plan } = await planned('ALTER TABLE t DROP COLUMN a');
  expect(known(plan).join()).toContain('Pause writes to the table on all nodes');
  expect(plan.steps[0]).toMatchObject({ risk: 'data' });
  const local = await planned('ALTER TABLE t ADD COLUMN a int', { how: 'local' });
  expect(known(local.plan).join()).toContain('a row that is written with a new column is discarded');
});

test('nodes that have it already are left out, where it goes node by node', async () => {
  const { steps } = await planned('CREATE INDEX i ON t (a)', {
    nodes: { n1: { ddl: ddlOf({ so: [true], made: ['i'] }) } },
  });
  expect(steps.map(({ done }) => done)).toEqual([true, false, false]);
});

describe('blocked', () => {
  const disabled = facts('n2').subscriptions.map((each) => ({ ...each, enabled: false }));
  const noDdl = facts('n2').subscriptions.map((each) => ({ ...each, sets: ['default'] }));
  const role = { name: 'dba', superuser: true, replication: true, refused: [] };
  test.each<[string, string, Parameters<typeof planned>[1]]>([
    ['ALTER', 'ddl-not-sql', {}],
    ['/* nothing */', 'ddl-empty', {}],
    ['DELETE FROM t', 'not-ddl', {}],
    ['DROP EXTENSION spock', 'not-ddl', {}],
    ['ALTER EXTENSION spock UPDATE', 'not-ddl', {}],
    ['VACUUM t; ANALYZE t', 'not-alone', {}],
    ['VACUUM t', 'not-alone', { how: 'replicated' }],
    [
      'ALTER TABLE t ADD COLUMN a int',
      'no-table',
      { nodes: { n2: { ddl: ddlOf({ tables: [{ table: '"t"', there: false, bytes: null, sets: [] }] }) } } },
    ],
    ['CREATE TABLE t (a int)', 'exists', { nodes: { n2: { ddl: ddlOf({ made: ['"t"'], so: [true] }) } } }],
    ['ALTER TABLE t ADD COLUMN a int', 'exists', { nodes: { n2: { ddl: ddlOf({ so: [true] }) } } }],
    [
      'DROP TABLE t',
      'in-a-set',
      {
        nodes: {
          n2: {
            ddl: ddlOf({
              tables: [
                {
                  table: '"t"',
                  there: true,
                  bytes: 0,
                  sets: [{ set: 'default', columns: null, rowFilter: null }],
                },
              ],
            }),
          },
        },
      },
    ],
    ['CREATE TABLE x (a int)', 'no-link', { nodes: { n2: { ddl: ddlOf(), subscriptions: disabled } } }],
    ['CREATE TABLE x (a int)', 'no-link', { nodes: { n2: { ddl: ddlOf(), subscriptions: noDdl } } }],
    ['CREATE TABLE x (a int)', 'no-link', { nodes: { n2: { ddl: ddlOf(), subscriptions: [] } } }],
    [
      'CREATE TABLE x (a int)',
      'no-role',
      { nodes: { n1: { ddl: ddlOf(), role }, n2: { ddl: ddlOf({ roles: ['other'] }) } } },
    ],
    ['CREATE TABLE x (a int)', 'lock-timeout', { nodes: { n2: { ddl: ddlOf({ lockTimeoutMs: 5000 }) } } }],
    ['CREATE TABLE x (a int)', 'read-only', { nodes: { n2: { ddl: ddlOf(), readOnly: 'user' } } }],
    ['CREATE TABLE x (a int)', 'unread', { nodes: { n2: { unread: { ddl: 'timeout' } } } }],
  ])('%s: %s', async (sql, code, options) => {
    const { plan } = await planned(sql, options);
    expect([...new Set(codes(plan))]).toEqual([code]);
    expect(plan.steps).toEqual([]);
  });

  test('a lock time-out of the server does no harm in 6.0', async () => {
    const { plan } = await planned('CREATE TABLE x (a int)', {
      nodes: { n2: { engineVersion: '6.0.0', ddl: ddlOf({ lockTimeoutMs: 5000 }) } },
    });
    expect(codes(plan)).toEqual([]);
  });
});

test('who would block it is named, the longest first', async () => {
  const holder = {
    pid: 48213,
    user: 'app',
    application: 'rebalance',
    state: 'idle in transaction',
    type: 'client backend',
    seconds: 252,
  };
  const { plan } = await planned('ALTER TABLE t ADD COLUMN a int', {
    ddl: { holders: [holder, { ...holder, pid: 1 }] },
  });
  expect(known(plan).join()).toContain(
    'process 48213 (app, rebalance, idle in transaction), in a transaction for 4 m 12 s, and 1 other',
  );
});
