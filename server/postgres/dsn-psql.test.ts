/** Our reading of DSNs beside libpq's own: both connect to a server that only writes down what they say. */
import { execFile, execFileSync } from 'node:child_process';
import { createServer, type Server, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDsn } from './dsn.ts';
import { NodeClient } from './node-client.ts';

const run = promisify(execFile);

function findPsql(): string | null {
  try {
    execFileSync('psql', ['--version'], { stdio: 'ignore' });
    return 'psql';
  } catch {
    return null;
  }
}
const psql = findPsql();

interface Said {
  user: string | undefined;
  database: string | undefined;
  password: string;
  options: string | undefined;
}

/** Speaks just enough of the protocol to be told user, database and (in clear) the password; then refuses. */
function recordingServer(said: (what: Said) => void): Server {
  const message = (type: string, body: Buffer) => {
    const head = Buffer.alloc(5);
    head.write(type);
    head.writeInt32BE(body.length + 4, 1);
    return Buffer.concat([head, body]);
  };
  return createServer((socket: Socket) => {
    let buffer = Buffer.alloc(0);
    let startup: Map<string, string> | null = null;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      buffer = Buffer.concat([buffer, chunk]);
      for (;;) {
        const skip = startup === null ? 0 : 1;
        if (buffer.length < skip + 4) return;
        const length = buffer.readInt32BE(skip);
        if (buffer.length < skip + length) return;
        const body = buffer.subarray(skip + 4, skip + length);
        buffer = buffer.subarray(skip + length);
        if (startup === null) {
          const code = body.readInt32BE(0);
          // SSLRequest and GSSENCRequest: no.
          if (code === 80877103 || code === 80877104) {
            socket.write('N');
            continue;
          }
          const words = body.subarray(4).toString('utf8').split('\0');
          startup = new Map();
          for (let i = 0; i + 1 < words.length && words[i] !== ''; i += 2) {
            startup.set(words[i] as string, words[i + 1] as string);
          }
          socket.write(message('R', Buffer.from([0, 0, 0, 3])));
        } else {
          said({
            user: startup.get('user'),
            database: startup.get('database'),
            options: startup.get('options'),
            password: body.toString('utf8').replace(/\0$/, ''),
          });
          socket.end(message('E', Buffer.from('SFATAL\0VFATAL\0C28P01\0Mno\0\0')));
        }
      }
    });
  });
}

describe.skipIf(psql === null)('DSNs as psql reads them', () => {
  let last: Said | null = null;
  const server = recordingServer((what) => {
    last = what;
  });
  let port = 0;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as { port: number }).port;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  async function byPsql(dsn: string): Promise<{ said: Said | null; stderr: string }> {
    last = null;
    const clean = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('PG')));
    const failure = await run('psql', ['-X', '-w', '-d', dsn, '-c', 'select 1'], { env: clean }).catch(
      (error: { stderr: string }) => error,
    );
    return { said: last, stderr: failure.stderr };
  }

  async function byUs(dsn: string): Promise<Said | null> {
    last = null;
    const client = new NodeClient(dsn);
    await client.query('select 1');
    client.close();
    return last;
  }

  it.each([
    'postgres://alice:secret@HOST/shop',
    'postgresql://alice:se%40cr%2Fet%3A%25@HOST/sh%20op',
    'postgres://alice:a?b=c&d@HOST/shop?sslmode=disable',
    'postgres://alice:x@HOST?dbname=other',
    'postgres://alice:x@HOST/one?user=bob&password=y%26z',
    'postgres://%C3%A4lice:p%C3%BC@HOST/d%C3%BC',
    'postgres://alice:x@127.0.0.1:1,HOST/shop?connect_timeout=3',
    "host=127.0.0.1 port=PORT user=alice password='it\\'s \\\\ a secret' dbname=shop",
    'host=127.0.0.1 port=PORT user=alice password=a\\ b\\\\c dbname=shop',
    "hostaddr=127.0.0.1 host=db.invalid port=PORT user='al ice' password='=' dbname='sh=op'",
    "host = 127.0.0.1 port =PORT user= 'alice' password =\tx",
    'host=127.0.0.1,127.0.0.1 port=1,PORT user=alice password=x dbname=shop',
    'host=127.0.0.1 port=PORT user=alice password=first password=second',
  ])('%s', async (pattern) => {
    const dsn = pattern.replaceAll('HOST', `127.0.0.1:${port}`).replaceAll('PORT', String(port));
    const theirs = await byPsql(dsn);
    expect(theirs.said, theirs.stderr).not.toBeNull();
    expect(await byUs(dsn)).toEqual(theirs.said);
  });

  it.each([
    'localhost',
    'host=h port',
    "host=h password='x",
    'hots=h',
    'postgres://h/db?hots=1',
    'postgres://h/db?sslmode',
    'postgres://h/db?a=b=c',
    'postgres://u:p%4@h/db',
    'postgres://u:p@h/%00',
    'postgres://[::1/db',
    'postgres://[]/db',
    'postgres://[::1]x/db',
  ])('refuses %s as psql does', async (dsn) => {
    // A word without "=" is a database's name to psql's -d; as part of more it is a DSN.
    const { stderr } = await byPsql(dsn === 'localhost' ? 'localhost host=h' : dsn);
    expect(stderr).toMatch(
      /missing|unterminated|invalid|forbidden|end of string|may not be empty|unexpected|extra/,
    );
    expect(() => parseDsn(dsn)).toThrow();
  });

  it('looks into no environment, where the driver would', async () => {
    process.env.PGPASSWORD = 'from-environment';
    process.env.PGOPTIONS = '-c work_mem=1MB';
    try {
      const said = await byUs(`postgres://alice@127.0.0.1:${port}/shop`);
      expect(said).toEqual({ user: 'alice', database: 'shop', options: undefined, password: '' });
    } finally {
      delete process.env.PGPASSWORD;
      delete process.env.PGOPTIONS;
    }
  });
});
