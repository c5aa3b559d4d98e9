/** The stand-in's relations and functions against those that a real Spock 6.0.0 answered with. */
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServers, type TestServers } from '#server/testing/servers.ts';
import functions from './fixtures/functions.json' with { type: 'json' };
import relations from './fixtures/relations.json' with { type: 'json' };

/** Relations that are views here and tables there: a view's columns cannot say NOT NULL. */
const viewsHere = new Map([
  [
    'local_sync_status',
    'computed from pg_subscription_rel, so that it cannot differ from what PostgreSQL does',
  ],
]);

/** Nothing of the recordings is left out. */
const absentRelations: string[] = [];
const absentFunctions: string[] = [];

const withoutNotNull = (columns: string[]) => columns.map((column) => column.replace(/ not null$/, ''));

let servers: TestServers;
let client: Client;

beforeAll(async () => {
  servers = await startServers(1);
  const [server] = servers.servers;
  if (!server) throw new Error('no server');
  client = await server.connect();
  await client.query('CREATE EXTENSION spock');
});

afterAll(async () => {
  await client?.end();
  await servers?.stop();
});

describe('the relations of schema spock', () => {
  async function columnsHere(): Promise<Record<string, string[]>> {
    const { rows } = await client.query<{ relation: string; columns: string[] }>(`
      SELECT c.relname AS relation,
             array_agg(a.attname || ' ' || t.typname || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
                       ORDER BY a.attnum) AS columns
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type t ON t.oid = a.atttypid
       WHERE c.relnamespace = 'spock'::regnamespace AND c.relkind IN ('r', 'v')
       GROUP BY c.relname`);
    return Object.fromEntries(rows.map(({ relation, columns }) => [relation, columns]));
  }

  it('are those of Spock, no more and no fewer', async () => {
    const wanted = Object.keys(relations).filter((name) => !absentRelations.includes(name));
    expect(Object.keys(await columnsHere()).sort()).toEqual(wanted.sort());
  });

  it.each(Object.entries(relations))(
    '%s has its columns, in order, of the same types',
    async (name, columns) => {
      const here = (await columnsHere())[name];
      const wanted = viewsHere.has(name) ? withoutNotNull(columns) : columns;
      expect(here).toEqual(wanted);
    },
  );
});

describe('the functions of schema spock', () => {
  type Signature = { name: string; kind: string; args: string; result: string | null };
  const line = ({ name, kind, args, result }: Signature) => `${kind} ${name}(${args}) ${result ?? ''}`;

  it('take the arguments and give the results of Spock, no more and no fewer', async () => {
    const { rows } = await client.query<Signature>(`
      SELECT proname AS name,
             CASE prokind WHEN 'f' THEN 'function' WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' END AS kind,
             pg_get_function_arguments(oid) AS args, pg_get_function_result(oid) AS result
        FROM pg_proc
       WHERE pronamespace = 'spock'::regnamespace`);
    const wanted = (functions as Signature[]).filter(({ name }) => !absentFunctions.includes(name));
    expect(rows.map(line).sort()).toEqual(wanted.map(line).sort());
  });
});

describe('what tells it from the real one', () => {
  it('says standin in both versions', async () => {
    const { rows } = await client.query(
      `SELECT spock.spock_version() AS library, extversion FROM pg_extension WHERE extname = 'spock'`,
    );
    expect(rows).toEqual([{ library: '6.0.0-standin', extversion: '6.0.0-standin' }]);
  });

  it('makes the ids and slot names that Spock makes', async () => {
    const { rows } = await client.query(
      `
      SELECT spock.node_create('n1', $1) AS node,
             spock.spock_gen_slot_name('demo', 'n1', 'sub_n2n1') AS slot`,
      [servers.servers[0]?.dsn],
    );
    const { rows: made } = await client.query(`
      SELECT (SELECT if_id FROM spock.node_interface) AS interface,
             (SELECT set_id FROM spock.replication_set WHERE set_name = 'default') AS default_set`);
    // As recorded from a real cluster with a node n1 and a database demo.
    expect({ ...rows[0], ...made[0] }).toEqual({
      node: 49708,
      interface: 3980673619,
      default_set: 2215107256,
      slot: 'spk_demo_n1_sub_n2n1',
    });
  });

  it.each([
    `SELECT spock.repset_add_seq('default', 'spock.sub_id_generator')`,
    `SELECT spock.repset_add_all_seqs('default', '{public}')`,
    `SELECT spock.repset_remove_seq('default', 'spock.sub_id_generator')`,
    `SELECT spock.sync_seq('spock.sub_id_generator')`,
    'SELECT spock.pause_apply_workers()',
    'SELECT spock.resume_apply_workers()',
    'SELECT spock.slot_enable_failover()',
    'SELECT spock.terminate_active_transactions()',
    `SELECT spock.get_lsn_from_commit_ts('x', now())`,
    `SELECT * FROM spock.read_peer_progress('x', 1, 2)`,
    `SELECT spock.table_data_filtered(NULL::spock.queue, 'spock.queue', '{default}')`,
    'SELECT spock.reset_channel_stats()',
    `SELECT spock.reserved_object_add('x', 'schema')`,
    `SELECT spock.reserved_object_remove('x', 'schema')`,
    `SELECT spock.sub_create('s', 'host=127.0.0.1', synchronize_structure := true)`,
    `SELECT spock.sub_create('s', 'host=127.0.0.1', apply_delay := '4 s')`,
  ])('refuses, and says who refuses: %s', async (statement) => {
    await expect(client.query(statement)).rejects.toMatchObject({
      code: '0A000',
      message: expect.stringContaining('the stand-in for Spock cannot'),
    });
  });

  it('leaves nothing behind', async () => {
    await client.query(`SELECT spock.node_drop('n1'); DROP EXTENSION spock`);
    const { rows } = await client.query(`
      SELECT (SELECT count(*)::int FROM pg_publication) AS publications,
             (SELECT count(*)::int FROM pg_replication_origin) AS origins,
             (SELECT count(*)::int FROM pg_event_trigger) AS triggers,
             (SELECT count(*)::int FROM pg_namespace WHERE nspname = 'spock_standin') AS schemas`);
    expect(rows).toEqual([{ publications: 0, origins: 0, triggers: 0, schemas: 0 }]);
  });
});
