/**
 * Disks that are full, read-only, used up under their feet, and databases that are damaged, under a console as a process of
 * its own: what must be said, what must be refused, what must not be lost. File systems are real ones, mounted for this.
 */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { PROJECT_ROOT } from '#server/project-root.ts';
import { Consoles, type Started, TOKEN } from '#server/testing/consoles.ts';
import { cannotMount, type DiskKind, type OwnDisk, ownDisk } from '#server/testing/own-disk.ts';

const refused = cannotMount();
const onDisks = refused === null ? describe : describe.skip;
if (refused !== null) process.stdout.write(`note: skipped what needs a file system of its own: ${refused}\n`);

const consoles = new Consoles();
let disk: OwnDisk | null = null;
afterEach(async () => {
  await consoles.killAll();
  disk?.remove();
  disk = null;
});
const start = (dataDir: string, stderr?: number) => consoles.start(dataDir, stderr);
const notStarted = (dataDir: string, ...args: string[]) => consoles.notStarted(dataDir, ...args);

const cluster = (name: string, dsn = 'host=127.0.0.1 port=1 user=x') => ({
  name,
  nodes: [{ dsn }],
  unreachable: 'keep',
});
const storageOf = async ({ url }: Started) =>
  (await (await fetch(`${url}/api/v1/health`)).json()).storage as { state: string };

/** Within some seconds, without anybody writing: the console looks itself. */
async function becomes(started: Started, wanted: RegExp, seconds = 20): Promise<string> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(100)) {
    const { state } = await storageOf(started);
    if (wanted.test(state)) return state;
  }
  throw new Error(`storage is ${JSON.stringify(await storageOf(started))}, not ${wanted}: ${started.log()}`);
}

/** Of the snapshot of the next poll, which says what was found before it. */
async function finding(started: Started): Promise<Record<string, unknown> | undefined> {
  await sleep(1500);
  const { body } = await started.api('GET', '/clusters/kept/snapshot');
  return (body.findings as Record<string, unknown>[]).find(({ code }) => code === 'console-storage');
}

/** The file as another program would find it. Opened here, it would be closed in the midst of the console's locks. */
function integrity(dataDir: string): string {
  return execFileSync(
    process.execPath,
    [
      '-e',
      `const Libsql = require('libsql'); const db = new Libsql(process.argv[1]);
       console.log(JSON.stringify(db.prepare('PRAGMA integrity_check').all()) + db.prepare('SELECT count(*) AS n FROM cluster').get().n)`,
      join(dataDir, 'tricorder.db'),
    ],
    { cwd: PROJECT_ROOT, encoding: 'utf8' },
  ).trim();
}

onDisks.each<DiskKind>(['tmpfs', 'ext4'])('a full disk, %s', (kind) => {
  test('is said everywhere, refuses changes, lets people in, and is over when there is room', async () => {
    disk = ownDisk(kind, 12);
    const dataDir = join(disk.path, 'data');
    const started = await start(dataDir);
    expect((await started.api('POST', '/clusters', cluster('kept'))).status).toBe(201);
    await sleep(3000);
    const from = new Date().toISOString();
    disk.fill();
    expect(await becomes(started, /full/)).toBe('full');
    const said =
      /The disk of the data dir \S+ is full \((SQLITE_FULL|ENOSPC)\): history is not kept and changes are refused until there is space\./;
    const lines = started
      .log()
      .split('\n')
      .filter((line) => said.test(line));
    expect(lines).toHaveLength(1);
    expect(String((await finding(started))?.detail)).toMatch(said);
    const change = await started.api('POST', '/clusters', cluster('x'.repeat(40)));
    expect([change.status, change.body.code]).toEqual([507, 'INSUFFICIENT_STORAGE']);
    expect(String(change.body.message)).toMatch(said);
    // Whoever looks after it comes in, and sees it.
    const entered = await fetch(`${started.url}/?token=${TOKEN}`, { redirect: 'manual' });
    expect(entered.status).toBe(303);
    const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect((await fetch(`${started.url}/api/v1/clusters`, { headers: { cookie } })).status).toBe(200);
    await sleep(8000);
    disk.free();
    await becomes(started, /ok/);
    expect((await started.api('POST', '/clusters', cluster('after'))).status).toBe(201);
    await sleep(2500);
    expect(await finding(started)).toBeUndefined();
    const { body: lag } = await started.api('GET', `/clusters/kept/lag?from=${from}`);
    const [gap] = lag.notSampled as { from: string; to: string }[];
    expect(Date.parse(gap?.to ?? '') - Date.parse(gap?.from ?? '')).toBeGreaterThan(5000);
    // Told though nothing could be written when it began.
    const { body: activity } = await started.api('GET', '/clusters/kept/activity');
    const texts = (activity.items as { text: string }[]).map(({ text }) => text);
    expect(texts).toContain('The console cannot keep what it sees');
    expect(await started.end('SIGTERM')).toBe(0);
    expect(integrity(dataDir)).toBe('[{"integrity_check":"ok"}]2');
  });

  test('stops a start with one line, and changes nothing', async () => {
    disk = ownDisk(kind, 12);
    const dataDir = join(disk.path, 'data');
    const first = await start(dataDir);
    expect((await first.api('POST', '/clusters', cluster('kept'))).status).toBe(201);
    await first.end('SIGKILL');
    disk.fill();
    const { code, said } = await notStarted(dataDir);
    expect(code).toBe(1);
    expect(said).toMatch(/^tricorder: The data dir \S+ is on a full disk \(\w+\)\. Free some space.*\n$/);
    disk.free();
    const again = await start(dataDir);
    expect((await again.api('GET', '/clusters')).body.items).toHaveLength(1);
  });

  test('under its own log ends nothing', async () => {
    disk = ownDisk(kind, 12);
    const log = join(disk.path, 'console.log');
    const started = await start(join(disk.path, 'data'), openSync(log, 'a'));
    expect((await started.api('POST', '/clusters', cluster('kept'))).status).toBe(201);
    disk.fill();
    await becomes(started, /full/);
    for (let i = 0; i < 200; i++) await fetch(`${started.url}/?token=wrong-${i}`);
    expect((await storageOf(started)).state).toBe('full');
    disk.free();
    await becomes(started, /ok/);
    expect(readFileSync(log, 'utf8')).toMatch(/can be written again/);
    expect(await started.end('SIGTERM')).toBe(0);
  });

  test('full and free again, killed at any moment, twelve times: the database is whole', async () => {
    disk = ownDisk(kind, 12);
    const dataDir = join(disk.path, 'data');
    let clusters = 0;
    for (let round = 0; round < 12; round++) {
      const started = await start(dataDir);
      const added = await started.api('POST', '/clusters', cluster(`c${round}`));
      expect(added.status).toBe(201);
      clusters++;
      disk.fill();
      await sleep(round * 150);
      const more = await started.api(
        'POST',
        '/clusters',
        cluster(`m${round}`, `host=127.0.0.1 port=1 user=${'u'.repeat(3000)}`),
      );
      expect([201, 507]).toContain(more.status);
      if (more.status === 201) clusters++;
      if (round % 3 === 1) disk.free();
      await started.end('SIGKILL');
      disk.free();
      expect(integrity(dataDir)).toBe(`[{"integrity_check":"ok"}]${clusters}`);
    }
  });
});

onDisks('other disks', () => {
  test('that become read-only while the console runs: said, changes refused, and it ends in time', async () => {
    disk = ownDisk('ext4', 16);
    const started = await start(join(disk.path, 'data'));
    expect((await started.api('POST', '/clusters', cluster('kept'))).status).toBe(201);
    disk.makeReadOnly();
    expect(await becomes(started, /read-only|failing/)).toBe('read-only');
    expect(started.log()).toMatch(
      /error The data dir \S+ has become read-only \(EROFS\): history is not kept/,
    );
    const change = await started.api('PATCH', '/clusters/kept', { thresholds: { lagSeconds: 3 } });
    expect([change.status, change.body.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    expect(String(change.body.message)).toMatch(/has become read-only/);
    expect((await started.api('GET', '/clusters/kept')).status).toBe(200);
    const before = performance.now();
    expect(await started.end('SIGTERM')).toBe(0);
    expect(performance.now() - before).toBeLessThan(5000);
    const { code, said } = await notStarted(join(disk.path, 'data'));
    expect([code, said]).toEqual([1, expect.stringMatching(/^tricorder: The data dir \S+ .*\n$/)]);
  });

  test('whose pool is used up under them: said, and nothing ends', async () => {
    disk = ownDisk('thin', 60);
    const started = await start(join(disk.path, 'data'));
    expect((await started.api('POST', '/clusters', cluster('kept'))).status).toBe(201);
    disk.exhaust();
    // What was taken by the cache of the kernel fails when it is to be written down.
    execFileSync('sync');
    let last = 201;
    for (let n = 0; n < 200 && last === 201; n++) {
      ({ status: last } = await started.api(
        'POST',
        '/clusters',
        cluster(`m${n}`, `host=127.0.0.1 port=1 user=${'u'.repeat(4000)}`),
      ));
      if (n % 20 === 19) execFileSync('sync');
    }
    expect([503, 507]).toContain(last);
    expect(await becomes(started, /read-only|failing|full|damaged/)).not.toBe('ok');
    expect((await started.api('GET', '/clusters/kept')).status).toBe(200);
    await started.end('SIGTERM');
  });

  test('without a file to spare: --new-link says so, and the console goes on', async () => {
    disk = ownDisk('tmpfs', 12, 40);
    const dataDir = join(disk.path, 'data');
    const started = await start(dataDir);
    for (let n = 0; ; n++) {
      try {
        appendFileSync(join(disk.path, `file-${n}`), '');
      } catch {
        break;
      }
    }
    const { code, said } = await notStarted(dataDir, '--new-link');
    expect(code).toBe(1);
    expect(said).toMatch(
      /^tricorder: The data dir \S+ is on a full disk, so no link can be left there\. .* press Enter/,
    );
    expect((await storageOf(started)).state).toBe('ok');
    expect((await started.api('POST', '/clusters', cluster('kept'))).status).toBe(201);
  });
});

const overwrite = (file: string) => {
  // The descriptor stays open until the process ends, as of a program that goes on writing.
  const fd = openSync(file, 'r+');
  const { size } = statSync(file);
  for (let at = 0; at < size; at += 4096) writeSync(fd, Buffer.alloc(64, 0x5a), 0, 64, at);
};

onDisks('a database', () => {
  test.each([
    ['removed', unlinkSync, /has no tricorder\.db, but a seal\.key/],
    [
      'cut off to nothing',
      (file: string) => truncateSync(file, 0),
      /has an empty tricorder\.db, but a seal\.key/,
    ],
    [
      'cut off to its half',
      (file: string) => truncateSync(file, (statSync(file).size >> 13) << 12),
      /is damaged or no database/,
    ],
    ['overwritten', overwrite, /is damaged or no database/],
    [
      'moved away',
      (file: string) => renameSync(file, `${file}.elsewhere`),
      /has no tricorder\.db, but a seal\.key/,
    ],
  ])(
    '%s while the console runs, which is killed then: said, and nothing is begun anew',
    async (_, harm, words) => {
      disk = ownDisk('tmpfs', 12);
      const dataDir = join(disk.path, 'data');
      const before = await start(dataDir);
      expect((await before.api('POST', '/clusters', cluster('kept'))).status).toBe(201);
      // All of it in the file, none in the -wal.
      expect(await before.end('SIGTERM')).toBe(0);
      const started = await start(dataDir);
      harm(join(dataDir, 'tricorder.db'));
      await becomes(started, /removed|truncated|damaged/);
      const change = await started.api('PATCH', '/clusters/kept', { thresholds: { lagSeconds: 3 } });
      expect([change.status, change.body.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
      expect(await finding(started)).toMatchObject({ severity: 'critical' });
      expect((await started.api('GET', '/clusters')).body.items).toHaveLength(1);
      await started.end('SIGKILL');
      // A -wal of an unclean end would be played into what is left: it is what the refusal speaks of.
      const listed = () =>
        readdirSync(dataDir)
          .filter((name) => !name.startsWith('console.'))
          .sort();
      const there = listed();
      for (let again = 0; again < 2; again++) {
        const { code, said } = await notStarted(dataDir);
        expect([code, said]).toEqual([1, expect.stringMatching(words)]);
        expect(said.trim().split('\n')).toHaveLength(1);
      }
      expect(listed()).toEqual(there);
      const saved = there.find((name) => name.startsWith('tricorder.db.saved-'));
      if (saved === undefined) return;
      // As the message says.
      renameSync(join(dataDir, saved), join(dataDir, 'tricorder.db'));
      for (const end of ['-wal', '-shm']) rmSync(join(dataDir, `tricorder.db${end}`), { force: true });
      const restored = await start(dataDir);
      expect((await restored.api('GET', '/clusters')).body.items).toHaveLength(1);
    },
  );
});
