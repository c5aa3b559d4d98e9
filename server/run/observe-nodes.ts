/** Asks a cluster's nodes what a planner needs to know: one read-only round trip each, with time-outs. */

import type { Row } from '#core/engines/engine.ts';
import { quoteLiteral, quoteQualified } from '#core/engines/quote.ts';
import type { ObservedFacts, ObservedNode, ObservedTable } from '#core/plan/observed.ts';
import { openConnection } from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import type { NodeRecord } from '#server/store/registry.ts';

const CONNECT_MS = 3000;
const ANSWER_MS = 8000;

interface TableName {
  schema: string;
  table: string;
}

/** Columns that 4.0 to 6.0 and the stand-in all have. */
const QUESTIONS = {
  node: `SELECT e.extversion, current_database() AS database, pg_backend_pid() AS pid,
           (SELECT n.node_name FROM spock.local_node l JOIN spock.node n ON n.node_id = l.node_id) AS node_name,
           (SELECT coalesce(json_agg(n.node_name), '[]') FROM spock.node n) AS knows
         FROM pg_extension e WHERE e.extname = 'spock'`,
  subscriptions: `SELECT s.sub_name, n.node_name AS provider, s.sub_enabled, s.sub_slot_name,
           to_json(coalesce(s.sub_replication_sets, '{}')) AS sets, to_json(coalesce(s.sub_forward_origins, '{}')) AS forwards,
           (SELECT st.status FROM spock.sub_show_status(s.sub_name) st) AS status
         FROM spock.subscription s LEFT JOIN spock.node n ON n.node_id = s.sub_origin ORDER BY s.sub_name`,
  sets: `SELECT r.set_name, r.replicate_insert, r.replicate_update, r.replicate_delete
         FROM spock.replication_set r JOIN spock.local_node l ON l.node_id = r.set_nodeid ORDER BY r.set_name`,
  slots: `SELECT s.slot_name, s.plugin, s.database, s.active,
           CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn) END::float8 AS wal_held
         FROM pg_replication_slots s ORDER BY s.slot_name`,
};

function tableQuestion({ schema, table }: TableName): string {
  const relation = quoteLiteral(quoteQualified(schema, table));
  return `SELECT c.relreplident = 'f' OR EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid
             AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END) AS has_key,
           (SELECT coalesce(json_agg(json_build_object('set', r.set_name, 'columns', t.set_att_list,
                     'rowFilter', pg_get_expr(t.set_row_filter, t.set_reloid)) ORDER BY r.set_name), '[]')
              FROM spock.replication_set_table t
              JOIN spock.replication_set r ON r.set_id = t.set_id
              JOIN spock.local_node l ON l.node_id = r.set_nodeid
             WHERE t.set_reloid = c.oid) AS memberships,
           (SELECT coalesce(json_agg(DISTINCT f.conrelid::regclass::text), '[]')
              FROM pg_constraint f WHERE f.contype = 'f' AND f.confrelid = c.oid AND f.conrelid <> c.oid) AS referenced_by
         FROM pg_class c WHERE c.oid = to_regclass(${relation}) AND c.relkind IN ('r', 'p')`;
}

/** Every node of the cluster, all at once; one that does not answer is an entry with its error. */
export function observeNodes(nodes: NodeRecord[], table: TableName | null): Promise<ObservedNode[]> {
  return Promise.all(
    nodes.map(async (node): Promise<ObservedNode> => {
      try {
        return { name: node.name, read: await readNode(node.dsn, table) };
      } catch (error) {
        // A DSN that cannot be read.
        return { name: node.name, read: { ok: false, error: (error as Error).message } };
      }
    }),
  );
}

async function readNode(dsn: string, table: TableName | null): Promise<ObservedNode['read']> {
  const opened = await openConnection(connectionTargets(dsn), CONNECT_MS, CONNECT_MS * 2);
  if (!opened.ok) return { ok: false, error: opened.error.message };
  const connection = opened.value;
  try {
    const questions = [...Object.values(QUESTIONS), ...(table === null ? [] : [tableQuestion(table)])];
    const outcome = await connection.run(
      ['BEGIN READ ONLY', `SET LOCAL statement_timeout = ${ANSWER_MS - 1000}`, ...questions, 'COMMIT'].join(
        ';\n',
      ),
      ANSWER_MS,
    );
    if (!outcome.ok) {
      const { message, sqlstate } = outcome.error;
      const noSpock = sqlstate === '3F000' || sqlstate === '42P01';
      return { ok: false, error: noSpock ? `no extension spock in this database (${message})` : message };
    }
    const answers = outcome.value.slice(2).map((each) => each.rows);
    const pooled = connection.isPooled(answers[0]?.[0]?.pid);
    return { ok: true, facts: { ...decode(answers), pooled } };
  } finally {
    connection.close();
  }
}

function decode([node, subscriptions, sets, slots, table]: Row[][]): ObservedFacts {
  const own = node?.[0] ?? {};
  return {
    engineVersion: String(own.extversion),
    standin: /standin/.test(String(own.extversion)),
    database: String(own.database),
    nodeName: own.node_name === null ? null : String(own.node_name),
    knows: own.knows as string[],
    subscriptions: (subscriptions ?? []).map((row) => ({
      name: String(row.sub_name),
      provider: row.provider === null ? null : String(row.provider),
      enabled: row.sub_enabled === true,
      status: String(row.status),
      slot: String(row.sub_slot_name),
      sets: row.sets as string[],
      forwardOrigins: row.forwards as string[],
    })),
    sets: (sets ?? []).map((row) => ({
      name: String(row.set_name),
      insert: row.replicate_insert === true,
      update: row.replicate_update === true,
      delete: row.replicate_delete === true,
    })),
    slots: (slots ?? []).map((row) => ({
      name: String(row.slot_name),
      plugin: row.plugin === null ? null : String(row.plugin),
      database: row.database === null ? null : String(row.database),
      active: row.active === true,
      walHeldBytes: row.wal_held === null ? null : Number(row.wal_held),
    })),
    table: decodeTable(table?.[0]),
  };
}

function decodeTable(row: Row | undefined): ObservedTable | null {
  if (row === undefined) return null;
  return {
    hasKey: row.has_key === true,
    memberships: row.memberships as ObservedTable['memberships'],
    referencedBy: row.referenced_by as string[],
  };
}
