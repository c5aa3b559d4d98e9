import { describe, expect, test } from 'vitest';
import type { ObservedFacts } from '#core/model/observed.ts';
import type { ServerFacts } from '#core/model/observed-server.ts';
import type { NodeAdd } from '#core/model/requests/nodes.ts';
import { inOrder } from '#core/plan/order.ts';
import { planChange } from '#core/plan/planners.ts';
import { codes, facts, known, mesh, NODES, setTable, shown } from '#core/testing/nodes.ts';
import { column, filled, READY, sequence, server, setting } from '#core/testing/servers.ts';

const request: NodeAdd = {
  kind: 'node-add',
  cluster: 'shop',
  node: { name: 'n4', dsn: 'host=n4 password=geheim', peerDsn: null },
  source: 'n1',
};

interface Seen {
  nodes?: Partial<Record<string, Partial<ObservedFacts>>>;
  servers?: Partial<Record<string, Partial<ServerFacts>>>;
  asked?: Partial<NodeAdd>;
  isSandbox?: boolean;
}

const SPOCK = { available: '5.0.11', installed: '5.0.11', standin: false };
const orders = filled('orders', { sets: ['default'] });

function plan({ nodes = {}, servers = {}, asked = {}, isSandbox }: Seen = {}) {
  const observed = mesh({
    ...nodes,
    n1: { tables: [setTable({ schema: 'public', table: 'orders' })], sequences: [], ...nodes.n1 },
  });
  const members = NODES.map((name) =>
    server(name, { nodeName: name, extension: SPOCK, tables: [orders], ...servers[name] }),
  );
  return planChange(
    { ...request, ...asked },
    {
      ...observed,
      ...(isSandbox !== undefined && { isSandbox }),
      servers: [...members, server('n4', servers.n4)],
    },
  );
}

describe('the steps', () => {
  test('others keep first, then comes the copy, then the links, and only then do the others know of it', () => {
    const planned = plan();
    expect(codes(planned)).toEqual([]);
    expect(planned.title).toBe('Add n4 to shop, copied from n1');
    expect(inOrder(planned.steps).map(({ id }) => id)).toEqual([
      'extension:n4',
      'node:n4',
      'keep:n2',
      'keep:n3',
      'passed',
      'copy',
      'origins',
      'sets:n4',
      'start:n2',
      'start:n3',
      'caught-up',
      'suspects',
      'back:n1',
      'back:n2',
      'back:n3',
      'links',
      'watch',
      'mark:n1',
      'mark:n2',
      'mark:n3',
      'mark:n4',
      'compare',
      'findings',
    ]);
    const ids = new Set(planned.steps.map(({ id }) => id));
    for (const { after } of planned.steps) for (const id of after) expect(ids).toContain(id);
    for (const { step } of planned.checks) if (step !== null) expect(ids).toContain(step);
  });

  test('a subscription that is kept back is made disabled, and started when its origin is set', () => {
    const { steps } = shown(request, plan());
    const sqlOf = (id: string) => steps.find((step) => step.id === id)?.sql.join('\n') ?? '';
    expect(sqlOf('keep:n2')).toContain('enabled := false');
    expect(sqlOf('keep:n2')).not.toContain('sub_enable');
    expect(sqlOf('start:n2')).toContain("sub_enable('sub_n4n2', true)");
    expect(steps.find(({ id }) => id === 'start:n2')?.after).toContain('origins');
    expect(sqlOf('copy')).toMatch(/pause_apply_workers[\s\S]*sub_create[\s\S]*resume_apply_workers/);
    expect(JSON.stringify(steps)).not.toContain('geheim');
  });

  test('without other nodes there is nothing to keep, to pause, or to set', () => {
    const observed = mesh();
    const alone = {
      ...observed,
      nodes: (observed.nodes ?? []).slice(0, 1).map((node) => ({
        ...node,
        read: {
          ok: true as const,
          facts: facts('n1', { subscriptions: [], slots: [], knows: ['n1'], tables: [] }),
        },
      })),
      servers: [server('n1', { nodeName: 'n1', extension: SPOCK, tables: [orders] }), server('n4')],
    };
    const planned = planChange(request, alone);
    expect(codes(planned)).toEqual([]);
    const ids = planned.steps.map(({ id }) => id);
    expect(ids).not.toContain('origins');
    expect(ids).not.toContain('suspects');
    expect(ids).toContain('back:n1');
    expect(
      shown(request, planned)
        .steps.find(({ id }) => id === 'copy')
        ?.sql.join(''),
    ).not.toContain('pause');
  });

  test('each link takes the sets that it has between the others; those that are chosen, where they are', () => {
    const own = facts('n2').subscriptions.map((each) => ({ ...each, sets: [...each.sets, 'eu'] }));
    const eu = { name: 'eu', insert: true, update: true, delete: false };
    const nodes = Object.fromEntries(
      NODES.map((name) => [
        name,
        { sets: [...facts(name).sets, eu], ...(name === 'n2' && { subscriptions: own }) },
      ]),
    );
    const sqlOf = (planned: ReturnType<typeof plan>, id: string) =>
      shown(request, planned)
        .steps.find((step) => step.id === id)
        ?.sql.join('\n') ?? '';
    const planned = plan({ nodes });
    expect(sqlOf(planned, 'copy')).toContain("'eu'");
    expect(sqlOf(planned, 'keep:n3')).not.toContain("'eu'");
    expect(sqlOf(planned, 'back:n2')).toContain("'eu'");
    expect(sqlOf(planned, 'sets:n4')).toContain("repset_create('eu'");
    expect(sqlOf(plan({ nodes, asked: { sets: ['eu'] } }), 'keep:n3')).toContain("'eu'");
    expect(codes(plan({ asked: { sets: ['eu'] } }))).toContain('no-set');
  });

  test('columns that are added up are no suspects, and rows that a filter hides are not compared', () => {
    const table = filled('sums', {
      sets: ['default'],
      columns: [column('id'), column('n', 'numeric', { delta: true })],
    });
    const part = filled('part', { sets: ['default'] });
    const planned = plan({
      nodes: {
        n1: {
          tables: [
            setTable({ schema: 'public', table: 'sums' }),
            setTable({
              schema: 'public',
              table: 'part',
              memberships: [{ set: 'default', columns: null, rowFilter: 'id > 1' }],
            }),
          ],
          sequences: [],
        },
      },
      servers: { n1: { nodeName: 'n1', extension: SPOCK, tables: [table, part] } },
    });
    const actionOf = (id: string) => planned.steps.find((step) => step.id === id)?.action;
    expect(actionOf('suspects')).toMatchObject({ tables: [{ table: 'sums', columns: ['id'] }] });
    expect(actionOf('compare')).toMatchObject({ tables: [{ table: 'sums', columns: ['id', 'n'] }] });
    expect(known(planned).join('\n')).toContain('public.part: not compared');
  });

  test('where Spock 5.0 keeps rows about a node, a rollback takes them away', () => {
    const nodes = Object.fromEntries(NODES.map((name) => [name, { keepsProgress: true }]));
    const { steps } = shown(request, plan({ nodes }));
    const traces = steps.find(({ id }) => id === 'traces:n2');
    expect(traces?.undoSql.join()).toContain('DELETE FROM spock.progress');
    expect(steps.find(({ id }) => id === 'back:n2')?.after).toContain('traces:n2');
  });

  test('settings that the new server lacks are set, sequences stand where those of the source do', () => {
    const planned = plan({
      servers: {
        n1: { nodeName: 'n1', extension: SPOCK, tables: [orders], sequences: [sequence('orders_id_seq')] },
        n4: { settings: { ...READY, wal_level: setting('replica') } },
      },
    });
    expect(planned.steps.map(({ id }) => id)).toEqual(expect.arrayContaining(['settings:n4', 'restart:n4']));
    expect(
      shown(request, planned)
        .steps.find(({ id }) => id === 'copy')
        ?.sql.join(),
    ).toContain('setval');
  });
});

describe('what blocks it', () => {
  const cases: [string, Seen, string][] = [
    ['a name that a node has', { asked: { node: { ...request.node, name: 'n2' } } }, 'name-taken'],
    ['a name that the catalogs know', { nodes: { n3: { knows: [...NODES, 'n4'] } } }, 'name-taken'],
    ['an unknown source', { asked: { source: 'n9' } }, 'no-node'],
    ['a sandbox', { isSandbox: true }, 'sandbox'],
    ['tables on the new server', { servers: { n4: { tables: [orders] } } }, 'not-empty'],
    ['a node on it', { servers: { n4: { nodeName: 'n4', extension: SPOCK } } }, 'not-empty'],
    ['another node on it', { servers: { n4: { nodeName: 'n7', extension: SPOCK } } }, 'other-node'],
    ['an older PostgreSQL', { servers: { n4: { serverVersionNum: 140010 } } }, 'pg-dump-older'],
    [
      'another series of Spock',
      { servers: { n4: { extension: { available: '6.0.0', installed: null, standin: false } } } },
      'version-skew',
    ],
    [
      'the stand-in',
      { servers: { n4: { extension: { available: '0.1', installed: null, standin: true } } } },
      'version',
    ],
    [
      'a role that it lacks',
      {
        servers: {
          n1: {
            nodeName: 'n1',
            extension: SPOCK,
            tables: [filled('orders', { sets: ['default'], owner: 'keeper' })],
          },
        },
      },
      'no-role',
    ],
    [
      'a prepared transaction',
      { servers: { n2: { nodeName: 'n2', extension: SPOCK, preparedTransactions: 1 } } },
      'prepared-transactions',
    ],
    [
      'a link that is down',
      {
        nodes: {
          n2: { subscriptions: facts('n2').subscriptions.map((each) => ({ ...each, status: 'down' })) },
        },
      },
      'link-down',
    ],
    [
      'a worker that is not there',
      {
        nodes: {
          n2: { subscriptions: facts('n2').subscriptions.map((each) => ({ ...each, worker: 'none' })) },
        },
      },
      'link-down',
    ],
    [
      'a source that does not read all others',
      { nodes: { n1: { subscriptions: facts('n1').subscriptions.slice(0, 1), tables: [] } } },
      'no-link',
    ],
    [
      'a slot that an earlier n4 has left',
      {
        nodes: {
          n2: {
            slotEndings: ['_sub_n4n2'],
            slots: [
              {
                name: 'spk_x_n2_sub_n4n2',
                plugin: 'spock_output',
                database: 'shop',
                active: false,
                walHeldBytes: 1,
              },
            ],
          },
        },
      },
      'leftovers',
    ],
    [
      'an origin of one',
      {
        nodes: {
          n2: {
            slotNames: { n4: [{ subscription: 'sub_n2n4', slot: 'spk_shop_n4_sub_n2n4' }] },
            origins: ['spk_shop_n4_sub_n2n4'],
          },
        },
      },
      'leftovers',
    ],
    [
      'snowflake without a number',
      {
        servers: Object.fromEntries(
          NODES.map((name, index) => [
            name,
            {
              nodeName: name,
              extension: SPOCK,
              tables: [orders],
              settings: { ...READY, 'snowflake.node': setting(String(index + 1)) },
            },
          ]),
        ),
      },
      'snowflake-number',
    ],
  ];
  test.each(cases)('%s', (_, seen, code) => {
    const planned = plan(seen);
    expect(codes(planned)).toContain(code);
    expect(planned.steps).toEqual([]);
    for (const problem of planned.problems) expect(problem.remedy).not.toBe('');
  });

  test('a node that cannot be read', () => {
    const observed = mesh();
    const nodes = (observed.nodes ?? []).map((each) =>
      each.name === 'n3'
        ? { name: 'n3', read: { ok: false as const, error: 'refused the connection' } }
        : each,
    );
    const servers = ['n1', 'n2'].map((name) => server(name, { nodeName: name, extension: SPOCK }));
    expect(codes(planChange(request, { ...observed, nodes, servers: [...servers, server('n4')] }))).toContain(
      'unreachable',
    );
  });
});
