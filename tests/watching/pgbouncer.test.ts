/** The console behind pgbouncer in transaction mode: it watches, leaves nothing in the server's session, and plans nothing. */
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cluster } from '#core/contract/clusters.ts';
import type { Row } from '#core/engines/engine.ts';
import type { Plan } from '#core/model/plan.ts';
import { connect, type Mesh, startMesh, until } from './mesh.ts';
import { findPgbouncer, type Pgbouncer, startPgbouncer } from './pgbouncer.ts';

const file = findPgbouncer();
if (file === null) {
  process.stdout.write(
    'note: no pgbouncer here (Debian: apt-get install pgbouncer): its tests are skipped\n',
  );
}

/** Settings that pgbouncer itself carries from client to server, and sets anew for each client. */
const CARRIED = [
  'application_name',
  'client_encoding',
  'DateStyle',
  'standard_conforming_strings',
  'TimeZone',
];

describe.skipIf(file === null)('behind pgbouncer in transaction mode', () => {
  let mesh: Mesh;
  let bouncer: Pgbouncer;
  /** An application's session on the one server connection that the console's polls share. */
  let app: pg.Client;

  const asApp = async (text: string): Promise<Row[]> => (await app.query<Row>(text)).rows;
  const polls = () => mesh.console.services.watchers.get('pooled')?.polls().n1 ?? [];
  /** What of the session is not as a new one has it. */
  const leftovers = async () => {
    const rows = await asApp(
      "SELECT name, setting FROM pg_settings WHERE source NOT IN ('default', 'configuration file', 'override', 'environment variable', 'database', 'user', 'database user', 'command line') ORDER BY 1",
    );
    const prepared = await asApp('SELECT name FROM pg_prepared_statements');
    return [...rows.filter(({ name }) => !CARRIED.includes(String(name))), ...prepared];
  };
  const shown = async () => {
    const names = [
      'statement_timeout',
      'lock_timeout',
      'search_path',
      'datestyle',
      'intervalstyle',
      'jit',
      'transaction_read_only',
      'application_name',
    ];
    const rows = await asApp(
      `SELECT ${names.map((name) => `current_setting('${name}') AS ${name}`).join(', ')}`,
    );
    return rows[0];
  };
  let before: Row | undefined;

  beforeAll(async () => {
    mesh = await startMesh();
    bouncer = await startPgbouncer(file as string, mesh.dsn('n1'));
    app = await connect(`host=127.0.0.1 port=${bouncer.port} dbname=demo user=app application_name=shop`);
    before = await shown();
    const { status, body } = await mesh.api<Cluster>('POST', '/clusters', {
      name: 'pooled',
      nodes: [
        {
          dsn: `host=127.0.0.1 port=${bouncer.port} dbname=demo user=watcher sslmode=disable`,
          peerDsn: mesh.dsn('n1'),
        },
        { dsn: mesh.dsn('n2') },
        { dsn: mesh.dsn('n3') },
      ],
    });
    expect({ status, body }).toMatchObject({ status: 201 });
  }, 180_000);

  afterAll(async () => {
    await app?.end().catch(() => undefined);
    await bouncer?.stop();
    await mesh?.stop();
  });

  test('every poll is answered, fast and slow', async () => {
    const snapshot = await mesh.snapshotWhen(
      'pooled',
      ({ nodes, links }) =>
        nodes.every(({ state, settings }) => state === 'up' && settings.length > 0) &&
        links.every(({ state, lagSeconds }) => state === 'replicating' && lagSeconds !== null),
    );
    expect(snapshot.nodes[0]?.unseen).toEqual([]);
    // One after the other: on a busy machine a single poll may come too late, which says nothing of the pooler.
    await until(
      'ten polls in a row are answered',
      async () =>
        polls().length >= 10 &&
        polls()
          .slice(-10)
          .every(({ roundTripMs }) => roundTripMs !== null)
          ? true
          : null,
      60,
    );
    expect(mesh.console.services.watchers.get('pooled')?.snapshot.nodes[0]?.error).toBeNull();
  });

  test('the application has the very session that was polled, and finds nothing left in it', async () => {
    // Its name stands there while it has the session: between two of its transactions a poll may.
    const [mine] = await asApp('BEGIN').then(() => asApp('SELECT pg_backend_pid() AS pid'));
    const sessions = await mesh.admin(
      'n1',
      `SELECT pid FROM pg_stat_activity WHERE datname = 'demo' AND backend_type = 'client backend' AND pid <> pg_backend_pid()
         AND application_name = 'shop'`,
    );
    await asApp('COMMIT');
    expect(sessions).toEqual([mine]);
    expect(await leftovers()).toEqual([]);
    expect(await shown()).toEqual(before);
    expect(before).toMatchObject({
      application_name: 'shop',
      statement_timeout: '0',
      transaction_read_only: 'off',
    });
  });

  test('nor after a poll that failed', async () => {
    const locker = await connect(mesh.dsn('n1'));
    const count = polls().filter(({ roundTripMs }) => roundTripMs === null).length;
    try {
      await locker.query('BEGIN; LOCK TABLE spock.subscription IN ACCESS EXCLUSIVE MODE');
      await until('a poll waits in vain for the lock', async () =>
        polls().filter(({ roundTripMs }) => roundTripMs === null).length > count ? true : null,
      );
    } finally {
      await locker.query('ROLLBACK');
      await locker.end();
    }
    expect(await leftovers()).toEqual([]);
    expect(await shown()).toEqual(before);
    await mesh.snapshotWhen('pooled', ({ nodes }) => nodes[0]?.state === 'up' && nodes[0].error === null);
  });

  test('pages of rows and a trace are answered', async () => {
    for (const page of ['conflicts', 'exceptions', 'tables']) {
      expect((await mesh.api('GET', `/clusters/pooled/${page}`)).status).toBe(200);
    }
    const trace = await mesh.api<{ arrivals: { node: string; ms: number | null }[] }>(
      'POST',
      '/clusters/pooled/trace',
      { from: 'n1' },
    );
    expect(trace.status).toBe(200);
    expect(trace.body.arrivals.map(({ node, ms }) => [node, ms !== null])).toEqual([
      ['n2', true],
      ['n3', true],
    ]);
    expect(await leftovers()).toEqual([]);
  });

  test('a plan that writes there is refused, with the way out; on a node that is reached directly it is not', async () => {
    const planFor = async (receiver: string, subscription: string) =>
      (
        await mesh.api<Plan>('POST', '/plans', {
          kind: 'subscription-disable',
          cluster: 'pooled',
          receiver,
          subscription,
        })
      ).body;
    const plan = await planFor('n1', 'sub_n1n2');
    expect(plan.problems).toEqual([
      {
        node: 'n1',
        code: 'pooled',
        message:
          'n1 is reached through a pooler, such as pgbouncer. Watching works this way; a run needs a direct connection.',
        remedy: "Change the address of n1 to the server's own host and port, then plan again.",
      },
    ]);
    expect(plan.checks).toContainEqual({
      node: 'n1',
      name: 'Direct connection',
      result: 'stop',
      value: 'through a pooler',
      step: null,
    });
    expect((await mesh.api('POST', `/plans/${plan.id}/runs`)).status).toBe(422);
    expect((await planFor('n2', 'sub_n2n1')).problems).toEqual([]);
  });

  test('addresses that differ for the console and for the peers are shown, and no finding', async () => {
    const { body } = await mesh.api<Cluster>('GET', '/clusters/pooled');
    expect(
      body.nodes.map(({ name, interfaces }) => [name, interfaces?.map(({ differs }) => differs)]),
    ).toEqual([
      ['n1', [true]],
      ['n2', [false]],
      ['n3', [false]],
    ]);
    expect(body.discovered).toEqual([]);
    expect(JSON.stringify(body)).not.toContain(/password=(\S+)/.exec(mesh.dsn('n1'))?.[1]);
    const snapshot = await mesh.snapshotWhen('pooled', ({ nodes }) =>
      nodes.every(({ state }) => state === 'up'),
    );
    expect(snapshot.findings.filter(({ code }) => code === 'stale-interface')).toEqual([]);
    expect(snapshot.findings.map(({ code }) => code)).not.toContain('orphan-slot');
  });
});
