import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WalRoom } from '#core/model/wal-room.ts';
import { type ExecutablePlan, PLAN_VERSION, step } from '#core/plan/executable.ts';
import { shownPlan } from '#core/plan/shown.ts';
import { StartError } from '#server/start-error.ts';
import { ActivityLog } from './activity.ts';
import { type Database, migrate, openDatabase } from './database.ts';
import { type ClusterRecord, Registry, type RegistryChange } from './registry.ts';
import { RunStore, type StoredPlan, shownRun } from './runs.ts';
import { openSeal } from './seal.ts';
import { WatchStates } from './watch-state.ts';

let dir: string;
let db: Database;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tricorder-store-'));
  db = openDatabase(dir);
});
afterEach(() => {
  db.close();
  rmSync(dir, { recursive: true, force: true });
});

const record = (name: string, password = 'hunter2-secret'): ClusterRecord => ({
  name,
  engine: 'spock',
  createdAt: '2026-01-01T00:00:00.000Z',
  thresholds: { lagSeconds: 10, walHeldBytes: 1024 },
  topology: { kind: 'full-mesh' },
  sandbox: false,
  nodes: [
    { name: 'n1', dsn: `postgres://u:${password}@h1/db`, peerDsn: null, walRoom: null },
    {
      name: 'n2',
      dsn: `host=h2 user=u password='${password}'`,
      peerDsn: `host=10.0.0.2 password=${password}`,
      walRoom: null,
    },
  ],
});

const planOf = (id: string): StoredPlan => {
  const executable: ExecutablePlan = {
    title: 'Forget demo',
    steps: [step({ id: 'forget', title: 'Forget demo', node: null, action: { type: 'forget-cluster' } })],
    checks: [],
    problems: [],
  };
  const request = { kind: 'remove', target: 'sandbox', name: 'demo' } as const;
  const createdAt = '2026-01-01T00:00:00.000Z';
  const plan = shownPlan(executable, { id, request, cluster: 'demo', createdAt }, () => '');
  return { plan, executable, planVersion: PLAN_VERSION, dsns: { n1: { dsn: 'host=a', peerDsn: 'host=b' } } };
};

/** Opens the data dir in another process, which ends at once, or holds it until it is killed. */
const otherArgs = (hold: boolean) => [
  '--input-type=module',
  '-e',
  `import Libsql from 'libsql';
   const lock = new Libsql(${JSON.stringify(join(dir, 'console.lock'))}, { timeout: 100 });
   lock.exec('BEGIN EXCLUSIVE'); console.log('held'); ${hold ? 'setInterval(() => {}, 1000)' : ''}`,
];

describe('openDatabase', () => {
  it('lets no second console in, in this process or another', () => {
    expect(() => openDatabase(dir)).toThrow(StartError);
    expect(() => openDatabase(dir)).toThrow(new RegExp(`process ${process.pid}\\).* --data-dir`));
    const second = spawnSync(process.execPath, otherArgs(false), { encoding: 'utf8' });
    expect(second.stdout).not.toContain('held');
    expect(second.stderr).toMatch(/SQLITE_BUSY|locked/);
  });

  it('takes over after a console that was killed', async () => {
    db.close();
    const killed = spawn(process.execPath, otherArgs(true), { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => killed.stdout.once('data', resolve));
    expect(() => openDatabase(dir)).toThrow(/Another Tricorder/);
    const gone = new Promise((resolve) => killed.once('exit', resolve));
    killed.kill('SIGKILL');
    await gone;
    db = openDatabase(dir);
  });

  it('says in one line what is wrong with a data dir', () => {
    const file = join(dir, 'file');
    writeFileSync(file, '');
    expect(() => openDatabase(file)).toThrow(/not a folder/);
    expect(() => openDatabase(join(file, 'below'))).toThrow(StartError);
    if (process.platform === 'linux')
      expect(() => openDatabase('/proc/tricorder')).toThrow(/cannot be written/);
    const damaged = join(dir, 'damaged');
    openDatabase(damaged).close();
    writeFileSync(join(damaged, 'tricorder.db'), 'x'.repeat(8192));
    expect(() => openDatabase(damaged)).toThrow(/damaged/);
    // The lock was let go.
    rmSync(join(damaged, 'tricorder.db'));
    openDatabase(damaged).close();
  });

  it('runs each migration once, and refuses what a newer version wrote', () => {
    migrate(db, 'area', ['CREATE TABLE a (x)']);
    migrate(db, 'area', ['CREATE TABLE a (x)', 'ALTER TABLE a ADD COLUMN y']);
    expect(db.prepare('SELECT x, y FROM a').all()).toEqual([]);
    expect(() => migrate(db, 'area', ['CREATE TABLE a (x)'])).toThrow(/newer Tricorder/);
    // One that fails leaves nothing half done.
    expect(() => migrate(db, 'other', ['CREATE TABLE b (x); CREATE TABLE a (x)'])).toThrow();
    expect(() => db.prepare('SELECT * FROM b')).toThrow(/no such table/);
  });
});

describe('Seal', () => {
  it('opens what it sealed, and nothing that was changed', () => {
    const seal = openSeal(db);
    const sealed = seal.seal('a secret ∆');
    expect(seal.seal('a secret ∆')).not.toBe(sealed);
    expect(openSeal(db).open(sealed)).toBe('a secret ∆');
    const bytes = Buffer.from(sealed.slice(3), 'base64');
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    expect(() => seal.open(`v1:${bytes.toString('base64')}`)).toThrow();
    expect(() => seal.open('plain')).toThrow();
  });

  it('keeps its key to its owner', () => {
    openSeal(db);
    const file = join(dir, 'seal.key');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    chmodSync(file, 0o644);
    openSeal(db);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(file, 'no key');
    expect(() => openSeal(db)).toThrow(/holds no key/);
  });
});

describe('Registry', () => {
  it('keeps DSNs sealed on disk and in clear in memory', () => {
    const registry = new Registry(db, openSeal(db));
    registry.add(record('demo'));
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    for (const name of ['tricorder.db', 'seal.key', 'console.pid']) {
      expect(readFileSync(join(dir, name)).includes('hunter2'), name).toBe(false);
    }
    expect(new Registry(db, openSeal(db)).get('demo')).toEqual(record('demo'));
  });

  it('adds, renames and removes, and tells', () => {
    const registry = new Registry(db, openSeal(db));
    const changes: RegistryChange[] = [];
    registry.onChange((change) => changes.push(change));
    registry.add(record('b'));
    registry.add(record('a'));
    expect(() => registry.add(record('a'))).toThrow(/already/);
    expect(registry.list().map(({ name }) => name)).toEqual(['a', 'b']);
    expect(() => registry.replace('a', record('b'))).toThrow(/already/);
    registry.replace('a', record('c', 'other'));
    expect(registry.remove('nobody')).toBe(false);
    expect(registry.remove('b')).toBe(true);
    expect(changes.map(({ kind }) => kind)).toEqual(['added', 'added', 'replaced', 'removed']);
    expect(changes[2]).toMatchObject({ previousName: 'a', record: { name: 'c' } });
    expect(new Registry(db, openSeal(db)).list()).toEqual([record('c', 'other')]);
  });

  it('keeps what the disk of a node has free, and knows none in a store of before', () => {
    const said = {
      source: 'entered',
      freeBytes: 21474836480,
      at: '2026-01-02T00:00:00.000Z',
      heldBytes: null,
    };
    const before = new Registry(db, openSeal(db));
    before.add(record('demo'));
    expect(before.get('demo')?.nodes[0]?.walRoom).toBeNull();
    const { nodes } = record('demo');
    before.replace('demo', {
      ...record('demo'),
      nodes: nodes.map((node) => (node.name === 'n1' ? { ...node, walRoom: said as WalRoom } : node)),
    });
    const rooms = new Registry(db, openSeal(db)).get('demo')?.nodes.map(({ walRoom }) => walRoom);
    expect(rooms).toEqual([said, null]);
  });

  it('says so when the key is another one', () => {
    new Registry(db, openSeal(db)).add(record('demo'));
    const key = readFileSync(join(dir, 'seal.key'));
    rmSync(join(dir, 'seal.key'));
    // Lost: no new one takes its place.
    expect(() => openSeal(db)).toThrow(/seal\.key is missing/);
    expect(existsSync(join(dir, 'seal.key'))).toBe(false);
    writeFileSync(join(dir, 'seal.key'), `${randomBytes(32).toString('base64')}\n`);
    expect(() => openSeal(db)).toThrow(/another one than tricorder\.db was sealed with/);
    writeFileSync(join(dir, 'seal.key'), key);
    expect(new Registry(db, openSeal(db)).get('demo')).toEqual(record('demo'));
  });

  it('knows the key of a store of before, which had no check of it', () => {
    new Registry(db, openSeal(db)).add(record('demo'));
    db.exec("DROP TABLE seal_check; DELETE FROM store_version WHERE area = 'seal'");
    const key = readFileSync(join(dir, 'seal.key'));
    rmSync(join(dir, 'seal.key'));
    expect(() => openSeal(db)).toThrow(/seal\.key is missing/);
    writeFileSync(join(dir, 'seal.key'), `${randomBytes(32).toString('base64')}\n`);
    expect(() => openSeal(db)).toThrow(/another one/);
    writeFileSync(join(dir, 'seal.key'), key);
    expect(new Registry(db, openSeal(db)).list()).toHaveLength(1);
  });
});

describe('ActivityLog', () => {
  const item = (text: string, cluster: string | null) => ({
    at: '2026-01-01T00:00:00.000Z',
    cluster,
    kind: 'node' as const,
    severity: null,
    text,
    subject: { node: 'n1' },
    run: null,
    finding: null,
  });

  it('orders by when a thing began, not by when it was told', () => {
    const log = new ActivityLog(db);
    log.add({ ...item('told at once', 'a'), at: '2026-11-22T04:12:21.280Z' });
    log.add({ ...item('told when it had settled', 'a'), at: '2026-11-22T04:12:18.000Z' });
    log.add({ ...item('the newest', 'a'), at: '2026-11-22T04:12:30.000Z' });
    const first = log.page('a', 2);
    expect(first.items.map(({ text }) => text)).toEqual(['the newest', 'told at once']);
    const rest = log.page('a', 2, first.nextCursor);
    expect(rest.items.map(({ text }) => text)).toEqual(['told when it had settled']);
  });

  it('gives pages, newest first, by cluster or all', () => {
    const log = new ActivityLog(db);
    for (let i = 1; i <= 5; i++) log.add(item(`a${i}`, 'a'));
    log.add(item('b1', 'b'));
    log.add(item('console', null));
    const first = log.page('a', 2);
    expect(first.items.map(({ text }) => text)).toEqual(['a5', 'a4']);
    expect(first.items[0]).toMatchObject({ subject: { node: 'n1' }, cluster: 'a' });
    // What comes between two pages shifts nothing.
    log.add(item('a6', 'a'));
    const second = log.page('a', 2, first.nextCursor);
    expect(second.items.map(({ text }) => text)).toEqual(['a3', 'a2']);
    const third = log.page('a', 2, second.nextCursor);
    expect(third.items.map(({ text }) => text)).toEqual(['a1']);
    expect(third.nextCursor).toBeNull();
    expect(log.page(null, 3).items.map(({ text }) => text)).toEqual(['a6', 'console', 'b1']);
    expect(log.page('a', 1, 'nonsense; DROP').items[0]?.text).toBe('a6');
    log.rename('a', 'c');
    expect(log.page('a', 10).items).toEqual([]);
    expect(log.page('c', 10).items).toHaveLength(6);
  });
});

describe('RunStore', () => {
  it('keeps a plan that was stored when its columns had other names', () => {
    const now = planOf('a1');
    new RunStore(db, openSeal(db)).savePlan(now);
    db.exec(`ALTER TABLE plan RENAME COLUMN executable TO draft;
             ALTER TABLE plan RENAME COLUMN plan_version TO draft_version;
             UPDATE store_version SET version = 5 WHERE area = 'runs'`);
    db.close();
    db = openDatabase(dir);
    const runs = new RunStore(db, openSeal(db));
    expect(runs.plan('a1')).toEqual(now);
    const run = runs.createRun(now, now.plan.createdAt, null);
    expect(shownRun({ ...run, state: 'interrupted' }).allowed.resume).toBe(true);
  });

  it('wipes the password of a plan when its run is over, when another one begins, and with the cluster', () => {
    const runs = new RunStore(db, openSeal(db));
    const dsns = { n1: { dsn: 'host=h1', peerDsn: 'host=h1 password=s3cret' } };
    const request = {
      kind: 'peer-password',
      cluster: 'demo',
      role: 'repl',
      password: '••••',
      alterRole: true,
    } as const;
    const save = (id: string): StoredPlan => {
      const { plan, ...others } = planOf(id);
      const stored = { ...others, plan: { ...plan, cluster: 'demo', request }, dsns };
      runs.savePlan(stored);
      return stored;
    };
    const held = (id: string) => Object.keys(runs.plan(id)?.dsns ?? {});
    const over = runs.createRun(save('b1'), '2026-01-01T00:00:00.000Z', null);
    expect(held('b1')).toEqual(['n1']);
    runs.saveRun({ ...over, state: 'failed' });
    expect(held('b1')).toEqual(['n1']);
    runs.saveRun({ ...over, state: 'succeeded' });
    expect(held('b1')).toEqual([]);
    save('b2');
    runs.createRun(save('b3'), '2026-01-01T00:00:00.000Z', null);
    expect([held('b2'), held('b3')]).toEqual([[], ['n1']]);
    save('b4');
    runs.wipeDsnsOf('demo');
    expect([held('b3'), held('b4')]).toEqual([['n1'], []]);
  });
});

describe('WatchStates', () => {
  it('come back as they were put', () => {
    const states = new WatchStates(db);
    expect(states.get('demo')).toBeNull();
    states.put('demo', { seenAt: 1234.5, health: 'ok', healthSince: null, findings: [] });
    states.rename('demo', 'other');
    expect(states.get('other')).toEqual({ seenAt: 1234, health: 'ok', healthSince: null, findings: [] });
    states.forget('other');
    expect(states.get('other')).toBeNull();
  });
});
