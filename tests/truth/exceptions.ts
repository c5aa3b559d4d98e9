/** Transactions that a node cannot apply: thrown away in silence, or the end of the subscription. */
import { describe, expect } from 'vitest';
import type { Snapshot } from '#core/model/snapshot.ts';
import { exceptionsPage } from '#server/observe/inbox.ts';
import { findingsOf, linkOf, type Mesh, NODES } from './mesh.ts';
import { knowsSetting, type Trial, truth } from './suite.ts';

const DISCARDED = 'discarded-transactions';
/** What ended again and again is well again when it has stood for a minute. */
const OVER_A_LOOP = 120_000;

export function exceptionsSuite(mesh: () => Mesh): void {
  describe('a transaction that cannot be applied', () => {
    truth('is discarded in silence, and said within 5 s', mesh, discarded, 300);
    truth('is no finding any more once it is marked as resolved', mesh, resolved, 300);
    truth('disables the subscription, and the way out leads on', mesh, disabled, 300);
  });
}

/** A table in set default on n1 that no other node has. */
async function prepare({ mesh, demand }: Trial): Promise<void> {
  demand('spock.exception_behaviour', await knowsSetting(mesh, 'n2', 'spock.exception_behaviour'));
  await mesh.settled();
  await mesh.sql('n1', 'CREATE TABLE onlyhere (id int PRIMARY KEY)');
  await mesh.sql('n1', "SELECT spock.repset_add_table('default', 'onlyhere')");
}

/** Whatever a failed transaction left is taken away, so that the next test begins from nothing. */
async function mend(mesh: Mesh): Promise<void> {
  await mesh.sql('n1', 'DROP TABLE IF EXISTS onlyhere CASCADE');
  await mesh.everywhere('DROP TABLE IF EXISTS onlyhere');
  await mesh.everywhere(
    'TRUNCATE spock.exception_log, spock.exception_status, spock.exception_status_detail',
  );
  await mesh.settled(OVER_A_LOOP);
}

async function discarded(trial: Trial): Promise<void> {
  const { mesh, demand } = trial;
  await prepare(trial);
  try {
    await mesh.sql('n1', 'INSERT INTO onlyhere VALUES (1)');
    const rows = await loggedWithin(mesh, 'n2', 5000);
    await mesh.table('after', 'id int PRIMARY KEY');
    await mesh.sql('n1', 'INSERT INTO after VALUES (1)');
    const goesOn = await mesh.becomes('n2', 'SELECT count(*)::int FROM after', 1, 5000).then(
      () => true,
      () => false,
    );
    if (!goesOn) await makeApplicable(mesh);
    demand(
      'going on after a transaction that failed (exception_behaviour = transdiscard)',
      goesOn && rows > 0,
    );
    const since = Date.now();
    await mesh.sql('n1', 'INSERT INTO onlyhere VALUES (2)');
    const snapshot = await mesh.until(
      'n2 and n3 have discarded transactions',
      (now) => ['n2', 'n3'].every((receiver) => ofReceiver(now, receiver)),
      5000,
    );
    expect(Date.now() - since).toBeLessThan(5000);
    for (const receiver of ['n2', 'n3']) {
      // This is why the finding is needed: all else says that all is well.
      expect(linkOf(snapshot, 'n1', receiver)).toMatchObject({ state: 'replicating' });
      const [finding] = findingsOf(snapshot, DISCARDED, { receiver, provider: 'n1' });
      expect(finding).toMatchObject({ severity: 'critical' });
      expect(finding?.evidence.find(({ name }) => name === 'last error')?.value).toBeTruthy();
    }
    expect(snapshot.health).toBe('critical');
    const page = await exceptionsPage(
      NODES.flatMap((node) => mesh.watcher.node(node) ?? []),
      { limit: 50 },
    );
    expect(page.missing).toEqual([]);
    expect(new Set(page.items.map(({ node }) => node))).toEqual(new Set(['n2', 'n3']));
    expect(page.items.every(({ origin, message }) => origin === 'n1' && message !== '')).toBe(true);
  } finally {
    await mesh.sql('n1', 'DROP TABLE IF EXISTS after CASCADE');
    await mesh.everywhere('DROP TABLE IF EXISTS after CASCADE');
    await mend(mesh);
  }
  await mesh.until('the finding is gone', (now) => findingsOf(now, DISCARDED).length === 0, 20_000);
}

async function resolved(trial: Trial): Promise<void> {
  const { mesh, demand } = trial;
  await prepare(trial);
  try {
    await mesh.sql('n1', 'INSERT INTO onlyhere VALUES (3)');
    const rows = await loggedWithin(mesh, 'n2', 5000);
    const goesOn = rows > 0 && (await stillReplicates(mesh));
    if (!goesOn) await makeApplicable(mesh);
    demand('going on after a transaction that failed (exception_behaviour = transdiscard)', goesOn);
    await mesh.until('a finding', (now) => ofReceiver(now, 'n2'), 5000);
    await mesh.sql(
      'n2',
      `UPDATE spock.exception_status SET status = 'resolved', resolved_at = now();
       INSERT INTO spock.exception_status (remote_origin, remote_commit_ts, retry_errored_at, remote_xid, status, resolved_at)
       SELECT DISTINCT ON (1, 2) remote_origin, remote_commit_ts, retry_errored_at, remote_xid, 'resolved', now()
       FROM spock.exception_log l WHERE NOT EXISTS (SELECT FROM spock.exception_status s
         WHERE s.remote_origin = l.remote_origin AND s.remote_commit_ts = l.remote_commit_ts)`,
    );
    const snapshot = await mesh.until(
      'n2 has none to speak of, n3 still has',
      (now) =>
        findingsOf(now, DISCARDED, { receiver: 'n2' }).length === 0 &&
        findingsOf(now, DISCARDED, { receiver: 'n3' }).length === 1,
      20_000,
    );
    expect(snapshot.health).toBe('critical');
  } finally {
    await mend(mesh);
  }
}

async function disabled(trial: Trial): Promise<void> {
  const { mesh, demand } = trial;
  await prepare(trial);
  try {
    await mesh.sql('n2', "ALTER SYSTEM SET spock.exception_behaviour = 'sub_disable'");
    await mesh.sql('n2', 'SELECT pg_reload_conf()');
    await mesh.becomes('n2', "SELECT current_setting('spock.exception_behaviour')", 'sub_disable');
    await mesh.sql('n1', 'INSERT INTO onlyhere VALUES (4)');
    const stops = await mesh
      .becomes('n2', "SELECT sub_enabled FROM spock.subscription WHERE sub_name = 'sub_n2n1'", false, 10_000)
      .then(
        () => true,
        () => false,
      );
    if (!stops) await makeApplicable(mesh);
    demand('disabling a subscription that fails (exception_behaviour = sub_disable)', stops);
    const snapshot = await mesh.until(
      'the subscription is said to be disabled by an exception',
      (now) => findingsOf(now, 'disabled-by-exception', { receiver: 'n2', provider: 'n1' }).length === 1,
      5000,
    );
    expect(linkOf(snapshot, 'n1', 'n2').state).toBe('disabled');
    const [finding] = findingsOf(snapshot, 'disabled-by-exception');
    expect(finding?.evidence.find(({ name }) => name === 'exception')?.value).toMatch(/skip_lsn/);
    const sql = finding?.remedy?.sql ?? [];
    expect(sql[0]).toMatch(/sub_alter_skiplsn\('sub_n2n1', '[0-9A-F]+\/[0-9A-F]+'\)/);
    for (const statement of sql) await mesh.sql('n2', statement);
    await mesh.until(
      'it replicates again, and the finding is gone',
      (now) =>
        linkOf(now, 'n1', 'n2').state === 'replicating' &&
        findingsOf(now, 'disabled-by-exception').length === 0,
      20_000,
    );
    expect(await stillReplicates(mesh)).toBe(true);
  } finally {
    await mesh.sql('n2', 'ALTER SYSTEM RESET spock.exception_behaviour');
    await mesh.sql('n2', 'SELECT pg_reload_conf()');
    await mesh.sql('n2', "SELECT spock.sub_enable('sub_n2n1', true)").catch(() => undefined);
    await mend(mesh);
  }
}

/** The transaction can be applied after all: for engines that try it again for ever. */
async function makeApplicable(mesh: Mesh): Promise<void> {
  for (const node of ['n2', 'n3']) {
    await mesh.sql(node, 'CREATE TABLE IF NOT EXISTS onlyhere (id int PRIMARY KEY)');
  }
  await mesh.settled(OVER_A_LOOP);
}

async function stillReplicates(mesh: Mesh): Promise<boolean> {
  const mark = `mark ${Date.now()}`;
  await mesh.sql('n1', 'UPDATE pgbench_branches SET filler = $1 WHERE bid = 1', [mark]);
  return mesh
    .becomes('n2', 'SELECT trim(filler) FROM pgbench_branches WHERE bid = 1', mark, 10_000)
    .then(() => true)
    .catch(() => false);
}

/** Rows in the exception log, which come a moment after the transaction. */
async function loggedWithin(mesh: Mesh, node: string, withinMs: number): Promise<number> {
  await mesh
    .becomes(node, 'SELECT count(*) > 0 FROM spock.exception_log', true, withinMs)
    .catch(() => undefined);
  return Number(await mesh.value(node, 'SELECT count(*)::int FROM spock.exception_log'));
}

/** Whether it is said of a receiver that it threw away what n1 had committed. */
function ofReceiver(snapshot: Snapshot, receiver: string): boolean {
  return findingsOf(snapshot, DISCARDED, { receiver, provider: 'n1' }).length === 1;
}
