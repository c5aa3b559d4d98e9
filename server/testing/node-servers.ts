/** For tests: bare servers with a node each, and a console beside them that does not watch them yet. */
import type { Row } from '#core/engines/engine.ts';
import { type BareServers, startBareServers } from './bare-servers.ts';
import { deleteDataDir, newDataDir, openConsole, type TestConsole } from './test-console.ts';

export interface NodeServersOptions {
  /** Of the nodes, the first one on server 1. */
  names: readonly string[];
  /** Further servers, with the settings that Spock needs and nothing on them. */
  spare?: number;
  /** Lines of postgresql.conf. */
  settings?: string;
  /** How a node's own DSN, the one that its peers are given, is written. */
  peerDsn?: (servers: BareServers, n: number) => string;
}

export interface NodeServers {
  servers: BareServers;
  console: TestConsole;
  dataDir: string;
  /** The DSN that a node's peers are given. */
  peerDsn(node: string): string;
  /** By node, as the console reaches them. */
  dsns: Record<string, string>;
  /** Rows of the last statement, on one node. Throws with the server's words. */
  sql(node: string, text: string): Promise<Row[]>;
  /** First column of the first row. */
  one(node: string, text: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** Gives what `ready` makes of them; all is stopped where that, or the start, fails. */
export async function startNodeServers<T>(
  { names, spare = 0, settings, peerDsn }: NodeServersOptions,
  ready: (started: NodeServers) => Promise<T>,
): Promise<T> {
  const servers = await startBareServers(names.length + spare, {
    prepared: true,
    ...(settings && { settings }),
  });
  const dataDir = newDataDir();
  let console: TestConsole | null = null;
  const stop = async () => {
    await console?.stop();
    await servers.stop();
    await deleteDataDir(dataDir);
  };
  const at = (node: string) => names.indexOf(node) + 1;
  const peer = (node: string) => peerDsn?.(servers, at(node)) ?? servers.dsn(at(node));
  const sql = (node: string, text: string) => servers.sql(at(node), text);
  const one = async (node: string, text: string) => Object.values((await sql(node, text))[0] ?? {})[0];
  try {
    for (const name of names) {
      await sql(name, 'CREATE EXTENSION spock CASCADE');
      await sql(name, `SELECT spock.node_create('${name}', '${peer(name)}')`);
    }
    console = openConsole(dataDir);
    const dsns = Object.fromEntries(names.map((name) => [name, servers.dsn(at(name))]));
    return await ready({ servers, console, dataDir, peerDsn: peer, dsns, sql, one, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}
