/** For tests: a way to a server that can be cut, held up and mended, for those alone who go by it. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePorts } from '#server/sandbox/ports.ts';

export interface TcpProxy {
  port: number;
  /** Connections that stand now. */
  readonly connections: number;
  /** Ends all connections and takes no new one, until `mend`. */
  cut(): void;
  /** What is on its way stays there, new connections are taken and get no answer, until `mend`. */
  hold(): void;
  mend(): void;
  /** Ends the connections that stand; new ones are let through. */
  drop(): void;
  close(): Promise<void>;
}

type State = 'open' | 'held' | 'cut';

/** `target`: the server's port on 127.0.0.1; `at`: the proxy's own, any free one where it is left out. */
export async function startProxy(target: number, at?: number): Promise<TcpProxy> {
  const [free] =
    at === undefined ? await freePorts(1, new Set(), `proxy-${target}-${process.pid}-${Date.now()}`) : [];
  const port = at ?? free;
  if (port === undefined) throw new Error('no free port for a proxy');
  let state: State = 'open';
  const pairs = new Set<readonly [Socket, Socket]>();
  const drop = () => {
    for (const [client, server] of pairs) {
      client.destroy();
      server.destroy();
    }
    pairs.clear();
  };
  const listener: Server = createServer((client) => {
    if (state === 'cut') {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ host: '127.0.0.1', port: target });
    const pair = [client, server] as const;
    pairs.add(pair);
    const end = () => {
      client.destroy();
      server.destroy();
      pairs.delete(pair);
    };
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
    }
    client.pipe(server);
    server.pipe(client);
    if (state === 'held') for (const socket of pair) socket.pause();
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen({ host: '127.0.0.1', port }, resolve);
  });
  return {
    port,
    get connections() {
      return pairs.size;
    },
    cut() {
      state = 'cut';
      drop();
    },
    hold() {
      state = 'held';
      // Unpiped as well: a pipe resumes its source when the other side drains.
      for (const [client, server] of pairs) {
        client.unpipe();
        server.unpipe();
        client.pause();
        server.pause();
      }
    },
    mend() {
      state = 'open';
      for (const [client, server] of pairs) {
        client.pipe(server);
        server.pipe(client);
      }
    },
    drop,
    close: () =>
      new Promise((resolve) => {
        drop();
        listener.close(() => resolve());
      }),
  };
}

/** A DSN of `key=value` pairs, by another port. */
export const dsnBy = (dsn: string, port: number): string => dsn.replace(/\bport=\d+/, `port=${port}`);
