/** The life of a three-node mesh on the stand-in, on three real PostgreSQL servers. */
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServers, type TestServer, type TestServers, until } from '#server/testing/servers.ts';

const names = ['n1', 'n2', 'n3'] as const;
type Name = (typeof names)[number];
const others = (name: Name) => names.filter((other) => other !== name);
const pairs = names.flatMap((receiver) => others(receiver).map((provider) => ({ receiver, provider })));

interface Node extends TestServer {
  client: Client;
}

let servers: TestServers;
let nodes: Record<Name, Node>;

async function query(name: Name, text: string, values: unknown[] = []) {
  return (await nodes[name].client.query(text, values)).rows;
}

async function one<T>(name: Name, text: string, values: unknown[] = []): Promise<T> {
  const [row] = await query(name, text, values);
  return Object.values(row ?? {})[0] as T;
}

const everywhere = (text: string) => Promise.all(names.map((name) => query(name, text)));

/** Each call on a connection of its own, so that all of them run at once. */
async function alone(name: Name, text: string, values: unknown[] = []): Promise<void> {
  const client = await nodes[name].connect();
  try {
    await client.query(text, values);
  } finally {
    await client.end();
  }
}

const status = (name: Name, subscription: string) =>
  one<string>(name, 'SELECT status FROM spock.sub_show_status($1)', [subscription]);

const toBecome = (name: Name, subscription: string, wanted: string) =>
  until(`${subscription} is ${wanted}`, async () => (await status(name, subscription)) === wanted);

/** A table or column that is not there yet is an answer too. */
const toHold = (name: Name, text: string, wanted: unknown) =>
  until(`${name}: ${text} gives ${JSON.stringify(wanted)}`, async () => {
    const value = await one(name, text).catch((error) => {
      if (error.code === '42P01' || error.code === '42703') return error;
      throw error;
    });
    return JSON.stringify(value) === JSON.stringify(wanted);
  });

async function subscribe() {
  await Promise.all(
    pairs.map(({ receiver, provider }) =>
      alone(receiver, 'SELECT spock.sub_create($1, $2)', [`sub_${receiver}${provider}`, nodes[provider].dsn]),
    ),
  );
}

async function unsubscribe() {
  await Promise.all(
    pairs.map(({ receiver, provider }) =>
      alone(receiver, 'SELECT spock.sub_drop($1, true)', [`sub_${receiver}${provider}`]),
    ),
  );
}

async function meshToReplicate() {
  await Promise.all(pairs.map((p) => toBecome(p.receiver, `sub_${p.receiver}${p.provider}`, 'replicating')));
}

/** Waits until what `provider` has committed so far is applied by `receiver`. */
async function toCatchUp(provider: Name, receiver: Name) {
  const lsn = await one<string>(provider, 'SELECT spock.sync_event()');
  expect(
    await one(receiver, `CALL spock.wait_for_sync_event(NULL, '${provider}'::name, $1, 20)`, [lsn]),
  ).toBe(true);
}

beforeAll(async () => {
  servers = await startServers(3);
  const made = await Promise.all(
    servers.servers.map(async (server) => ({ ...server, client: await server.connect() })),
  );
  nodes = Object.fromEntries(names.map((name, index) => [name, made[index]])) as Record<Name, Node>;
  await everywhere(`
    CREATE EXTENSION spock;
    CREATE TABLE acct (id int PRIMARY KEY, bal numeric, note text);
    CREATE TABLE nokey (line text);
    CREATE TABLE "Weird ""name"" – ünïcode" ("the ""id""
of it" int PRIMARY KEY, "v'al" text);`);
  for (const name of names) await query(name, 'SELECT spock.node_create($1, $2)', [name, nodes[name].dsn]);
});

afterAll(async () => {
  await Promise.all(names.map((name) => nodes?.[name]?.client.end().catch(() => undefined)));
  await servers?.stop();
});

describe('a mesh', () => {
  it('takes all tables that have a key, and warns of those that have not', async () => {
    const warnings: (string | undefined)[] = [];
    nodes.n1.client.once('notice', (notice) => warnings.push(notice.message));
    await everywhere(`SELECT spock.repset_add_all_tables('default', '{public}')`);
    expect(warnings).toEqual(['skipping table public.nokey for replication set default']);
    expect(await query('n1', 'SELECT relname, set_name FROM spock.tables ORDER BY 1')).toEqual([
      { relname: 'Weird "name" – ünïcode', set_name: 'default' },
      { relname: 'acct', set_name: 'default' },
      { relname: 'nokey', set_name: null },
    ]);
    await expect(query('n1', `SELECT spock.repset_add_table('default', 'nokey')`)).rejects.toMatchObject({
      code: '22023',
      message: 'table nokey cannot be added to replication set default',
    });
  });

  it('is made by six calls at once, again and again, and leaves nothing behind', async () => {
    for (let round = 0; round < 5; round++) {
      await subscribe();
      await unsubscribe();
    }
    for (const name of names) {
      expect(
        await query(
          name,
          `SELECT (SELECT count(*)::int FROM pg_replication_slots) AS slots,
                  (SELECT count(*)::int FROM pg_subscription) AS subscriptions,
                  (SELECT count(*)::int FROM pg_subscription_rel) AS subscribed,
                  (SELECT count(*)::int FROM spock.node) AS nodes`,
        ),
      ).toEqual([{ slots: 0, subscriptions: 0, subscribed: 0, nodes: 1 }]);
    }
  });

  it('replicates each way, and once', async () => {
    await subscribe();
    for (const { receiver, provider } of pairs)
      await query(receiver, 'SELECT spock.sub_wait_for_sync($1)', [`sub_${receiver}${provider}`]);
    await meshToReplicate();
    await Promise.all(
      names.map((name, index) => query(name, 'INSERT INTO acct VALUES ($1, 10, $2)', [index + 1, name])),
    );
    for (const name of names) await toHold(name, 'SELECT array_agg(id ORDER BY id) FROM acct', [1, 2, 3]);
    await query('n2', 'UPDATE acct SET bal = 20 WHERE id = 1');
    await query('n3', 'DELETE FROM acct WHERE id = 2');
    await query('n1', `INSERT INTO "Weird ""name"" – ünïcode" VALUES (1, E'\\'\\n"ü')`);
    for (const name of names) {
      await toHold(name, 'SELECT array_agg(id || note || bal ORDER BY id) FROM acct', ['1n120', '3n310']);
      await toHold(name, `SELECT "v'al" FROM "Weird ""name"" – ünïcode"`, '\'\n"ü');
    }
    expect(await query('n1', 'SELECT * FROM spock.resolutions')).toEqual([]);
    expect(await query('n1', 'SELECT * FROM spock.exception_log')).toEqual([]);
  });

  it('shows itself as Spock does', async () => {
    expect(await query('n1', `SELECT * FROM spock.sub_show_status('sub_n1n2')`)).toEqual([
      {
        subscription_name: 'sub_n1n2',
        status: 'replicating',
        provider_node: 'n2',
        provider_dsn: nodes.n2.dsn,
        slot_name: 'spk_demo_n2_sub_n1n2',
        replication_sets: ['default', 'default_insert_only', 'ddl_sql'],
        forward_origins: null,
      },
    ]);
    expect(
      await query('n2', 'SELECT slot_name, plugin, active FROM pg_replication_slots ORDER BY slot_name'),
    ).toEqual([
      { slot_name: 'spk_demo_n2_sub_n1n2', plugin: 'pgoutput', active: true },
      { slot_name: 'spk_demo_n2_sub_n3n2', plugin: 'pgoutput', active: true },
    ]);
    expect(await query('n1', 'SELECT sync_kind, sync_status FROM spock.local_sync_status')).toEqual([
      { sync_kind: 'i', sync_status: 'r' },
      { sync_kind: 'i', sync_status: 'r' },
    ]);
    expect(await query('n1', 'SELECT worker_status FROM spock.get_apply_worker_status()')).toHaveLength(2);
    const lag = await query('n1', 'SELECT * FROM spock.lag_tracker ORDER BY origin_name');
    expect(lag).toMatchObject([
      { origin_name: 'n2', receiver_name: 'n1', remote_insert_lsn: null, replication_lag_bytes: null },
      { origin_name: 'n3', receiver_name: 'n1', remote_insert_lsn: null, replication_lag_bytes: null },
    ]);
    for (const row of lag) expect(row.received_lsn).not.toBeNull();
    const stats = await query('n1', 'SELECT * FROM spock.channel_summary_stats ORDER BY sub_name');
    expect(stats).toMatchObject([
      { subid: 0, sub_name: '<output>', n_tup_ins: null, n_conflict: null },
      { sub_name: 'sub_n1n2', n_tup_ins: null, n_conflict: '0' },
      { sub_name: 'sub_n1n3', n_tup_ins: null, n_conflict: '0' },
    ]);
    const info = await query('n1', 'SELECT * FROM spock.node_info()');
    expect(info).toMatchObject([
      { node_name: 'n1', dbname: 'demo', replication_sets: '"default",default_insert_only,ddl_sql' },
    ]);
  });

  it('tells by a sync event that a receiver has caught up', async () => {
    await query('n1', 'UPDATE acct SET bal = 21 WHERE id = 1');
    await toCatchUp('n1', 'n2');
    expect(await one('n2', 'SELECT bal FROM acct WHERE id = 1')).toBe('21');
    const event = await one<string>('n1', 'SELECT spock.sync_event(true)');
    await query('n1', `SELECT spock.wait_slot_confirm_lsn('spk_demo_n1_sub_n2n1', $1)`, [event]);
  });
});

describe('a subscription', () => {
  it('stops when disabled and goes on when enabled', async () => {
    await query('n2', `SELECT spock.sub_disable('sub_n2n1')`);
    await toBecome('n2', 'sub_n2n1', 'disabled');
    await query('n1', 'UPDATE acct SET bal = 30 WHERE id = 1');
    await toHold('n3', 'SELECT bal FROM acct WHERE id = 1', '30');
    expect(await one('n2', 'SELECT bal FROM acct WHERE id = 1')).toBe('21');
    await query('n2', `SELECT spock.sub_enable('sub_n2n1', true)`);
    await toBecome('n2', 'sub_n2n1', 'replicating');
    await toHold('n2', 'SELECT bal FROM acct WHERE id = 1', '30');
  });

  it('is down while its provider is, and comes back', async () => {
    await nodes.n3.crash();
    await toBecome('n1', 'sub_n1n3', 'down');
    await query('n1', `INSERT INTO acct VALUES (4, 1, 'meanwhile')`);
    await nodes.n3.start();
    nodes.n3.client = await nodes.n3.connect();
    await meshToReplicate();
    await toHold('n3', 'SELECT note FROM acct WHERE id = 4', 'meanwhile');
  });

  it('that cannot be made leaves no slot', async () => {
    // The name is free on n1, but its slot would be that of a living subscription.
    await expect(
      query('n1', `SELECT spock.sub_create('sub_n1n2', $1)`, [nodes.n2.dsn]),
    ).rejects.toMatchObject({ message: 'subscription sub_n1n2 already exists' });
    const elsewhere = `${nodes.n2.dsn} application_name=elsewhere`;
    await expect(query('n1', `SELECT spock.sub_create('sub_again', $1)`, [elsewhere])).rejects.toThrow(
      'points to existing node "n2" with different dsn',
    );
    await expect(query('n1', `SELECT spock.sub_create('Sub', $1)`, [nodes.n2.dsn])).rejects.toMatchObject({
      code: '42602',
    });
    await expect(query('n1', `SELECT spock.sub_create('nobody', 'host=127.0.0.1 port=1')`)).rejects.toThrow(
      'could not connect to the postgresql server',
    );
    expect(await one('n2', 'SELECT count(*)::int FROM pg_replication_slots')).toBe(2);
  });

  it('gives up on a provider whose transactions do not end, and says why', async () => {
    const writer = await nodes.n2.connect();
    await writer.query(`BEGIN; UPDATE acct SET note = 'open' WHERE id = 1`);
    await expect(
      query('n1', `SELECT spock.sub_create('sub_late', $1)`, [nodes.n2.dsn]),
    ).rejects.toMatchObject({
      code: '55P03',
      message: expect.stringContaining('within 10 seconds'),
    });
    await writer.query('ROLLBACK');
    await writer.end();
    expect(await one('n2', 'SELECT count(*)::int FROM pg_replication_slots')).toBe(2);
  });

  it('follows another interface of its provider', async () => {
    const other = `${nodes.n2.dsn} connect_timeout=3`;
    await query('n1', `SELECT spock.node_add_interface('n2', 'Other "way"', $1)`, [other]);
    expect(await one('n1', `SELECT spock.sub_alter_interface('sub_n1n2', 'Other "way"')`)).toBe(true);
    expect(await one('n1', `SELECT spock.sub_alter_interface('sub_n1n2', 'Other "way"')`)).toBe(false);
    await expect(query('n1', `SELECT spock.node_drop_interface('n2', 'Other "way"')`)).rejects.toThrow(
      'subscription "sub_n1n2" is using it',
    );
    await query('n2', `UPDATE acct SET note = 'by the other way' WHERE id = 4`);
    await toHold('n1', 'SELECT note FROM acct WHERE id = 4', 'by the other way');
    expect(await one('n1', `SELECT spock.sub_alter_interface('sub_n1n2', 'n2')`)).toBe(true);
    await toBecome('n1', 'sub_n1n2', 'replicating');
  });

  it('refuses what it cannot do', async () => {
    const refused = { code: '0A000', message: expect.stringContaining('the stand-in for Spock cannot') };
    await expect(
      query('n1', `SELECT spock.sub_alter_options('sub_n1n2', '{"apply_delay": "4 s"}')`),
    ).rejects.toMatchObject(refused);
    await expect(
      query('n1', `SELECT spock.sub_alter_options('sub_n1n2', '{"forward_origins": ["all"]}')`),
    ).rejects.toThrow('cannot activate forwarding on subscription "sub_n1n2"');
    expect(await one('n1', `SELECT spock.sub_alter_options('sub_n1n2', '{"skip_schema": ["x"]}')`)).toBe(
      true,
    );
  });

  it('keeps the node from being dropped', async () => {
    await expect(query('n1', `SELECT spock.node_drop('n1')`)).rejects.toMatchObject({ code: '55000' });
  });
});

describe('replication sets', () => {
  const odd = 'Odd "set" – with ünïcode as long as a name may be, 63 bytes';

  it('take effect with their transaction and need no word to the receivers', async () => {
    await everywhere('CREATE TABLE late (id int PRIMARY KEY, v text)');
    // A foreign key makes PostgreSQL report the new table twice.
    await everywhere('CREATE TABLE later (id int PRIMARY KEY, late int REFERENCES late)');
    await query('n1', `BEGIN; SELECT spock.repset_add_table('default', 'late'); ROLLBACK`);
    expect(await one('n1', `SELECT set_name FROM spock.tables WHERE relname = 'late'`)).toBeNull();
    await query('n1', `INSERT INTO late VALUES (1, 'before')`);
    await query('n1', `SELECT spock.repset_add_table('default', 'late')`);
    await query('n1', `INSERT INTO late VALUES (2, 'after')`);
    await toHold('n2', 'SELECT array_agg(id) FROM late', [2]);
    await query('n1', `SELECT spock.repset_remove_table('default', 'late')`);
    await query('n1', `INSERT INTO late VALUES (3, 'removed')`);
    await toCatchUp('n1', 'n2');
    expect(await one('n2', 'SELECT array_agg(id) FROM late')).toEqual([2]);
    await expect(query('n1', `SELECT spock.repset_remove_table('default', 'late')`)).rejects.toThrow(
      'not found',
    );
  });

  it('are added to a subscription and taken from it, whatever their name', async () => {
    await query('n1', 'SELECT spock.repset_create($1)', [odd]);
    await query('n1', `SELECT spock.repset_add_table($1, 'late')`, [odd]);
    expect(await one('n2', `SELECT spock.sub_add_repset('sub_n2n1', $1)`, [odd])).toBe(true);
    expect(await one('n2', `SELECT spock.sub_add_repset('sub_n2n1', $1)`, [odd])).toBe(false);
    expect(await one('n2', `SELECT replication_sets FROM spock.sub_show_status('sub_n2n1')`)).toEqual([
      'default',
      'default_insert_only',
      'ddl_sql',
      odd,
    ]);
    await toBecome('n2', 'sub_n2n1', 'replicating');
    await query('n1', `INSERT INTO late VALUES (4, 'odd')`);
    await toHold('n2', 'SELECT array_agg(id) FROM late', [2, 4]);
    await toCatchUp('n1', 'n3');
    expect(await one('n3', 'SELECT array_agg(id) FROM late')).toEqual([2]);

    expect(await one('n2', `SELECT spock.sub_remove_repset('sub_n2n1', $1)`, [odd])).toBe(true);
    await toBecome('n2', 'sub_n2n1', 'replicating');
    await query('n1', `INSERT INTO late VALUES (5, 'no more')`);
    await toCatchUp('n1', 'n2');
    expect(await one('n2', 'SELECT array_agg(id) FROM late')).toEqual([2, 4]);
    expect(await one('n1', 'SELECT spock.repset_drop($1)', [odd])).toBe(true);
  });

  it('filter rows and columns', async () => {
    await everywhere('CREATE TABLE filtered (id int PRIMARY KEY, region text, secret text)');
    await query('n1', `SELECT spock.repset_create('eu', true, false, false, true)`);
    await query(
      'n1',
      `SELECT spock.repset_add_table('eu', 'filtered', columns := '{id,region}', row_filter := $$region = 'eu'$$)`,
    );
    expect(
      await query(
        'n1',
        `SELECT set_att_list, pg_get_expr(set_row_filter, set_reloid) AS filter
           FROM spock.replication_set_table WHERE set_reloid = 'filtered'::regclass`,
      ),
    ).toEqual([{ set_att_list: ['id', 'region'], filter: "(region = 'eu'::text)" }]);
    expect(
      await query('n1', `SELECT att_list, has_row_filter FROM spock.repset_show_table('filtered', '{eu}')`),
    ).toEqual([{ att_list: ['id', 'region'], has_row_filter: true }]);
    await query('n2', `SELECT spock.sub_add_repset('sub_n2n1', 'eu')`);
    await toBecome('n2', 'sub_n2n1', 'replicating');
    await query('n1', `INSERT INTO filtered VALUES (1, 'us', 'a'), (2, 'eu', 'b')`);
    await toHold('n2', 'SELECT array_agg(filtered::text) FROM filtered', ['(2,eu,)']);
  });

  it('refuse the filters that PostgreSQL would make the users pay for', async () => {
    const add = (arguments_: string) =>
      query('n1', `SELECT spock.repset_add_table('default', 'filtered', ${arguments_})`);
    await expect(add(`row_filter := $$region = 'eu'$$`)).rejects.toMatchObject({ code: '0A000' });
    await expect(
      query(
        'n1',
        `SELECT spock.repset_add_table('default_insert_only', 'acct', row_filter := 'true), public.late WHERE (true')`,
      ),
    ).rejects.toMatchObject({ code: '42601' });
    await expect(add(`columns := '{id}'`)).rejects.toMatchObject({ code: '0A000' }); // eu has other columns
    await expect(add(`columns := '{region}'`)).rejects.toThrow('REPLICA IDENTITY columns must be replicated');
    await expect(add(`columns := '{nothing}'`)).rejects.toThrow('does not have column nothing');
    await expect(
      query('n1', `SELECT spock.repset_alter('eu', replicate_update := true)`),
    ).rejects.toMatchObject({
      code: '0A000',
    });
    await query('n1', `SELECT spock.repset_alter('eu', replicate_truncate := false)`);
    await query('n1', 'TRUNCATE filtered');
    await toCatchUp('n1', 'n2');
    expect(await one('n2', 'SELECT count(*)::int FROM filtered')).toBe(1);
  });

  it('take partitions with their parent', async () => {
    await everywhere(`
      CREATE TABLE part (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
      CREATE TABLE part_low PARTITION OF part FOR VALUES FROM (0) TO (100)`);
    await query('n1', `SELECT spock.repset_add_table('default', 'part', row_filter := 'id <> 13')`);
    await everywhere('CREATE TABLE part_high PARTITION OF part FOR VALUES FROM (100) TO (200)');
    await query('n1', `INSERT INTO part VALUES (1, 'low'), (13, 'filtered'), (101, 'not a member yet')`);
    expect(await one('n1', `SELECT spock.repset_add_partition('part')`)).toBe(1);
    await query('n1', `INSERT INTO part VALUES (102, 'high')`);
    await toHold('n2', 'SELECT array_agg(id ORDER BY id) FROM part', [1, 102]);
    expect(await one('n1', `SELECT spock.repset_remove_partition('part', 'part_high')`)).toBe(1);
    await query('n1', `SELECT spock.repset_remove_table('default', 'part')`);
    expect(
      await one(
        'n1',
        `SELECT count(*)::int FROM spock.tables WHERE set_name IS NOT NULL AND relname ~ 'part'`,
      ),
    ).toBe(0);
  });

  it('forget a table that is dropped', async () => {
    await query('n1', `SELECT spock.repset_add_table('default', 'late')`);
    await expect(query('n1', 'DROP TABLE late')).rejects.toMatchObject({ code: '2BP01' });
    await everywhere('DROP TABLE late CASCADE');
    expect(
      await one(
        'n1',
        `SELECT count(*)::int FROM spock.replication_set_table m
                             WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = m.set_reloid)`,
      ),
    ).toBe(0);
    await meshToReplicate();
  });
});

describe('copies of data', () => {
  it('are made of one table on demand, and stay on the node that asked', async () => {
    const before = await one<number>('n3', 'SELECT count(*)::int FROM acct');
    await query('n2', `SET session_replication_role = replica`);
    await query(
      'n2',
      `SELECT pg_replication_origin_create('lost'), pg_replication_origin_session_setup('lost')`,
    );
    await query('n2', `DELETE FROM acct WHERE id > 1`); // behind replication's back
    await query('n2', `SELECT pg_replication_origin_session_reset(), pg_replication_origin_drop('lost')`);
    await query('n2', `RESET session_replication_role`);
    await query('n2', `SELECT spock.sub_resync_table('sub_n2n1', 'acct')`);
    await query('n2', `SELECT spock.table_wait_for_sync('sub_n2n1', 'acct')`);
    expect(await one('n2', 'SELECT count(*)::int FROM acct')).toBe(before);
    expect(await one('n3', 'SELECT count(*)::int FROM acct')).toBe(before);
    expect(await query('n2', `SELECT relname, status FROM spock.sub_show_table('sub_n2n1', 'acct')`)).toEqual(
      [{ relname: 'acct', status: 'replicating' }],
    );
    expect(
      await query(
        'n2',
        `SELECT sync_kind, sync_status FROM spock.local_sync_status WHERE sync_relname = 'acct'`,
      ),
    ).toEqual([{ sync_kind: 'd', sync_status: 'r' }]);
    await query('n1', 'UPDATE acct SET bal = 99 WHERE id = 1');
    await toHold('n2', 'SELECT bal FROM acct WHERE id = 1', '99');
    await expect(query('n2', `SELECT spock.sub_resync_table('sub_n2n1', 'nokey')`)).rejects.toThrow(
      'in none of the replication sets',
    );
  });

  it('lose nothing that is written meanwhile', async () => {
    let stop = false;
    const writer = await nodes.n1.connect();
    const writing = (async () => {
      for (let id = 1000; !stop; id++) await writer.query(`INSERT INTO acct VALUES ($1, 0, 'busy')`, [id]);
    })();
    for (let round = 0; round < 3; round++) {
      await query('n2', `SELECT spock.sub_resync_table('sub_n2n1', 'acct')`);
      await query('n2', `SELECT spock.table_wait_for_sync('sub_n2n1', 'acct')`);
    }
    stop = true;
    await writing;
    await writer.end();
    await Promise.all([toCatchUp('n1', 'n2'), toCatchUp('n1', 'n3')]);
    const digest = `SELECT count(*) || md5(string_agg(acct::text, ',' ORDER BY id)) FROM acct`;
    expect(await one('n2', digest)).toBe(await one('n1', digest));
    expect(await one('n3', digest)).toBe(await one('n1', digest));
  });

  it('are made at the start, when asked for', async () => {
    await query('n3', `SELECT spock.sub_drop('sub_n3n1')`);
    await query('n3', `SELECT spock.sub_drop('sub_n3n2')`);
    await query('n2', `SELECT spock.sub_disable('sub_n2n3')`);
    await query('n1', `SELECT spock.sub_disable('sub_n1n3')`);
    await query('n3', 'TRUNCATE acct, "Weird ""name"" – ünïcode"');
    await query('n3', `SELECT spock.sub_create('sub_n3n1', $1, synchronize_data := true)`, [nodes.n1.dsn]);
    await query('n3', `SELECT spock.sub_wait_for_sync('sub_n3n1')`);
    expect(
      await query('n3', 'SELECT sync_kind, sync_relname, sync_status FROM spock.local_sync_status'),
    ).toEqual([{ sync_kind: 'd', sync_relname: null, sync_status: 'r' }]);
    expect(await one('n3', 'SELECT count(*)::int FROM acct')).toBe(
      await one('n1', 'SELECT count(*)::int FROM acct'),
    );
    expect(await one('n3', 'SELECT count(*)::int FROM "Weird ""name"" – ünïcode"')).toBe(1);
  });

  it('are refused when the table is not there', async () => {
    await query('n3', `SELECT spock.sub_drop('sub_n3n1')`);
    await query(
      'n1',
      `CREATE TABLE only_n1 (id int PRIMARY KEY); SELECT spock.repset_add_table('default', 'only_n1')`,
    );
    await expect(
      query('n3', `SELECT spock.sub_create('sub_n3n1', $1, synchronize_data := true)`, [nodes.n1.dsn]),
    ).rejects.toMatchObject({ code: '42P01' });
    expect(await one('n1', `SELECT count(*)::int FROM pg_replication_slots WHERE slot_name ~ 'n3n1'`)).toBe(
      0,
    );
    await query('n1', 'DROP TABLE only_n1 CASCADE');
    // The TRUNCATE above is still to come from n3: let its slots go with the subscriptions.
    await unsubscribe();
    await subscribe();
    await meshToReplicate();
  });
});

describe('DDL', () => {
  it('travels with its transaction, in the order of the commits', async () => {
    await query(
      'n1',
      `SELECT spock.replicate_ddl('CREATE TABLE made (id int PRIMARY KEY)', search_path := 'public')`,
    );
    await query(
      'n1',
      `BEGIN; SELECT spock.repset_add_table('default', 'made'); INSERT INTO made VALUES (1); COMMIT`,
    );
    await query(
      'n1',
      `SELECT spock.replicate_ddl(ARRAY['ALTER TABLE made ADD v text', 'CREATE INDEX ON made (v)'],
                                                  search_path := '"$user", public')`,
    );
    await query('n1', `INSERT INTO made VALUES (2, 'two')`);
    for (const name of ['n2', 'n3'] as const) {
      await toHold(name, 'SELECT array_agg(made::text) FROM made', ['(1,)', '(2,two)']);
      expect(await one(name, `SELECT set_name FROM spock.tables WHERE relname = 'made'`)).toBeNull();
    }
    await meshToReplicate();
  });

  it('goes to the subscribers of its sets only, and fails here first', async () => {
    await query('n2', `SELECT spock.sub_remove_repset('sub_n2n1', 'ddl_sql')`);
    await toBecome('n2', 'sub_n2n1', 'replicating');
    await query('n1', `SELECT spock.replicate_ddl('CREATE TABLE public.some (id int)')`);
    await toHold('n3', `SELECT to_regclass('some') IS NOT NULL`, true);
    await toCatchUp('n1', 'n2');
    expect(await one('n2', `SELECT to_regclass('some')`)).toBeNull();
    await query('n2', `SELECT spock.sub_add_repset('sub_n2n1', 'ddl_sql')`);
    await expect(
      query('n1', `SELECT spock.replicate_ddl('CREATE TABLE public.some (id int)')`),
    ).rejects.toThrow('already exists');
    await expect(query('n1', `SELECT spock.replicate_ddl('SELECT 1', '{nonsense}')`)).rejects.toThrow(
      'replication set nonsense not found',
    );
  });

  it('runs as the role that it names', async () => {
    await everywhere('CREATE ROLE maker; GRANT CREATE ON SCHEMA public TO maker');
    await query('n1', `SELECT spock.replicate_ddl('CREATE TABLE public.owned (id int)', role := 'maker')`);
    for (const name of names)
      await toHold(name, `SELECT tableowner FROM pg_tables WHERE tablename = 'owned'`, 'maker');
    expect(await one('n1', 'SELECT current_user')).toBe('admin');
  });

  it('stops a subscription that cannot run it, until it can', async () => {
    await query('n2', 'CREATE TABLE public.clash (id int)');
    await query('n1', `SELECT spock.replicate_ddl('CREATE TABLE public.clash (id int)')`);
    await toBecome('n2', 'sub_n2n1', 'down');
    await query('n2', 'DROP TABLE public.clash');
    await toBecome('n2', 'sub_n2n1', 'replicating');
    await toHold('n2', `SELECT to_regclass('clash') IS NOT NULL`, true);
  });
});

describe('adding a node by hand', () => {
  it('accepts a subscription made disabled, for a slot made later', async () => {
    await query('n1', `SELECT spock.sub_drop('sub_n1n3')`);
    await query('n1', `SELECT spock.sub_create('sub_n1n3', $1, enabled := false)`, [nodes.n3.dsn]);
    expect(await status('n1', 'sub_n1n3')).toBe('disabled');
    const slot = await one<string>('n1', `SELECT slot_name FROM spock.sub_show_status('sub_n1n3')`);
    await query('n3', `SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
    await query('n3', `INSERT INTO acct VALUES (7, 7, 'waiting')`);
    await query('n1', `SELECT spock.sub_enable('sub_n1n3')`);
    await toHold('n1', 'SELECT note FROM acct WHERE id = 7', 'waiting');
  });
});

describe('the end', () => {
  it('of a subscription does not need its provider', async () => {
    await nodes.n3.crash();
    const warning = new Promise((resolve) =>
      nodes.n1.client.on('notice', (notice) => {
        if (notice.severity === 'WARNING') resolve(notice.message);
      }),
    );
    await query('n1', `SELECT spock.sub_drop('sub_n1n3')`);
    expect(await warning).toContain('could not drop slot "spk_demo_n3_sub_n1n3" on provider');
    expect(await query('n1', 'SELECT status FROM spock.sub_show_status()')).toHaveLength(1);
    await nodes.n3.start();
    nodes.n3.client = await nodes.n3.connect();
    await query('n3', `SELECT pg_drop_replication_slot('spk_demo_n3_sub_n1n3')`);
  });

  it('of all of it leaves nothing', async () => {
    await unsubscribe();
    for (const name of names) {
      await query(name, `SELECT spock.node_drop($1)`, [name]);
      await query(name, 'DROP EXTENSION spock');
      expect(
        await query(
          name,
          `SELECT (SELECT count(*)::int FROM pg_replication_slots) AS slots,
                  (SELECT count(*)::int FROM pg_subscription) AS subscriptions,
                  (SELECT count(*)::int FROM pg_publication) AS publications,
                  (SELECT count(*)::int FROM pg_replication_origin) AS origins`,
        ),
      ).toEqual([{ slots: 0, subscriptions: 0, publications: 0, origins: 0 }]);
    }
  });
});
