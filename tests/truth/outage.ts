/** A node that is gone, and one that neither answers nor goes. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { CLUSTER, findingsOf, linkOf, type Mesh } from './mesh.ts';
import { type Trial, truth } from './suite.ts';

const MEBIBYTE = 1024 * 1024;
const WATCHED_SECONDS = 6;
/** A poll that had waited for the hung node would be 3.5 s old, by its deadline; a busy machine alone makes it 2. */
const UNDELAYED_MS = 3000;

export function outageSuite(mesh: () => Mesh): void {
  describe('n3', () => {
    truth('stopped while n1 is written: lag and WAL held grow, and that is said', mesh, stopped, 120);
    truth('hung: down within 5 s, and the others are read as before', mesh, hung, 120);
  });
}

function setThreshold(mesh: Mesh, walHeldBytes: number): void {
  const record = mesh.registry.get(CLUSTER);
  if (record === undefined) throw new Error('the cluster is not in the registry');
  mesh.registry.replace(CLUSTER, { ...record, thresholds: { ...record.thresholds, walHeldBytes } });
}

async function stopped({ mesh }: Trial): Promise<void> {
  const before = mesh.registry.get(CLUSTER)?.thresholds.walHeldBytes ?? 0;
  await mesh.table('ledger', 'id bigserial PRIMARY KEY, filler text');
  await mesh.settled();
  try {
    setThreshold(mesh, 4 * MEBIBYTE);
    const stoppedAt = Date.now();
    await mesh.stop('n3');
    const down = await mesh.until(
      'n3 is down, and so is its link',
      (now) =>
        now.nodes.find(({ name }) => name === 'n3')?.state === 'down' &&
        linkOf(now, 'n1', 'n3').state === 'down',
      5000,
    );
    expect(findingsOf(down, 'node-unreachable', { node: 'n3' })).toMatchObject([{ severity: 'critical' }]);
    const lags: number[] = [];
    const held: number[] = [];
    const firstAt = Date.now();
    const lastReading = () => linkOf(mesh.snapshot(), 'n1', 'n3').observedAt;
    let read = lastReading();
    while (Date.now() - firstAt < WATCHED_SECONDS * 1000) {
      await mesh.sql(
        'n1',
        "INSERT INTO ledger (filler) SELECT repeat('x', 1000) FROM generate_series(1, 300)",
      );
      const snapshot = mesh.snapshot();
      if (lastReading() !== read) {
        read = lastReading();
        const link = linkOf(snapshot, 'n1', 'n3');
        lags.push(link.lagSeconds ?? Number.NaN);
        held.push(link.walHeldBytes ?? Number.NaN);
        expect(link.state).toBe('down');
        for (const receiver of ['n1', 'n2']) {
          expect(linkOf(snapshot, 'n3', receiver)).toMatchObject({
            state: 'unknown',
            lagSeconds: null,
            lagBytes: null,
            walHeldBytes: null,
          });
        }
        expect(linkOf(snapshot, 'n1', 'n2').state).toBe('replicating');
      }
      await pause(100);
    }
    expect(lags.length).toBeGreaterThanOrEqual(WATCHED_SECONDS - 3);
    expect(isGrowing(lags), lags.join(' ')).toBe(true);
    expect(isGrowing(held), held.join(' ')).toBe(true);
    const waiting = (Date.now() - firstAt) / 1000;
    expect(lags.at(-1)).toBeGreaterThan(waiting - 1.5);
    expect(lags.at(-1)).toBeLessThan((Date.now() - stoppedAt) / 1000 + 1.3);
    const bloated = await mesh.until(
      'n1 holds much WAL for n3',
      (now) => findingsOf(now, 'slot-bloat', { node: 'n1', receiver: 'n3' }).length === 1,
      20_000,
    );
    expect(bloated.health).toBe('critical');
    expect(findingsOf(bloated, 'orphan-slot')).toEqual([]);
    const written = await mesh.value('n1', 'SELECT count(*)::int FROM ledger');
    await mesh.start('n3');
    await mesh.settled(60_000);
    await mesh.becomes('n3', 'SELECT count(*)::int FROM ledger', written);
    await mesh.until(
      'nothing is said of n3 any more',
      (now) => findingsOf(now, 'node-unreachable').length === 0 && bloatOf(now, 'n3') === 0,
      30_000,
    );
  } finally {
    setThreshold(mesh, before);
    await mesh.start('n3');
    await mesh.settled(60_000);
  }
}

/** Of n3's own slots: the walsender of a living receiver may hold some WAL until the next checkpoint. */
const bloatOf = (snapshot: Parameters<typeof findingsOf>[0], receiver: string): number =>
  findingsOf(snapshot, 'slot-bloat', { node: 'n1', receiver }).length;

const isGrowing = (values: number[]): boolean =>
  values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0));

async function hung({ mesh }: Trial): Promise<void> {
  await mesh.settled();
  const oldest = { n1: 0, n2: 0 };
  try {
    await mesh.hang('n3');
    const hungAt = Date.now();
    let downAfter: number | null = null;
    while (Date.now() - hungAt < 7000) {
      const { nodes, links } = mesh.snapshot();
      for (const { name, observedAt, state } of nodes) {
        if (name === 'n3') {
          if (state === 'down') downAfter ??= Date.now() - hungAt;
        } else {
          const age = Date.now() - Date.parse(observedAt ?? '');
          oldest[name as 'n1' | 'n2'] = Math.max(oldest[name as 'n1' | 'n2'], age);
        }
      }
      expect(links.find((link) => link.provider === 'n1' && link.receiver === 'n2')?.state).toBe(
        'replicating',
      );
      await pause(50);
    }
    expect(downAfter).not.toBeNull();
    expect(downAfter).toBeLessThan(5000);
    expect(oldest.n1).toBeLessThan(UNDELAYED_MS);
    expect(oldest.n2).toBeLessThan(UNDELAYED_MS);
    expect(linkOf(mesh.snapshot(), 'n3', 'n1')).toMatchObject({ lagSeconds: null, walHeldBytes: null });
    const [finding] = findingsOf(mesh.snapshot(), 'node-unreachable', { node: 'n3' });
    expect(finding?.evidence.find(({ name }) => name === 'error')?.value).toBeTruthy();
  } finally {
    await mesh.wake('n3');
    await mesh.settled(60_000);
  }
}
