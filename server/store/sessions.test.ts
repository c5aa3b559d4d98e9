import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { Sessions } from './sessions.ts';

const DAY = 86_400_000;
const FROM = { address: '10.0.0.7', browser: 'Firefox on Linux', token: null };

let dir: string;
let db: Database;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tricorder-sessions-'));
  db = openDatabase(dir);
});
afterEach(() => {
  vi.useRealTimers();
  db.close();
  rmSync(dir, { recursive: true, force: true });
});

it('outlive the console, and hold no secret on disk', () => {
  const sessions = new Sessions(db, null);
  const secret = sessions.create(FROM);
  const id = sessions.use(secret);
  expect(id).toMatch(/^[0-9a-f]{16}$/);
  expect(sessions.use('another')).toBeNull();
  expect(JSON.stringify(db.prepare('SELECT * FROM session').all())).not.toContain(secret);
  const next = new Sessions(db, null);
  expect(next.use(secret)).toBe(id);
  expect(next.end(id as string)).toMatchObject({
    address: '10.0.0.7',
    browser: 'Firefox on Linux',
    by: 'link',
  });
  expect(next.end(id as string)).toBeNull();
  expect(next.use(secret)).toBeNull();
  expect(new Sessions(db, null).use(secret)).toBeNull();
});

it('end after 30 days without use', () => {
  const secret = new Sessions(db, null).create(FROM);
  db.prepare('UPDATE session SET used_at = ?').run(Date.now() - 31 * DAY);
  expect(new Sessions(db, null).use(secret)).toBeNull();
});

it('are listed, the last used first, and without those that have ended of age', () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const sessions = new Sessions(db, null);
  const first = sessions.create(FROM);
  sessions.create({ ...FROM, browser: 'Safari on iOS' });
  vi.setSystemTime(Date.now() + 29 * DAY);
  sessions.use(first);
  expect(sessions.list().map(({ browser }) => browser)).toEqual(['Firefox on Linux', 'Safari on iOS']);
  vi.setSystemTime(Date.now() + 2 * DAY);
  expect(sessions.list().map(({ browser }) => browser)).toEqual(['Firefox on Linux']);
  expect(JSON.stringify(sessions.list())).not.toMatch(/hash/);
});

it('end with the fixed token that made them, and only those', () => {
  const old = new Sessions(db, 'the-token-of-before');
  const byToken = old.create({ ...FROM, token: 'the-token-of-before' });
  const again = old.create({ ...FROM, token: 'the-token-of-before' });
  const byLink = old.create(FROM);
  const rows = db.prepare("SELECT token_hash FROM session WHERE by = 'token'").all() as {
    token_hash: string;
  }[];
  // Equal tokens do not look equal.
  expect(new Set(rows.map((row) => row.token_hash)).size).toBe(2);
  const same = new Sessions(db, 'the-token-of-before');
  expect([same.ended, same.use(byToken) !== null]).toEqual([0, true]);
  const changed = new Sessions(db, 'another-token');
  expect([changed.ended, changed.use(byToken), changed.use(again)]).toEqual([2, null, null]);
  expect(changed.use(byLink)).not.toBeNull();
  // And they are not back when the old one is.
  expect(new Sessions(db, 'the-token-of-before').use(byToken)).toBeNull();
});

it('end with the token also when there is none any more', () => {
  const byToken = new Sessions(db, 'a-token').create({ ...FROM, token: 'a-token' });
  expect(new Sessions(db, null).use(byToken)).toBeNull();
});

it('of a store of before do not say which token made them, and end', () => {
  new Sessions(db, null);
  db.exec(
    `DROP TABLE session; UPDATE store_version SET version = 1 WHERE area = 'sessions';
     CREATE TABLE session (hash TEXT PRIMARY KEY, created_at INTEGER NOT NULL, used_at INTEGER NOT NULL) STRICT;
     INSERT INTO session VALUES ('h', 1, ${Date.now()})`,
  );
  expect(new Sessions(db, null).list()).toEqual([]);
});

it('are opened and used while nothing can be written, and are ended only for good', () => {
  const sessions = new Sessions(db, null);
  const kept = sessions.create(FROM);
  db.exec('PRAGMA query_only = ON');
  const opened = sessions.create(FROM);
  expect(sessions.use(opened)).not.toBeNull();
  const id = sessions.use(kept) as string;
  // It would be back at the next start.
  expect(() => sessions.end(id)).toThrow(/cannot be written|read-only/);
  expect(sessions.use(kept)).toBe(id);
});
