/** The watching role of docs/watching-role.md, on running servers: what it is refused, and that nothing else suffers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cluster } from '#core/contract/clusters.ts';
import { takeBackStatements, watchingRoleName } from '#core/engines/spock/watching-role.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { ask, type Mesh, makeWatchingRole, NODES, refusal, startMesh, until, watchDsn } from './mesh.ts';

const REFUSED = '42501';
let mesh: Mesh;

const asWatcher = (node: string, text: string) => refusal(watchDsn(mesh, node), text);
const one = async (node: string, text: string) => Object.values((await mesh.admin(node, text))[0] ?? {})[0];
/** The same value on every node. */
const everywhere = (text: string, wanted: unknown) =>
  Promise.all(
    NODES.map((node) =>
      until(`${node}: ${text} gives ${wanted}`, async () =>
        String(await one(node, text)) === String(wanted) ? true : null,
      ),
    ),
  );

beforeAll(async () => {
  mesh = await startMesh();
  process.stdout.write(
    `note: watching role tried on ${mesh.standin ? 'the stand-in' : `Spock ${mesh.engineVersion}`}\n`,
  );
  for (const node of NODES) {
    await mesh.admin(
      node,
      `CREATE ROLE app LOGIN PASSWORD 'app-7f3a';
       CREATE TABLE counted (id int PRIMARY KEY, total numeric NOT NULL DEFAULT 0, note text);
       ALTER TABLE counted OWNER TO app; GRANT CREATE ON SCHEMA public TO app`,
    );
    if (!mesh.standin) {
      await mesh.admin(
        node,
        'ALTER TABLE counted ALTER COLUMN total SET (log_old_value = true, delta_apply_function = spock.delta_apply)',
      );
    }
    await mesh.admin(node, "SELECT spock.repset_add_table('default', 'counted')");
  }
}, 180_000);

afterAll(async () => {
  await mesh?.stop();
});

describe('without the statements', () => {
  test('a role with USAGE alone may run sub_disable: what the statements are for', async ({ skip }) => {
    if (mesh.standin) skip('functions open to PUBLIC: the stand-in’s act with their caller’s rights');
    await mesh.admin(
      'n1',
      "CREATE ROLE careless LOGIN PASSWORD 'careless-7f3a'; GRANT USAGE ON SCHEMA spock TO careless",
    );
    const careless = mesh.dsn('n1', { user: 'careless', password: 'careless-7f3a' });
    expect(await refusal(careless, "BEGIN; SELECT spock.sub_disable('sub_n1n2'); ROLLBACK")).toBeNull();
    const rows = await ask(careless, 'SELECT provider_dsn FROM spock.sub_show_status()');
    expect(String(rows[0]?.provider_dsn)).toContain('password=');
    await mesh.admin('n1', 'DROP OWNED BY careless; DROP ROLE careless');
  });
});

describe('the watching role', () => {
  beforeAll(() => makeWatchingRole(mesh, ['rows']));

  test.each([
    ["SELECT spock.sub_drop('sub_n1n2')"],
    ["SELECT spock.sub_disable('sub_n1n2', true)"],
    ["SELECT spock.sub_enable('sub_n1n2')"],
    ["SELECT spock.node_drop('n1')"],
    ["SELECT spock.repset_remove_table('default', 'counted')"],
    ["SELECT spock.sub_alter_skiplsn('sub_n1n2', '0/1')"],
    ["SELECT spock.replicate_ddl('DROP TABLE counted')"],
    ['SELECT provider_dsn FROM spock.sub_show_status()'],
    ['SELECT * FROM spock.sub_show_status()'],
    ['SELECT if_dsn FROM spock.node_interface'],
    ['SELECT * FROM spock.node_interface'],
    ['SELECT * FROM spock.queue'],
    ['SELECT local_tuple FROM spock.resolutions'],
    ['SELECT remote_new_tup FROM spock.exception_log'],
    ['UPDATE spock.subscription SET sub_enabled = false'],
    ['DELETE FROM spock.node_interface'],
    ['SELECT pg_drop_replication_slot((SELECT slot_name FROM pg_replication_slots LIMIT 1))'],
    ['SELECT * FROM counted'],
    ['CREATE TABLE tricorder_status.trap (id int)'],
    ['ALTER FUNCTION tricorder_status.subscription_status() RESET ALL'],
  ])('is refused: %s', async (text) => {
    expect(await asWatcher('n1', text)).toBe(REFUSED);
  });

  test('cannot drop a subscription inside BEGIN READ ONLY either', async () => {
    expect(await asWatcher('n1', "BEGIN READ ONLY; SELECT spock.sub_drop('sub_n1n2'); COMMIT")).toBe(REFUSED);
  });

  test('may call no routine of schema spock that it was not given', async () => {
    const rows = await ask(
      watchDsn(mesh, 'n2'),
      `SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'spock'::regnamespace
         AND has_function_privilege(p.oid, 'EXECUTE') ORDER BY 1`,
    );
    expect(rows.map(({ proname }) => proname)).toEqual([
      ...(mesh.line === '4.0' ? [] : ['get_apply_worker_status']),
      'get_channel_stats',
      'spock_max_proto_version',
      'spock_min_proto_version',
      'spock_version',
    ]);
  });

  test('is told the status, and nothing with a password in it', async () => {
    const rows = await ask(
      watchDsn(mesh, 'n1'),
      'SELECT * FROM tricorder_status.subscription_status() ORDER BY 1',
    );
    expect(rows).toEqual([
      { subscription_name: 'sub_n1n2', status: 'replicating', provider_node: 'n2' },
      { subscription_name: 'sub_n1n3', status: 'replicating', provider_node: 'n3' },
    ]);
  });

  test("cannot put its own objects in the place of the function's", async () => {
    const [row] = await mesh.admin(
      'n1',
      "SELECT prosecdef, proconfig FROM pg_proc WHERE oid = 'tricorder_status.subscription_status'::regproc",
    );
    expect(row).toEqual({ prosecdef: true, proconfig: ['search_path=pg_catalog, pg_temp'] });
  });

  test("nobody's role or password went to the other nodes or into spock.queue", async () => {
    for (const node of NODES) {
      expect(
        await one(node, "SELECT count(*) FROM spock.queue WHERE message::text ~* 'tricorder_watch'"),
      ).toBe('0');
    }
  });
});

describe('after the REVOKE', () => {
  const app = (node: string) => mesh.dsn(node, { user: 'app', password: 'app-7f3a' });

  test('rows of a role without rights in schema spock go on replicating', async () => {
    await ask(app('n1'), "INSERT INTO counted VALUES (1, 100, 'from n1'), (2, 0, 'gone soon')");
    await everywhere('SELECT count(*) FROM counted', 2);
    await ask(app('n2'), "UPDATE counted SET note = 'from n2' WHERE id = 1");
    await everywhere('SELECT note FROM counted WHERE id = 1', 'from n2');
    await ask(app('n3'), 'DELETE FROM counted WHERE id = 2');
    await everywhere('SELECT count(*) FROM counted', 1);
  });

  test('TRUNCATE is replicated', async () => {
    await ask(app('n1'), 'CREATE TABLE emptied (id int PRIMARY KEY)');
    await ask(app('n2'), 'CREATE TABLE emptied (id int PRIMARY KEY)');
    await ask(app('n3'), 'CREATE TABLE emptied (id int PRIMARY KEY)');
    for (const node of NODES) await mesh.admin(node, "SELECT spock.repset_add_table('default', 'emptied')");
    await ask(app('n1'), 'INSERT INTO emptied VALUES (1)');
    await everywhere('SELECT count(*) FROM emptied', 1);
    await ask(app('n2'), 'TRUNCATE emptied');
    await everywhere('SELECT count(*) FROM emptied', 0);
  });

  test('delta_apply sums what three nodes add at once', async ({ skip }) => {
    if (mesh.standin) skip('delta_apply: the stand-in has none');
    await Promise.all(
      [5, 7, 11].map((add, index) =>
        ask(app(NODES[index] as string), `UPDATE counted SET total = total + ${add} WHERE id = 1`),
      ),
    );
    await everywhere('SELECT total FROM counted WHERE id = 1', 123);
  });

  test('DDL of such a role is replicated, and its table too', async () => {
    const ddl = 'SET spock.enable_ddl_replication = on; SET spock.include_ddl_repset = on';
    if (mesh.standin)
      await mesh.admin('n1', "SELECT spock.replicate_ddl('CREATE TABLE public.later (id int PRIMARY KEY)')");
    else await ask(app('n1'), `${ddl}; CREATE TABLE later (id int PRIMARY KEY)`);
    await everywhere("SELECT to_regclass('later') IS NOT NULL", true);
  });

  test('a table is copied anew', async () => {
    await mesh.admin('n3', "SELECT spock.sub_resync_table('sub_n3n1', 'counted', true)");
    await everywhere('SELECT note FROM counted WHERE id = 1', 'from n2');
  });

  test('every subscription is replicating, and nothing was thrown away', async () => {
    for (const node of NODES) {
      await until(`${node} replicates`, async () => {
        const rows = await mesh.admin(node, 'SELECT status FROM spock.sub_show_status()');
        return rows.length === 2 && rows.every(({ status }) => status === 'replicating') ? true : null;
      });
      expect(await one(node, 'SELECT count(*) FROM spock.exception_log')).toBe('0');
    }
  });
});

describe('the console with this role', () => {
  let snapshot: Snapshot;

  beforeAll(async () => {
    const created = await mesh.api<Cluster>('POST', '/clusters', {
      name: 'watched',
      nodes: NODES.map((node) => ({ dsn: watchDsn(mesh, node) })),
    });
    expect(created).toMatchObject({ status: 201, body: { discovered: [] } });
    // Both read the slow facts now: what they know is compared.
    const { watchers } = mesh.console.services;
    await Promise.all(['demo', 'watched'].map((name) => watchers.get(name)?.refresh()));
    snapshot = await mesh.snapshotWhen(
      'watched',
      ({ nodes, links, replicationSets }) =>
        nodes.every(({ state, settings }) => state === 'up' && settings.length > 0) &&
        links.every(({ state, lagSeconds }) => state === 'replicating' && lagSeconds !== null) &&
        replicationSets.length >= 9,
    );
  });

  test('knows of every node, subscription, link and set what the superuser knows', async () => {
    const full = await mesh.snapshotWhen('demo', ({ replicationSets }) => replicationSets.length >= 9);
    const shape = ({ nodes, subscriptions, links, replicationSets }: Snapshot) => ({
      nodes: nodes.map(
        ({ name, serverVersion, engineVersion, standin, readOnly, timeline, systemIdentifier }) => ({
          name,
          serverVersion,
          engineVersion,
          standin,
          readOnly,
          timeline,
          systemIdentifier,
        }),
      ),
      capacity: nodes.map(({ capacity }) =>
        capacity.map(({ name, max, used }) => [name, max, used === null]),
      ),
      settings: nodes.map(({ settings }) => settings.map(({ name, value }) => [name, value])),
      subscriptions: subscriptions.map((sub) => ({
        ...sub,
        providerDsn: null,
        observedAt: null,
        workerPid: sub.workerPid === null,
      })),
      links: links.map(({ provider, receiver, state, subscriptions: names }) => [
        provider,
        receiver,
        state,
        names,
      ]),
      replicationSets: replicationSets.map((set) => ({ ...set, observedAt: null })),
    });
    expect(shape(snapshot)).toEqual(shape(full));
    expect(snapshot.subscriptions.map(({ reportedStatus }) => reportedStatus)).toEqual(
      Array(6).fill('replicating'),
    );
  });

  test('says field by field what it may not see', () => {
    for (const node of snapshot.nodes) {
      expect(node.unseen).toEqual([
        'spock.node_interface.if_dsn',
        'spock.exception_log.local_tup',
        'spock.exception_log.remote_old_tup',
        'spock.exception_log.remote_new_tup',
        'spock.exception_log.ddl_statement',
        'spock.resolutions.local_tuple',
        'spock.resolutions.remote_tuple',
      ]);
      expect(node.interfaces.map(({ dsn }) => dsn)).toEqual([null]);
    }
    expect(snapshot.subscriptions.map(({ providerDsn }) => providerDsn)).toEqual(Array(6).fill(null));
  });

  test('raises no finding that the superuser does not see', async () => {
    const codes = ({ findings }: Snapshot) =>
      JSON.stringify([...new Set(findings.map(({ code }) => code))].sort());
    // What was made a moment ago is told once it has been read twice.
    await mesh.snapshotWhen('demo', (full) => codes(full) === codes(snapshot));
  });

  test('serves conflicts, exceptions, tables; a trace is refused with the reason', async () => {
    for (const page of ['conflicts', 'exceptions', 'tables']) {
      expect((await mesh.api('GET', `/clusters/watched/${page}`)).status).toBe(200);
    }
    const trace = await mesh.api<{ message: string }>('POST', '/clusters/watched/trace', { from: 'n1' });
    expect(trace.status).toBe(422);
    expect(JSON.stringify(trace.body)).toMatch(/role tricorder_watch may not run spock\.sync_event/i);
  });

  test('one DSN is enough: the others are offered by name, their addresses being unseen', async () => {
    const { status, body } = await mesh.api<Cluster>('POST', '/clusters', {
      name: 'from-one',
      nodes: [{ dsn: watchDsn(mesh, 'n1') }],
    });
    expect(status).toBe(201);
    expect(body.discovered.map(({ name, dsn, reachable }) => [name, dsn, reachable])).toEqual([
      ['n2', null, null],
      ['n3', null, null],
    ]);
    expect((await mesh.api('DELETE', '/clusters/from-one')).status).toBe(200);
  });
});

describe('taken back', () => {
  test('nothing of it is left, and Spock has its functions as it made them', async () => {
    await mesh.api('DELETE', '/clusters/watched');
    for (const node of NODES) {
      await until(`${node} has no session of the role`, async () =>
        (await one(node, `SELECT count(*) FROM pg_stat_activity WHERE usename = '${watchingRoleName}'`)) ===
        '0'
          ? true
          : null,
      );
      await mesh.admin(node, takeBackStatements({ role: watchingRoleName, line: mesh.line }).join(';\n'));
      expect(await one(node, `SELECT count(*) FROM pg_roles WHERE rolname = '${watchingRoleName}'`)).toBe(
        '0',
      );
      expect(await one(node, "SELECT count(*) FROM pg_namespace WHERE nspname = 'tricorder_status'")).toBe(
        '0',
      );
      const closed = await mesh.admin(
        node,
        `SELECT proname FROM pg_proc WHERE pronamespace = 'spock'::regnamespace
           AND NOT has_function_privilege('app', oid, 'EXECUTE') ORDER BY 1`,
      );
      const expected = mesh.line === '4.0' ? [] : ['pause_apply_workers', 'resume_apply_workers'];
      expect(closed.map(({ proname }) => proname)).toEqual(expected);
    }
  });
});
