import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tlsMaterial } from './dsn-files.ts';
import { connectionTargets, dsnAddress } from './targets.ts';

describe('connectionTargets', () => {
  it('pairs hosts, addresses and ports as libpq does', () => {
    const { hosts } = connectionTargets('host=a,b,c hostaddr=10.0.0.1,,10.0.0.3 port=1,,3 user=u');
    expect(hosts).toEqual([
      { host: 'a', hostaddr: '10.0.0.1', port: 1 },
      { host: 'b', hostaddr: null, port: 5432 },
      { host: 'c', hostaddr: '10.0.0.3', port: 3 },
    ]);
    expect(connectionTargets('host=a,b port=7 user=u').hosts.map(({ port }) => port)).toEqual([7, 7]);
    expect(connectionTargets('hostaddr=10.0.0.1 user=u').hosts[0]?.host).toBe('10.0.0.1');
    expect(connectionTargets('user=u').hosts[0]?.host).toMatch(/^\//);
  });

  it('fills in what libpq fills in', () => {
    const targets = connectionTargets('postgres://alice@h');
    expect(targets).toMatchObject({ user: 'alice', database: 'alice', password: null, sessionAttrs: 'any' });
    expect(targets.ways).toEqual(['tls', 'plain']);
  });

  it('gives sslmode its meaning', async () => {
    const material = (more: string) => tlsMaterial(connectionTargets(`host=h user=u ${more}`).tls);
    const ways = (mode: string) => connectionTargets(`host=h user=u sslmode=${mode}`).ways;
    expect(ways('disable')).toEqual(['plain']);
    expect(ways('allow')).toEqual(['plain', 'tls']);
    expect(ways('prefer')).toEqual(['tls', 'plain']);
    for (const mode of ['require', 'verify-ca', 'verify-full']) expect(ways(mode)).toEqual(['tls']);
    expect(await material('sslmode=verify-full sslrootcert=system')).toMatchObject({
      verified: true,
      options: { rejectUnauthorized: true },
    });
    const root = ` sslrootcert=${fixture('ca.crt')}`;
    const full = await material(`sslmode=verify-full${root}`);
    expect([full.verified, full.options.checkServerIdentity]).toEqual([true, undefined]);
    const ca = await material(`sslmode=verify-ca${root}`);
    expect([ca.verified, typeof ca.options.checkServerIdentity]).toEqual([true, 'function']);
    // As libpq: a root that is there is used in each mode.
    expect((await material(`sslmode=require${root}`)).verified).toBe(true);
    expect((await material('sslmode=require sslrootcert=/nowhere/root.crt')).verified).toBe(false);
    expect(() => ways('yes')).toThrow(/sslmode is one of disable, allow/);
  });

  it.each([
    ['service=prod', /no service files/],
    ['host=h passfile=/x', /password files/],
    ['host=h options=-csearch_path=x', /pgbouncer/],
    ['host=h replication=database', /replication/],
    ['host=h channel_binding=maybe', /channel_binding is one of disable, prefer, require/],
    ['host=h require_auth=kerberos', /require_auth is a list of password, md5/],
    ['host=h require_auth=gss,sspi', /allows gss, sspi, and the console does/],
    ['host=h require_auth=!password,md5', /never both/],
    ['host=h require_auth=md5,md5', /twice/],
    ['host=h require_auth=,', /require_auth is a list/],
    ['host=h require_auth=!password,!md5,!scram-sha-256,!none', /allows gss, sspi, oauth, and/],
    ['host=h gssencmode=require', /gssencmode/],
    ['host=h requirepeer=postgres', /requirepeer/],
    ['host=h sslcrl=/x', /revocation/],
    ['host=a,b hostaddr=1.1.1.1', /2 hosts and 1 hostaddr/],
    ['host=a,b,c port=1,2', /2 ports for 3 hosts/],
    ['host=h port=0', /port of host 1/],
    ['host=a,b port=5432,65536', /port of host 2/],
    ['host=h port=5432x', /port of host 1/],
    ['host=@abstract', /Abstract/],
    ['host=h connect_timeout=soon', /connect_timeout/],
    ['host=h target_session_attrs=master', /target_session_attrs is one of/],
    ['host=h sslnegotiation=direct', /sslnegotiation=direct needs/],
  ])('refuses %s with a reason', (text, message) => {
    expect(() => connectionTargets(`${text} user=u`)).toThrow(message);
  });

  it('takes what changes nothing', () => {
    for (const text of [
      'service=',
      'options=',
      'channel_binding=prefer',
      'channel_binding=require',
      'require_auth=scram-sha-256',
      'require_auth=!password,!md5',
      'require_auth=',
      'keepalives=1',
      'application_name=x',
    ]) {
      expect(() => connectionTargets(`host=h user=u ${text}`)).not.toThrow();
    }
  });

  it('gives an address without user and password', () => {
    expect(dsnAddress('postgres://u:p@h:5433/db')).toBe('h:5433/db');
    expect(dsnAddress('postgres://u:p@[::1]/db')).toBe('[::1]:5432/db');
    expect(dsnAddress('host=a,b user=u')).toBe('a:5432,b:5432/u');
    expect(dsnAddress('host=/tmp user=u')).toBe('/tmp:5432/u');
    expect(dsnAddress('nonsense')).toBe('');
  });
});

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

describe('files that a DSN names', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tricorder-dsn-files-'));
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    writeFileSync(join(folder, 'large.pem'), Buffer.alloc((1 << 20) + 1, '-'));
    writeFileSync(join(folder, 'empty.pem'), '');
    writeFileSync(join(folder, 'other.txt'), 'root:x:0:0:hunter2');
    symlinkSync(fixture('ca.crt'), join(folder, 'link.crt'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const read = async (keyword: string, file: string) => {
    const start = performance.now();
    const said = await tlsMaterial(
      connectionTargets(
        `host=h user=u sslmode=verify-ca sslrootcert=${fixture('ca.crt')} ${keyword}='${file}'`,
      ).tls,
    ).then(
      () => null,
      (error: Error) => `${error.name}: ${error.message}`,
    );
    return { said, ms: performance.now() - start };
  };

  it.each(['sslrootcert', 'sslcert', 'sslkey'])(
    '%s: what is no file of that kind is refused at once, all in the same words',
    async (keyword) => {
      const files = [
        'fifo',
        'large.pem',
        'other.txt',
        '.',
        'gone.pem',
        '/dev/zero',
        '/dev/random',
        '/dev/stdin',
        '/dev/tty',
        '/proc/self/environ',
        '/proc/self/mem',
        '/proc/kmsg',
        '/etc/shadow',
        '/root/gone',
        'empty.pem',
      ];
      const answers = await Promise.all(
        files.map((file) => read(keyword, join(file.startsWith('/') ? '/' : folder, file))),
      );
      for (const [index, { said, ms }] of answers.entries()) {
        expect(said, files[index]).toBe(
          `DsnError: The file that ${keyword} names cannot be used. It must be a regular file on the console's machine, of at most 1 MB, that the console can read, with a certificate or key in PEM.`,
        );
        expect(ms, files[index]).toBeLessThan(1000);
      }
    },
  );

  it('a link to one is one', async () => {
    expect((await read('sslrootcert', join(folder, 'link.crt'))).said).toBeNull();
  });

  it('a key and a certificate are held against each other', async () => {
    const { tls } = connectionTargets(
      `host=h user=u sslmode=require sslcert=${fixture('server.crt')} sslkey=${fixture('server.key')}`,
    );
    expect((await tlsMaterial(tls)).options.key).toBeInstanceOf(Buffer);
    const wrong = connectionTargets(
      `host=h user=u sslmode=require sslcert=${fixture('other-ca.crt')} sslkey=${fixture('server.key')}`,
    );
    await expect(tlsMaterial(wrong.tls)).rejects.toThrow(/do not belong together/);
  });
});
