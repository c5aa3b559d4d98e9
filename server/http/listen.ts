/** The socket: listening, and ending in time although streams are open. */
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Duplex } from 'node:stream';
import { createAdaptorServer } from '@hono/node-server';
import { StartError } from '#server/start-error.ts';
import { rawAnswer } from './security-headers.ts';

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
  /** Where other machines reach it, if it listens on all addresses; else empty. */
  elsewhere: string[];
  /** Ends the socket; requests under way get `graceMs`. */
  close(graceMs?: number): Promise<void>;
}

/** Throws StartError: taken port, no such address, no right to the port. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { fetch, host, port, tls } = options;
  const server = createAdaptorServer(
    tls === null
      ? { fetch, createServer: createHttpServer, serverOptions: LIMITS }
      : {
          fetch,
          createServer: createHttpsServer,
          serverOptions: { ...LIMITS, cert: tls.cert, key: tls.key },
        },
  ) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new StartError(listenProblem(error, host, port))),
    );
    server.listen(port, host, () => resolve());
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    // Whoever sends half a request may as well never close: the connection ends when the answer is on its way.
    socket.end(rawAnswer(...(RAW[error.code ?? ''] ?? [400, 'Bad Request'])), () => socket.destroy());
  });
  const address = server.address() as AddressInfo;
  const urlOf = (name: string) => `${tls === null ? 'http' : 'https'}://${name}:${address.port}`;
  const shown = host.includes(':') ? `[${host}]` : host === '0.0.0.0' ? '127.0.0.1' : host;
  return {
    port: address.port,
    url: urlOf(shown === '[::]' ? '[::1]' : shown),
    elsewhere: host === '0.0.0.0' || host === '::' ? machineAddresses(host).map(urlOf) : [],
    close: (graceMs = 500) =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), graceMs).unref();
      }),
  };
}

/** This machine's own addresses, as they stand in a URL. Listening on `::` takes those of IPv4 as well. */
function machineAddresses(host: string): string[] {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all
    .filter(
      ({ internal, family, address }) =>
        !internal && !address.startsWith('fe80') && (host === '::' || family === 'IPv4'),
    )
    .map(({ family, address }) => (family === 'IPv6' ? `[${address}]` : address));
}

/** What Node itself would answer to a request that it cannot read. */
const RAW: Partial<Record<string, [status: number, reason: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'Payload Too Large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
};

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
