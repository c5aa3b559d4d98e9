/** What comes of a disk that takes nothing, and of a database file that is not what it was. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Libsql from 'libsql';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Storage } from '#core/model/storage.ts';
import { createLog } from '#server/log.ts';
import { StartError } from '#server/start-error.ts';
import { ActivityLog } from './activity.ts';
import { type Database, migrate, openDatabase } from './database.ts';
import { LagHistory } from './history.ts';
import { openSeal } from './seal.ts';
import { StorageError } from './trouble.ts';

let dir: string;
let file: string;
let lines: string[];
let db: Database;
let told: Storage['state'][];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tricorder-storage-'));
  file = join(dir, 'tricorder.db');
  lines = [];
  told = [];
  open();
});
afterEach(() => {
  vi.useRealTimers();
  db.close();
  rmSync(dir, { recursive: true, force: true });
});

function open(): void {
  db = openDatabase(
    dir,
    createLog((line) => lines.push(line)),
  );
  db.storage.onChange(({ state }) => told.push(state));
  migrate(db, 'test', ['CREATE TABLE kept (text TEXT NOT NULL)']);
}

const keep = (text = 'x') => db.prepare('INSERT INTO kept VALUES (?)').run(text);
const kept = () => db.prepare('SELECT text FROM kept').all();
const large = 'x'.repeat(50_000);

function thrown(work: () => unknown): StorageError {
  try {
    work();
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** As large as it is now, and no larger. */
function fill(): void {
  const [{ page_count: pages }] = db.prepare('PRAGMA page_count').all() as [{ page_count: number }];
  db.exec(`PRAGMA max_page_count = ${pages}`);
}
const makeRoom = () => db.exec('PRAGMA max_page_count = 1000000');

describe('a full disk', () => {
  it('is said in one sentence, once, and is over when there is room', () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval'] });
    fill();
    const error = thrown(() => keep(large));
    expect(error.state).toBe('full');
    expect(error.message).toBe(
      `The disk of the data dir ${dir} is full (SQLITE_FULL): history is not kept and changes are refused until there is space.`,
    );
    expect(db.storage.status).toMatchObject({ state: 'full', message: error.message, remedy: error.remedy });
    for (let again = 0; again < 5; again++) thrown(() => keep(large));
    expect(lines).toEqual([expect.stringContaining(`error ${error.message} Free some space there`)]);
    // A small write that fits proves nothing so soon after one that did not.
    makeRoom();
    keep();
    expect(db.storage.status.state).toBe('full');
    vi.setSystemTime(Date.now() + 3000);
    keep();
    expect(db.storage.status).toEqual({ state: 'ok', since: null, message: null, remedy: null });
    expect(lines[1]).toMatch(/info The data dir .* can be written again, after 3 s; the history has a gap/);
    expect(told).toEqual(['full', 'ok']);
  });

  it('is over also where the clock was set back meanwhile', () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval'] });
    fill();
    thrown(() => keep(large));
    vi.setSystemTime(Date.now() - 86_400_000);
    makeRoom();
    keep();
    expect(db.storage.status.state).toBe('ok');
  });

  it('is looked at again without anybody writing', () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval'] });
    db.close();
    open();
    fill();
    thrown(() => keep(large));
    vi.advanceTimersByTime(4000);
    makeRoom();
    vi.advanceTimersByTime(4000);
    expect(told).toEqual(['full', 'ok']);
  });

  it('says its cause also where a transaction was taken back by SQLite itself', () => {
    fill();
    const all = db.transaction(() => {
      keep('small');
      keep(large);
    });
    expect(thrown(all).message).toMatch(/is full \(SQLITE_FULL\)/);
    makeRoom();
    expect(kept()).toEqual([]);
    // And the connection is of use as before.
    db.transaction(() => keep('after'))();
    expect(kept()).toEqual([{ text: 'after' }]);
  });

  it('takes no series of the history for another’s', () => {
    const history = new LagHistory(db);
    const link = (receiver: string, lagSeconds: number) => ({
      provider: 'n1',
      receiver,
      lagSeconds,
      lagBytes: 0,
      walHeldBytes: 0,
    });
    const at = Date.now() - 60_000;
    history.append('demo', at, [link('n2', 1)]);
    fill();
    thrown(() =>
      history.append(
        'demo',
        at + 1000,
        Array.from({ length: 2000 }, (_, n) => link(`x${n}`, 7)),
      ),
    );
    makeRoom();
    history.append('demo', at + 2000, [link('n2', 1), link('n3', 3)]);
    const { series } = history.read('demo', { fromMs: at, toMs: at + 5000 });
    expect(
      series.map(({ receiver, points }) => [receiver, points.map(({ lagSeconds }) => lagSeconds)]),
    ).toEqual([
      ['n2', [1, 1]],
      ['n3', [3]],
    ]);
  });

  it('leaves a gap in the history that is told as one', () => {
    const history = new LagHistory(db);
    const link = [{ provider: 'n1', receiver: 'n2', lagSeconds: 1, lagBytes: 0, walHeldBytes: 0 }];
    const from = Math.floor(Date.now() / 1000) * 1000 - 120_000;
    for (let second = 0; second < 10; second++) history.append('demo', from + second * 1000, link);
    db.exec('PRAGMA query_only = ON');
    for (let second = 10; second < 40; second++)
      thrown(() => history.append('demo', from + second * 1000, link));
    db.exec('PRAGMA query_only = OFF');
    for (let second = 40; second < 60; second++) history.append('demo', from + second * 1000, link);
    const { notSampled, series } = history.read('demo', { fromMs: from, toMs: from + 59_000 });
    expect(notSampled).toEqual([
      { from: new Date(from + 9000).toISOString(), to: new Date(from + 40_000).toISOString() },
    ]);
    expect(series[0]?.points).toHaveLength(30);
  });

  it('costs no line of the activity: they wait, are shown, and are written when there is room', () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval'] });
    const activity = new ActivityLog(db);
    const add = (text: string, at: number) =>
      activity.add({
        at: new Date(at).toISOString(),
        cluster: 'demo',
        kind: 'node',
        severity: null,
        text,
        subject: null,
        run: null,
        finding: null,
      });
    const now = Date.now();
    add('before', now);
    db.exec('PRAGMA query_only = ON');
    add('while it was full', now + 1000);
    add('still full', now + 2000);
    const texts = () => activity.page('demo', 10).items.map(({ text }) => text);
    expect(texts()).toEqual(['still full', 'while it was full', 'before']);
    expect(activity.waiting).toBe(2);
    // Pages go on behind what waits.
    const first = activity.page('demo', 1);
    expect(activity.page('demo', 10, first.nextCursor).items.map(({ text }) => text)).toEqual([
      'while it was full',
      'before',
    ]);
    db.exec('PRAGMA query_only = OFF');
    vi.setSystemTime(now + 10_000);
    add('after', now + 10_000);
    expect(activity.waiting).toBe(0);
    expect(texts()).toEqual(['after', 'still full', 'while it was full', 'before']);
    expect(new ActivityLog(db).page('demo', 10).items).toHaveLength(4);
  });
});

it('a database that may not be written any more is said to be read-only', () => {
  db.exec('PRAGMA query_only = ON');
  expect(thrown(() => keep()).message).toMatch(/has become read-only \(SQLITE_READONLY\)/);
  db.exec('PRAGMA query_only = OFF');
});

it('a database that another program holds is not opened, and ours is opened by no other', () => {
  const other = () => new Libsql(file, { timeout: 10 });
  expect(() => other().prepare('SELECT * FROM kept').all()).toThrow(/locked/);
  db.close();
  const holder = other();
  holder.exec('BEGIN IMMEDIATE');
  expect(() => openDatabase(dir)).toThrow(/Another program holds \S+tricorder\.db locked\. End it/);
  holder.close();
}, 10_000);

it('has no index that is mapped, and leaves one whole file', () => {
  keep('kept');
  expect(readdirSync(dir)).not.toContain('tricorder.db-shm');
  db.close();
  expect(readdirSync(dir).filter((name) => name.startsWith('tricorder.db'))).toEqual(['tricorder.db']);
  open();
  expect(kept()).toEqual([{ text: 'kept' }]);
});

describe('a database file that loses its name while the console runs', () => {
  it('is saved beside, and nothing is written to what will be gone', () => {
    keep('before');
    unlinkSync(file);
    const error = thrown(() => keep('lost'));
    expect(error.state).toBe('removed');
    const saved = readdirSync(dir).find((name) => name.startsWith('tricorder.db.saved-')) ?? '';
    expect(error.message).toBe(
      `tricorder.db was removed from the data dir ${dir} while the console was running; what it held is saved as ${saved}: history is not kept and changes are refused.`,
    );
    expect(error.remedy).toContain(`restore tricorder.db from ${saved}`);
    expect(statSync(join(dir, saved)).mode & 0o777).toBe(0o600);
    // What it holds can still be read.
    expect(kept()).toEqual([{ text: 'before' }]);
    thrown(() => keep('lost'));
    db.storage.look();
    expect(lines).toHaveLength(1);
    expect(readdirSync(dir).filter((name) => name.includes('saved'))).toEqual([saved]);
    db.close();
    expect(existsSync(file)).toBe(false);
    // As it says: nothing of before is played into the file that is put back.
    renameSync(join(dir, saved), file);
    open();
    expect(kept()).toEqual([{ text: 'before' }]);
  });

  it('is noticed without a write', () => {
    unlinkSync(file);
    db.storage.look();
    expect(db.storage.status.state).toBe('removed');
  });

  it.each(['a file of something else', 'another database'])('to %s: the other is left alone', (what) => {
    keep('before');
    unlinkSync(file);
    if (what === 'another database') {
      const other = new Libsql(file);
      other.exec('CREATE TABLE theirs (x)');
      other.close();
    } else writeFileSync(file, 'theirs');
    const theirs = statSync(file);
    expect(thrown(() => keep()).state).toBe('replaced');
    db.close();
    expect(statSync(file)).toMatchObject({ ino: theirs.ino, size: theirs.size, mtimeMs: theirs.mtimeMs });
  });

  it('is noticed by its -wal, which holds the newest', () => {
    keep('in the wal');
    db.storage.look();
    unlinkSync(`${file}-wal`);
    expect(thrown(() => keep()).state).toBe('removed');
    const saved = readdirSync(dir).find((name) => name.includes('saved')) ?? '';
    const copy = new Libsql(join(dir, saved));
    expect(copy.prepare('SELECT text FROM kept').all()).toMatchObject([{ text: 'in the wal' }]);
    copy.close();
  });

  it('with its folder: what cannot be saved is said not to be', () => {
    rmSync(dir, { recursive: true });
    expect(thrown(() => keep()).message).toMatch(/what it held could not be saved/);
  });
});

describe('a database file that is damaged while the console runs', () => {
  beforeEach(() => void openSeal(db));

  it.each([0, 0.5])('cut off to %d of its size: no write makes it worse', (share) => {
    for (let n = 0; n < 40; n++) keep(large);
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    db.storage.look();
    const before = statSync(file).size;
    truncateSync(file, Math.floor((before * share) / 4096) * 4096);
    const error = thrown(() => keep());
    expect(error.state).toBe('truncated');
    expect(error.message).toMatch(new RegExp(`was truncated .* of ${before} bytes are left`));
    const left = statSync(file).size;
    db.storage.look();
    expect([statSync(file).size, lines.length]).toEqual([left, 1]);
    // The next start, which is another process: this one holds the file.
    const copy = mkdtempSync(join(tmpdir(), 'tricorder-storage-'));
    for (const name of ['tricorder.db', 'seal.key']) copyFileSync(join(dir, name), join(copy, name));
    expect(() => openDatabase(copy)).toThrow(/damaged or no database|an empty tricorder\.db/);
    rmSync(copy, { recursive: true });
  });

  it('overwritten at its head', () => {
    keep();
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    const fd = openSync(file, 'r+');
    writeSync(fd, Buffer.alloc(4096, 0x5a), 0, 4096, 0);
    // The descriptor stays open: closing it would drop SQLite's locks on the file.
    expect(thrown(() => keep()).message).toMatch(/is damaged \(its header was overwritten\)/);
  });

  it('overwritten within: said when it is read, also by who only reads, and at the next start', () => {
    for (let n = 0; n < 3000; n++) keep('y'.repeat(2000));
    db.close();
    const fd = openSync(file, 'r+');
    const { size } = statSync(file);
    for (let at = 8192; at < size; at += 8192) writeSync(fd, Buffer.alloc(64, 0x5a), 0, 64, at);
    expect(() => openDatabase(dir)).toThrow(StartError);
    expect(() => openDatabase(dir)).toThrow(/damaged or no database \(SQLITE_CORRUPT\)/);
    rmSync(file);
  });
});

describe('a data dir that was in use', () => {
  beforeEach(() => {
    openSeal(db);
    db.close();
  });
  const listed = () => readdirSync(dir).sort();

  it.each([
    ['has lost its database', () => rmSync(file), /has no tricorder\.db, but a seal\.key: it was in use/],
    ['has an empty one', () => truncateSync(file, 0), /has an empty tricorder\.db, but a seal\.key/],
  ])('and %s is not begun anew', (_, lose, message) => {
    lose();
    const before = listed();
    expect(() => openDatabase(dir)).toThrow(StartError);
    expect(() => openDatabase(dir)).toThrow(message);
    expect(() => openDatabase(dir)).toThrow(/To start over .* move seal\.key away too/);
    expect(listed()).toEqual(before);
    // As it says.
    rmSync(file, { force: true });
    rmSync(join(dir, 'seal.key'));
    open();
    expect(kept()).toEqual([]);
  });

  it('and has only a -wal is not begun anew: it would be played into the new one', () => {
    rmSync(file);
    rmSync(join(dir, 'seal.key'));
    writeFileSync(`${file}-wal`, 'frames');
    expect(() => openDatabase(dir)).toThrow(/has no tricorder\.db, but a tricorder\.db-wal/);
    expect(existsSync(file)).toBe(false);
  });
});

it('a key that goes while the console runs is missed at once, kept beside, and may come back', () => {
  openSeal(db);
  const key = join(dir, 'seal.key');
  db.storage.look();
  expect(db.storage.status.state).toBe('ok');
  renameSync(key, `${key}.elsewhere`);
  db.storage.look();
  expect(db.storage.status).toMatchObject({
    state: 'key-removed',
    message: expect.stringContaining(`it is saved as ${key}.saved`),
  });
  // Nothing else is the worse for it.
  keep();
  expect(db.storage.status.state).toBe('key-removed');
  writeFileSync(key, 'another');
  db.storage.look();
  expect(db.storage.status.state).toBe('key-removed');
  renameSync(`${key}.saved`, key);
  db.storage.look();
  expect(db.storage.status.state).toBe('ok');
  expect(lines.map((line) => line.split(' ')[1])).toEqual(['error', 'info']);
});

it.runIf(process.getuid?.() !== 0)('a folder that may not be written is said to', () => {
  chmodSync(dir, 0o500);
  expect(() => openDatabase(dir)).toThrow(StartError);
  chmodSync(dir, 0o700);
});
