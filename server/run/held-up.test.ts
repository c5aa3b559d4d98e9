/** Statements and whole runs that are held up: by a standby that does not answer, a lock, a server that hangs. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sql } from '#core/engines/sql.ts';
import { unit } from '#core/engines/units.ts';
import { openConnection } from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { request } from '#server/testing/deploy-orders.ts';
import { contextOn, type TestContext } from '#server/testing/step-context.ts';
import {
  deleteDataDir,
  ended,
  newDataDir,
  openConsole,
  type TestConsole,
} from '#server/testing/test-console.ts';
import { doUnit, undoUnit } from './sql-steps.ts';
import { StepFailure } from './step-failure.ts';

let servers: BareServers;

const noStandby = async (n: number, names: string | null) => {
  await servers.sql(
    n,
    names === null
      ? 'ALTER SYSTEM RESET synchronous_standby_names'
      : `ALTER SYSTEM SET synchronous_standby_names = '${names}'`,
  );
  await servers.sql(n, 'SELECT pg_reload_conf()');
};

/** The failure, and after how many seconds it came. */
async function failureOf(work: Promise<unknown>) {
  const began = performance.now();
  const error = await work.then(
    () => null,
    (thrown) => {
      if (thrown instanceof StepFailure) return thrown.error;
      throw thrown;
    },
  );
  return { error, after: (performance.now() - began) / 1000 };
}

describe('a statement', () => {
  let test: TestContext;
  const made = unit(sql`CREATE TABLE made (id int)`, {
    scope: 'catalog',
    already: sql`SELECT to_regclass('made') IS NOT NULL`,
    undo: [sql`DROP TABLE made`],
  });

  beforeAll(async () => {
    servers = await startBareServers(1, { prepared: true });
  }, 60_000);
  afterAll(() => servers?.stop());
  beforeEach(() => {
    test = contextOn(servers);
  });
  afterEach(() => test.close());

  it('that no standby answers fails soon, says so, and has committed; its undo does not wait', async () => {
    await noStandby(1, 'nobody');
    const { error, after } = await failureOf(doUnit('n1', made, 0, 60_000, test.context));
    expect(error).toMatchObject({ code: 'cannot-come', sqlstate: null });
    expect(error?.message).toContain(
      "waits for a synchronous standby that does not answer: synchronous_standby_names = 'nobody'. The statement has committed on this server alone.",
    );
    expect(error?.remedy).toContain('synchronous_standby_names');
    expect(after).toBeLessThan(12);
    expect(await servers.sql(1, `SELECT to_regclass('made') IS NOT NULL AS there`)).toEqual([
      { there: true },
    ]);

    const back = contextOn(servers, { made: [0] });
    back.context.sessions.commitsHere = true;
    const undone = await failureOf(undoUnit('n1', made, 0, 60_000, back.context));
    back.close();
    expect(undone.error).toBeNull();
    expect(undone.after).toBeLessThan(2);
    expect(await servers.sql(1, `SELECT to_regclass('made') IS NULL AS gone`)).toEqual([{ gone: true }]);
    await noStandby(1, null);
  }, 60_000);

  it('that waits for a lock names who holds it, and since when', async () => {
    await servers.sql(1, 'CREATE TABLE held (id int)');
    const opened = await openConnection(connectionTargets(servers.dsn(1)), 5000, 5000);
    if (!opened.ok) throw new Error(opened.error.message);
    await opened.value.run('BEGIN; LOCK TABLE held', 5000);
    const { error, after } = await failureOf(
      doUnit('n1', unit(sql`ALTER TABLE held ADD v text`, { scope: 'catalog' }), 0, 60_000, test.context),
    );
    opened.value.close();
    expect(error).toMatchObject({ code: 'locked', sqlstate: '55P03' });
    expect(error?.cause).toMatch(
      /waits for a lock \(relation\) that is held by process \d+ \(\S+, tricorder\), in a transaction since .*: BEGIN; LOCK TABLE held/,
    );
    expect(after).toBeLessThan(12);
  }, 60_000);

  it('of a server that hangs is given up soon, as unreachable', async () => {
    const select = unit(sql`SELECT 1`, { scope: 'catalog' });
    expect((await failureOf(doUnit('n1', select, 0, 60_000, test.context))).error).toBeNull();
    await servers.freeze(1);
    const { error, after } = await failureOf(doUnit('n1', select, 0, 120_000, test.context));
    await servers.thaw(1);
    expect(error).toMatchObject({ code: 'unreachable', sqlstate: null });
    expect(error?.message).toMatch(/has answered neither this statement nor a new connection for \d+ s/);
    expect(after).toBeLessThan(40);
  }, 90_000);

  it('that takes its whole time says what it waited for', async () => {
    const { error } = await failureOf(
      doUnit('n1', unit(sql`SELECT pg_sleep(30)`, { scope: 'catalog' }), 0, 6000, test.context),
    );
    expect(error).toMatchObject({
      code: 'timeout',
      sqlstate: '57014',
      cause: 'It waits for Timeout: PgSleep.',
    });
  }, 60_000);
});

describe('a deploy', () => {
  let dataDir: string;
  let tricorder: TestConsole;

  beforeEach(async () => {
    dataDir = newDataDir();
    servers = await startBareServers(2, { prepared: true });
    for (const n of [1, 2]) await servers.sql(n, 'CREATE TABLE t (id int PRIMARY KEY)');
    tricorder = openConsole(dataDir);
  }, 60_000);
  afterEach(async () => {
    for (const n of [1, 2]) await servers.thaw(n);
    await tricorder.stop();
    await servers.stop();
    await deleteDataDir(dataDir);
  });

  const errorsOf = (run: Awaited<ReturnType<typeof ended>>) =>
    run.steps.flatMap(({ error }) => (error === null ? [] : [error]));
  async function begin() {
    const plan = await tricorder.runner.plan(request(servers));
    expect(plan.problems).toEqual([]);
    return plan.id;
  }

  it.each([1, 2])(
    'onto a server whose standby stops answering meanwhile fails soon, and is taken back as soon: server %i',
    async (n) => {
      const plan = await begin();
      // A transaction that has written holds the making of slots up, until the standby is gone.
      const opened = await openConnection(connectionTargets(servers.dsn(n)), 5000, 5000);
      if (!opened.ok) throw new Error(opened.error.message);
      await opened.value.run('BEGIN', 5000);
      await opened.value.run('SELECT pg_current_xact_id()', 5000);
      const { id } = await tricorder.runner.start(plan);
      for await (const run of tricorder.runner.events(id, AbortSignal.timeout(60_000))) {
        if (run.steps.find((step) => step.id === 'hold')?.state === 'running') break;
      }
      // By name: a subscription's walsender would do for any.
      await noStandby(n, 'nobody');
      opened.value.close();
      let began = performance.now();
      const failed = await ended(tricorder, id);
      expect(failed.state).toBe('failed');
      // Steps of both nodes may meet it at once.
      expect(errorsOf(failed).length).toBeGreaterThan(0);
      for (const { code, message } of errorsOf(failed)) {
        expect([code, message]).toEqual([
          'cannot-come',
          expect.stringContaining('synchronous_standby_names'),
        ]);
      }
      expect((performance.now() - began) / 1000).toBeLessThan(30);
      began = performance.now();
      const back = await ended(tricorder, (await tricorder.runner.rollback(id)).id);
      expect(errorsOf(back)).toEqual([]);
      expect(back.state).toBe('rolled-back');
      expect((performance.now() - began) / 1000).toBeLessThan(20);
      for (const each of [1, 2]) {
        expect(
          await servers.sql(each, `SELECT count(*)::int AS n FROM pg_extension WHERE extname = 'spock'`),
        ).toEqual([{ n: 0 }]);
      }
    },
    120_000,
  );

  it('fails at a server that hangs rather than hanging with it, and goes on when it is awake', async () => {
    const plan = await begin();
    const { id } = await tricorder.runner.start(plan);
    for await (const run of tricorder.runner.events(id, AbortSignal.timeout(60_000))) {
      if (run.steps.some((step) => step.id === 'node:n2' && step.state === 'done')) break;
    }
    await servers.freeze(2);
    const began = performance.now();
    const failed = await ended(tricorder, id);
    // By then all may have been done that needs this server: it hangs at the next thing that does.
    expect(failed.state).toBe('failed');
    expect((performance.now() - began) / 1000).toBeLessThan(70);
    const [error] = errorsOf(failed);
    expect(error?.message).toMatch(
      / has answered neither this statement|has not answered for|did not answer/,
    );
    expect(error?.code).toMatch(/^(unreachable|timeout)$/);
    await servers.thaw(2);
    const run = await ended(tricorder, (await tricorder.runner.resume(id)).id);
    expect(errorsOf(run)).toEqual([]);
    expect(run.state).toBe('succeeded');
  }, 300_000);
});
