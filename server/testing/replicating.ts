/** For tests: servers by the names of their nodes, each subscribed to each other where they are to replicate. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '#core/engines/engine.ts';
import { type BareOptions, type BareServers, startBareServers } from './bare-servers.ts';

const REPLICATES_WITHIN_MS = 60_000;

export interface TestNodes {
  servers: BareServers;
  names: string[];
  /** On one node; the rows of the last statement. */
  sql(node: string, text: string): Promise<Row[]>;
  /** On each node, kept there where they replicate. */
  everywhere(text: string): Promise<void>;
  /** Adds the table to set `default` on each node. */
  replicate(table: string): Promise<void>;
  stop(): Promise<void>;
}

/** n1, n2, …; `replicating`: each subscribed to each other, in a set that is empty still. */
export async function startTestNodes(
  count: number,
  { replicating, ...options }: { replicating: boolean } & Partial<BareOptions>,
): Promise<TestNodes> {
  const servers = await startBareServers(count, { prepared: true, ...options });
  const names = Array.from({ length: count }, (_, index) => `n${index + 1}`);
  const sql = (node: string, text: string) => servers.sql(names.indexOf(node) + 1, text);
  try {
    if (replicating) await subscribeAll(servers, names, sql);
  } catch (error) {
    await servers.stop();
    throw error;
  }
  return {
    servers,
    names,
    sql,
    async everywhere(text) {
      for (const node of names) await sql(node, text);
    },
    async replicate(table) {
      for (const node of names) await sql(node, `SELECT spock.repset_add_table('default', '${table}')`);
    },
    stop: () => servers.stop(),
  };
}

async function subscribeAll(servers: BareServers, names: string[], sql: TestNodes['sql']): Promise<void> {
  for (const [index, node] of names.entries()) {
    await sql(node, 'CREATE EXTENSION IF NOT EXISTS spock');
    await sql(node, `SELECT spock.node_create('${node}', '${servers.dsn(index + 1)}')`);
  }
  for (const receiver of names) {
    for (const [index, provider] of names.entries()) {
      if (provider === receiver) continue;
      await sql(
        receiver,
        `SELECT spock.sub_create('sub_${receiver}${provider}', '${servers.dsn(index + 1)}', ARRAY['default'], false, false)`,
      );
    }
  }
  const end = Date.now() + REPLICATES_WITHIN_MS;
  for (const node of names) {
    for (;;) {
      const rows = await sql(node, 'SELECT status FROM spock.sub_show_status()');
      if (rows.length === names.length - 1 && rows.every(({ status }) => status === 'replicating')) break;
      if (Date.now() > end) throw new Error(`${node} does not replicate: ${JSON.stringify(rows)}`);
      await sleep(50);
    }
  }
}
