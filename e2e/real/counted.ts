/** A way to the console that counts: the connections that a browser holds, and those on which an event stream goes on. */
import { connect, createServer, type Socket } from 'node:net';

export interface Counted {
  url: string;
  /** Connections that stand. */
  connections(): number;
  /** Of them, those that have answered with an event stream. */
  streams(): number;
  /** The most streams that stood at once since the last call. */
  mostStreams(): number;
  close(): Promise<void>;
}

export async function countedWay(to: string): Promise<Counted> {
  const target = Number(new URL(to).port);
  const open = new Map<Socket, { stream: boolean }>();
  let most = 0;
  const streams = () => [...open.values()].filter(({ stream }) => stream).length;
  const server = createServer((client) => {
    const upstream = connect({ host: '127.0.0.1', port: target });
    const state = { stream: false };
    open.set(client, state);
    const end = () => {
      open.delete(client);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on('close', end);
      socket.on('error', end);
    }
    client.pipe(upstream);
    upstream.pipe(client);
    upstream.on('data', (data: Buffer) => {
      if (!data.includes('content-type: text/event-stream')) return;
      state.stream = true;
      most = Math.max(most, streams());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () => open.size,
    streams,
    mostStreams: () => {
      const seen = most;
      most = streams();
      return seen;
    },
    close: () =>
      new Promise((resolve) => {
        for (const client of open.keys()) client.destroy();
        server.close(() => resolve());
      }),
  };
}
