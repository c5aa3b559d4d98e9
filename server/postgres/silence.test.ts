/** Who is silent, and may be gone; and who is there, however little it lets the console do. */
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { type Script, scriptedServer } from '#server/testing/scripted-server.ts';
import { authentication, failure } from '#server/testing/wire-messages.ts';
import { openConnection } from './connection.ts';
import type { NodeFailure } from './failure.ts';
import { connectionTargets } from './targets.ts';

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0)) await end();
});

async function failureOf(dsn: string): Promise<NodeFailure> {
  const opened = await openConnection(connectionTargets(dsn), 700, 1400);
  if (!opened.ok) return opened.error;
  opened.value.close();
  throw new Error('It was let in.');
}

async function serving(script: Script): Promise<number> {
  const server = await scriptedServer(() => script);
  ending.push(() => server.close());
  return server.port;
}

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ending.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as { port: number }).port;
}

/** A port on which nobody listens any more. */
async function deserted(): Promise<number> {
  const port = await listening(createServer());
  await ending.pop()?.();
  return port;
}

const at = (port: number, more = '') => `host=127.0.0.1 port=${port} user=u password=p dbname=d ${more}`;

const silent: Record<string, () => Promise<string>> = {
  'where nobody listens': async () => at(await deserted()),
  'where there is no such socket': async () => 'host=/nowhere/at/all user=u dbname=d',
  'where no address is known for the name': async () => 'host=no-such-host.invalid user=u dbname=d',
  'that takes the connection and says nothing': async () => at(await serving({ startup: () => {} })),
  'that says nothing to the wish for TLS': async () =>
    at(await serving({ tls: () => {} }), 'sslmode=require'),
  'behind something that closes at once': async () =>
    at(await listening(createServer((socket) => socket.on('error', () => {}).end()))),
  'at two addresses, at both of which nobody listens': async () =>
    `host=127.0.0.1,127.0.0.1 port=${await deserted()},${await deserted()} user=u dbname=d`,
};

it.each(Object.entries(silent))('a server %s is silent', async (_, dsn) => {
  expect(await failureOf(await dsn())).toMatchObject({ silent: true });
});

const there: Record<string, () => Promise<string>> = {
  'that has too many clients': async () =>
    at(await serving({ startup: failure('53300', 'sorry, too many clients already') })),
  'that is starting': async () =>
    at(await serving({ startup: failure('57P03', 'the database system is starting up') })),
  'that refuses the password': async () =>
    at(
      await serving({
        startup: authentication(3),
        password: () => failure('28P01', 'password authentication failed'),
      }),
    ),
  'that asks for Kerberos': async () => at(await serving({ startup: authentication(2) })),
  'that stops in the middle of letting in': async () => at(await serving({ startup: authentication(0) })),
  'that closes in the middle of letting in': async () =>
    at(await serving({ startup: (socket) => socket.end(authentication(0)) })),
  'that has no TLS, where it is asked for': async () => at(await serving({}), 'sslmode=require'),
  'whose certificate is not taken': async () => {
    const tls = createTlsServer({
      cert: readFileSync(fixture('server.crt')),
      key: readFileSync(fixture('server.key')),
    });
    tls.on('tlsClientError', () => {});
    return at(
      await listening(tls as unknown as ReturnType<typeof createServer>),
      `sslnegotiation=direct sslmode=verify-full sslrootcert=${fixture('ca.crt')}`,
    );
  },
  'that speaks another protocol': async () =>
    at(
      await listening(
        createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n')),
      ),
    ),
  'at one of two addresses': async () =>
    `host=127.0.0.1,127.0.0.1 port=${await serving({ startup: failure('53300', 'too many') })},${await deserted()} user=u dbname=d`,
  'that nobody asked, since a file of the DSN is not there': async () =>
    at(await deserted(), 'sslmode=verify-full sslrootcert=/nowhere/root.crt'),
};

it.each(Object.entries(there))('a server %s is not silent', async (_, dsn) => {
  expect((await failureOf(await dsn())).silent).toBeUndefined();
});
