/** Three servers that replicate to each other by the stand-in, and a wire that counts and can be cut, for tests. */

import { readFileSync } from 'node:fs';
import { connect as connectTo, createServer, type Socket } from 'node:net';
import { listProcesses } from '#server/sandbox/processes.ts';
import { startServers, type TestServer, type TestServers, until } from './servers.ts';

export interface MeshNode extends TestServer {
  name: string;
  /** Runs statements on a connection of their own. */
  run(...statements: string[]): Promise<void>;
  rows(sql: string): Promise<Record<string, unknown>[]>;
  /** SIGSTOP or SIGCONT to the server's main process and all its children. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): Promise<void>;
}

export interface Mesh {
  nodes: MeshNode[];
  stop(): Promise<void>;
}

/** n1, n2, …, with a table `acct` in set default on each; subscribed to each other unless told otherwise. */
export async function startMesh(count = 3, { subscribed = true } = {}): Promise<Mesh> {
  const servers = await startServers(count);
  try {
    const nodes = await Promise.all(servers.servers.map((server, index) => nodeOf(server, `n${index + 1}`)));
    await Promise.all(
      nodes.map((node) =>
        node.run(
          'CREATE EXTENSION spock',
          'CREATE TABLE acct (id int PRIMARY KEY, bal int)',
          `SELECT spock.node_create('${node.name}', '${node.dsn}')`,
          "SELECT spock.repset_add_table('default', 'acct')",
        ),
      ),
    );
    if (subscribed) await subscribeAll(nodes);
    return { nodes, stop: () => stop(nodes, servers) };
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

export async function subscribeAll(nodes: MeshNode[]): Promise<void> {
  await Promise.all(
    nodes.flatMap((receiver) =>
      nodes
        .filter((provider) => provider !== receiver)
        .map((provider) =>
          receiver.run(`SELECT spock.sub_create('sub_${receiver.name}${provider.name}', '${provider.dsn}')`),
        ),
    ),
  );
  await Promise.all(
    nodes.map((node) =>
      until(`${node.name} replicates`, async () => {
        const rows = await node.rows('SELECT status FROM spock.sub_show_status()');
        return rows.length === nodes.length - 1 && rows.every(({ status }) => status === 'replicating');
      }),
    ),
  );
}

async function nodeOf(server: TestServer, name: string): Promise<MeshNode> {
  const rows = async (sql: string) => {
    const client = await server.connect();
    try {
      return (await client.query(sql)).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  };
  const folder = String((await rows('SHOW data_directory'))[0]?.data_directory);
  return {
    ...server,
    name,
    rows,
    async run(...statements) {
      const client = await server.connect();
      try {
        for (const statement of statements) await client.query(statement);
      } finally {
        await client.end();
      }
    },
    async signal(signal) {
      const main = Number(readFileSync(`${folder}/postmaster.pid`, 'utf8').split('\n')[0]);
      const all = (await listProcesses()).filter(({ pid, parent }) => pid === main || parent === main);
      for (const { pid } of all) {
        try {
          process.kill(pid, signal);
        } catch (error) {
          // An autovacuum worker may have ended meanwhile.
          if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
        }
      }
    },
  };
}

async function stop(nodes: MeshNode[], servers: TestServers): Promise<void> {
  // A stopped server does not hear the signal that ends it.
  await Promise.all(nodes.map((node) => node.signal('SIGCONT').catch(() => {})));
  await servers.stop();
}

export interface Wire {
  port: number;
  /** Simple queries that went through, by their text. */
  queries: string[];
  /** Connections that are open now. */
  open(): number;
  close(): Promise<void>;
}

/** A way to a server on which every simple query is counted: what the server is asked, whoever counts on our side. */
export async function startWire(target: number): Promise<Wire> {
  const sockets = new Set<Socket>();
  const queries: string[] = [];
  const server = createServer((client) => {
    const upstream = connectTo(target, '127.0.0.1');
    sockets.add(client);
    let started = false;
    let buffer = Buffer.alloc(0);
    client.on('data', (chunk) => {
      upstream.write(chunk);
      buffer = Buffer.concat([buffer, chunk]);
      for (;;) {
        const head = started ? 1 : 0;
        if (buffer.length < head + 4) return;
        const length = buffer.readInt32BE(head) + head;
        if (buffer.length < length) return;
        if (started && buffer[0] === 'Q'.charCodeAt(0)) queries.push(buffer.toString('utf8', 5, length - 1));
        // Neither SSLRequest nor GSSENCRequest is the start.
        if (!started && ![80877103, 80877104].includes(buffer.readInt32BE(4))) started = true;
        buffer = buffer.subarray(length);
      }
    });
    upstream.on('data', (chunk) => client.write(chunk));
    const end = () => {
      sockets.delete(client);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on('close', end).on('error', end);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    queries,
    open: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
