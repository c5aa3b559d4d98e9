/** Our reading of DSNs beside libpq's own: both connect to a server that only writes down what they say. */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDsn } from '#core/dsn/parse.ts';
import { type RecorderOptions, recordingServer, type Said } from '#server/testing/recorder.ts';
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

/** What psql says on stderr. */
async function runPsql(dsn: string): Promise<string> {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('PG')));
  const ended = await run('psql', ['-X', '-w', '-d', dsn, '-c', 'select 1'], { env: clean }).catch(
    (error: { stderr: string }) => error,
  );
  return ended.stderr;
}

/** Our own error; null: there was none. */
async function runOurs(dsn: string): Promise<string | null> {
  const client = new NodeClient(dsn);
  const outcome = await client.query('select 1');
  client.close();
  return outcome.ok ? null : outcome.error.message;
}

describe.skipIf(psql === null)('DSNs as psql reads them', () => {
  let last: Said | null = null;
  const server = recordingServer({ tls: null }, (what) => {
    last = what;
  });
  let port = 0;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as { port: number }).port;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const byPsql = async (dsn: string) => {
    last = null;
    const stderr = await runPsql(dsn);
    return { said: last as Said | null, stderr };
  };
  const byUs = async (dsn: string) => {
    last = null;
    await runOurs(dsn);
    return last as Said | null;
  };

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
      const said = await byUs(`postgres://alice:own@127.0.0.1:${port}/shop`);
      expect(said).toEqual({
        user: 'alice',
        database: 'shop',
        options: undefined,
        password: 'own',
        encrypted: false,
      });
      // No password is sent where none was given, and none is looked for.
      expect(await runOurs(`postgres://alice@127.0.0.1:${port}/shop`)).toMatch(/the DSN has none/);
    } finally {
      delete process.env.PGPASSWORD;
      delete process.env.PGOPTIONS;
    }
  });
});

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

describe.skipIf(psql === null)('sslmode as psql has it', () => {
  const tls = { cert: readFileSync(fixture('server.crt')), key: readFileSync(fixture('server.key')) };
  const kinds: Record<string, RecorderOptions> = {
    'no TLS': { tls: null },
    TLS: { tls },
    'TLS only': { tls, encryption: 'only' },
    'TLS never': { tls, encryption: 'never' },
  };
  const cases = Object.keys(kinds).flatMap((kind) =>
    ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'].flatMap((mode) =>
      // The name in the certificate is localhost; only verify-full looks at it.
      (mode === 'verify-full' ? ['127.0.0.1', 'localhost'] : ['127.0.0.1']).flatMap((host) =>
        ['ca.crt', 'other-ca.crt', 'gone.crt', null].map((ca) => ({ kind, mode, host, ca })),
      ),
    ),
  );

  it.each(Object.keys(kinds))('with a server of %s', async (kind) => {
    const encrypted = new Map<string, boolean>();
    const server = recordingServer(kinds[kind] as RecorderOptions, (what) => {
      // psql tries its second way also after a wrong password; we do not.
      const user = what.user ?? '';
      if (!encrypted.has(user)) encrypted.set(user, what.encrypted);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    for (const [index, { mode, host, ca }] of cases.filter((each) => each.kind === kind).entries()) {
      const root = ca === null ? '' : ` sslrootcert=${fixture(ca)}`;
      const dsn = (user: string) =>
        `host=${host} hostaddr=127.0.0.1 port=${port} user=${user} password=p dbname=d sslmode=${mode}${root}`;
      const stderr = await runPsql(dsn(`psql${index}`));
      const error = await runOurs(dsn(`ours${index}`));
      const ours = [mode, host, ca, encrypted.get(`ours${index}`)];
      expect(ours, `${stderr}\n${error}`).toEqual([mode, host, ca, encrypted.get(`psql${index}`)]);
    }
    await new Promise((resolve) => server.close(resolve));
  });
});
