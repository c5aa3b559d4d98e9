/** Two nodes that change one row while they do not hear each other. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { conflictsPage } from '#server/observe/inbox.ts';
import { findingsOf, type Mesh, NODES } from './mesh.ts';
import { knowsSetting, type Trial, truth } from './suite.ts';

export function conflictsSuite(mesh: () => Mesh): void {
  describe('a conflict', () => {
    truth('of two inserts is in the inbox of every node that saw it', mesh, insertInsert, 120);
    truth('of a delete and an update is a finding where it leaves rows different', mesh, deleteUpdate, 120);
  });
}

async function prepare({ mesh, demand }: Trial): Promise<void> {
  demand(
    'conflict resolution (spock.save_resolutions)',
    await knowsSetting(mesh, 'n1', 'spock.save_resolutions'),
  );
  if ((await mesh.value('n1', "SELECT to_regclass('acct')::text")) === null) {
    await mesh.table('acct', 'id int PRIMARY KEY, bal int, note text');
    await mesh.sql('n1', "INSERT INTO acct SELECT id, 0, 'first' FROM generate_series(1, 9) AS id");
    for (const node of NODES) await mesh.becomes(node, 'SELECT count(*)::int FROM acct', 9);
  }
  await mesh.settled();
}

/** n1 and n2 do not hear each other while `work` is done; then they do again. n3 hears both. */
async function apart(mesh: Mesh, work: () => Promise<void>): Promise<void> {
  await mesh.sql('n1', "SELECT spock.sub_disable('sub_n1n2', true)");
  await mesh.sql('n2', "SELECT spock.sub_disable('sub_n2n1', true)");
  await mesh.until(
    'both are disabled',
    ({ subscriptions }) => subscriptions.filter(({ status }) => status === 'disabled').length === 2,
    10_000,
  );
  await work();
  await mesh.sql('n1', "SELECT spock.sub_enable('sub_n1n2', true)");
  await mesh.sql('n2', "SELECT spock.sub_enable('sub_n2n1', true)");
}

/** Until the links rest; an engine that fails on the conflict may never settle. */
async function rest(mesh: Mesh, demand: Trial['demand'], capability: string): Promise<void> {
  const settled = await mesh.settled(30_000).then(
    () => true,
    () => false,
  );
  demand(capability, settled);
}

async function rowsOf(mesh: Mesh, id: number): Promise<string[]> {
  const rows = NODES.map(async (node) =>
    JSON.stringify((await mesh.sql(node, 'SELECT bal, note FROM acct WHERE id = $1', [id]))[0] ?? null),
  );
  return Promise.all(rows);
}

async function insertInsert(trial: Trial): Promise<void> {
  const { mesh, demand } = trial;
  await prepare(trial);
  await apart(mesh, async () => {
    await mesh.sql('n1', "INSERT INTO acct VALUES (50, 1, 'of n1')");
    await pause(20);
    await mesh.sql('n2', "INSERT INTO acct VALUES (50, 2, 'of n2')");
  });
  try {
    await rest(mesh, demand, 'an insert against an insert resolved without an exception');
    // The later one wins everywhere, or each node refuses the other's row: that may not go unsaid.
    const wins = await mesh.becomes('n1', 'SELECT note FROM acct WHERE id = 50', 'of n2', 10_000).then(
      () => true,
      () => false,
    );
    if (!wins) {
      await mesh.until(
        'the nodes are said to differ',
        (now) =>
          findingsOf(now, 'rows-diverged').length + findingsOf(now, 'discarded-transactions').length > 0,
        20_000,
      );
    }
    demand('an insert against an insert resolved by the later one', wins);
    const there = new Map<string, number>();
    for (const node of NODES) {
      const rows = await mesh.value(
        node,
        "SELECT count(*)::int FROM spock.resolutions WHERE relname = 'public.acct'",
      );
      there.set(node, Number(rows));
    }
    expect([...there.values()].reduce((a, b) => a + b, 0)).toBeGreaterThan(0);
    const page = await conflictsPage(
      NODES.flatMap((node) => mesh.watcher.node(node) ?? []),
      { limit: 100, table: 'public.acct' },
    );
    expect(page.missing).toEqual([]);
    for (const node of NODES) {
      expect(page.items.filter((item) => item.node === node).length, node).toBe(there.get(node));
    }
    for (const item of page.items) {
      expect(item.type).toMatch(/^insert_(exists|insert)$/);
      expect(item).toMatchObject({ schema: 'public', table: 'acct', localTuple: { json: { id: 50 } } });
      expect(NODES).toContain(item.remoteOrigin);
    }
    expect(new Set(await rowsOf(mesh, 50)).size).toBe(1);
    expect(findingsOf(mesh.snapshot(), 'rows-diverged')).toEqual([]);
  } finally {
    await heal(mesh);
  }
}

async function deleteUpdate(trial: Trial): Promise<void> {
  const { mesh, demand } = trial;
  await prepare(trial);
  await apart(mesh, async () => {
    await mesh.sql('n1', 'DELETE FROM acct WHERE id = 2');
    await pause(20);
    await mesh.sql('n2', 'UPDATE acct SET bal = 99 WHERE id = 2');
  });
  try {
    await rest(mesh, demand, 'a delete against an update resolved without an exception');
    await pause(500);
    const differ = new Set(await rowsOf(mesh, 2)).size > 1;
    const isSaid = () => findingsOf(mesh.snapshot(), 'rows-diverged', { table: 'acct' }).length > 0;
    if (differ) {
      await mesh.until('the difference is said', isSaid, 5000);
      const [finding] = findingsOf(mesh.snapshot(), 'rows-diverged');
      expect(finding?.title).toContain('acct');
    } else {
      await pause(3000);
      expect(isSaid()).toBe(false);
    }
  } finally {
    await heal(mesh);
  }
}

/** Rows that differ are made equal, and what was written of them is forgotten. */
async function heal(mesh: Mesh): Promise<void> {
  for (const node of NODES) {
    await mesh.sql(
      node,
      'BEGIN; SELECT spock.repair_mode(true); DELETE FROM acct WHERE id IN (2, 50); COMMIT',
    );
    await mesh.sql(
      node,
      'TRUNCATE spock.resolutions, spock.exception_log, spock.exception_status, spock.exception_status_detail',
    );
  }
  await mesh.settled(60_000);
  await mesh.until('nothing is said of it', (now) => findingsOf(now, 'rows-diverged').length === 0, 20_000);
}
