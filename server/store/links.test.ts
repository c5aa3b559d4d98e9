import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { Links, leaveLink } from './links.ts';

const MINUTE = 60_000;

let dir: string;
let db: Database;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  dir = mkdtempSync(join(tmpdir(), 'tricorder-links-'));
  db = openDatabase(dir);
});
afterEach(() => {
  vi.useRealTimers();
  db.close();
  rmSync(dir, { recursive: true, force: true });
});

it('is taken once, and says so afterwards', () => {
  const links = new Links(db);
  const { token } = links.make('start');
  expect(links.take(token)).toEqual({ state: 'ok', by: 'start' });
  expect(links.take(token)).toEqual({ state: 'used' });
  expect(links.take('never-made')).toEqual({ state: 'unknown' });
  expect(JSON.stringify(db.prepare('SELECT * FROM link').all())).not.toContain(token);
});

it('is good for 15 minutes', () => {
  const links = new Links(db);
  const early = links.make('api');
  const late = links.make('api');
  expect(early.expiresAt - Date.now()).toBe(15 * MINUTE);
  vi.setSystemTime(Date.now() + 15 * MINUTE);
  expect(links.take(early.token).state).toBe('ok');
  vi.setSystemTime(Date.now() + 1000);
  expect(links.take(late.token).state).toBe('too-old');
  // It was not used for all that.
  expect(links.take(late.token).state).toBe('too-old');
});

it('is too old on a clock that was set back by a day', () => {
  const links = new Links(db);
  const { token } = links.make('api');
  vi.setSystemTime(Date.now() - 24 * 60 * MINUTE);
  expect(links.take(token).state).toBe('too-old');
});

it('does not outlive the console, and what became of it is known for a month', () => {
  const before = new Links(db);
  const used = before.make('start').token;
  before.take(used);
  const open = before.make('start').token;
  const after = new Links(db);
  expect([after.take(used).state, after.take(open).state]).toEqual(['used', 'ended']);
  vi.setSystemTime(Date.now() + 31 * 24 * 60 * MINUTE);
  expect(new Links(db).take(used).state).toBe('unknown');
});

it('is left beside a running console by another process, and taken once', () => {
  const links = new Links(db);
  expect(statSync(join(dir, 'links')).mode & 0o777).toBe(0o700);
  const { token } = leaveLink(dir);
  const [name] = readdirSync(join(dir, 'links'));
  expect(name).toMatch(/^[0-9a-f]{64}$/);
  expect(name).not.toContain(token);
  expect(links.take(token)).toEqual({ state: 'ok', by: 'new-link' });
  expect(links.take(token)).toEqual({ state: 'used' });
  expect(readdirSync(join(dir, 'links'))).toEqual([]);
});

it('that was left too long ago is too old', () => {
  const links = new Links(db);
  const { token } = leaveLink(dir);
  const [name] = readdirSync(join(dir, 'links')) as [string];
  const then = (Date.now() - 16 * MINUTE) / 1000;
  utimesSync(join(dir, 'links', name), then, then);
  expect(links.take(token).state).toBe('too-old');
  // Whoever sets the file's time ahead gains nothing by it.
  const ahead = leaveLink(dir).token;
  const [other] = readdirSync(join(dir, 'links')) as [string];
  utimesSync(join(dir, 'links', other), Date.now() / 1000 + 9e6, Date.now() / 1000 + 9e6);
  expect(links.take(ahead).state).toBe('ok');
});

it('leads in while nothing can be written', () => {
  const links = new Links(db);
  db.exec('PRAGMA query_only = ON');
  const { token } = links.make('terminal');
  expect([links.take(token).state, links.take(token).state]).toEqual(['ok', 'used']);
});
