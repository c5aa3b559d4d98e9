/** The socket: listening, and ending in time although streams are open. */
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { StartError } from '#server/start-error.ts';

export interface ListenOptions {
  fetch: (request: Request, env: unknown) => Response | Promise<Response>;
  host: string;
  /** 0: any free one. */
  port: number;
  tls: { cert: Buffer; key: Buffer } | null;
}

export interface Listening {
  port: number;
  /** `http://127.0.0.1:4310` */
  url: string;
  /** Ends the socket; requests under way get `graceMs`. */
  close(graceMs?: number): Promise<void>;
}

/** Throws StartError: taken port, no such address, no right to the port. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { fetch, host, port, tls } = options;
  const server = createAdaptorServer(
    tls === null
      ? { fetch, createServer: createHttpServer, serverOptions: LIMITS }
      : { fetch, createServer: createHttpsServer, serverOptions: { ...LIMITS, ...tls } },
  ) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new StartError(listenProblem(error, host, port))),
    );
    server.listen(port, host, () => resolve());
  });
  const address = server.address() as AddressInfo;
  const shown = host.includes(':') ? `[${host}]` : host === '0.0.0.0' ? '127.0.0.1' : host;
  return {
    port: address.port,
    url: `${tls === null ? 'http' : 'https'}://${shown === '[::]' ? '[::1]' : shown}:${address.port}`,
    close: (graceMs = 500) =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), graceMs).unref();
      }),
  };
}

const LIMITS = { maxHeaderSize: 32 << 10, headersTimeout: 20_000, requestTimeout: 60_000 };

function listenProblem(error: NodeJS.ErrnoException, host: string, port: number): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is taken by another program. Stop that one, or start with --port N.`;
    case 'EACCES':
      return `This user may not listen on port ${port}. Start with --port N, N over 1023.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `This machine has no address ${host}. Start with another --host, or without.`;
    default:
      return `The console cannot listen on ${host}:${port} (${error.message}).`;
  }
}
