/** Deploys while applications write: either every row and value is on every node, or the plan or the run says that it is not. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeployServers } from '#core/model/deploy.ts';
import type { Plan, Run } from '#core/model/plan.ts';
import { type Connection, openConnection } from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { ConsoleChildren, end as endChild, isRunning, runUntil } from '#server/testing/console-child.ts';
import { request, until } from '#server/testing/deploy-orders.ts';
import {
  deleteDataDir,
  ended,
  newDataDir,
  openConsole,
  type TestConsole,
} from '#server/testing/test-console.ts';
import {
  COUNTERS,
  COUNTERS_NOW,
  NOTHING_WRONG,
  ROWS_OF_WRITERS,
  startWriter,
  tally,
  WRITERS_SCHEMA,
  type Writer,
} from '#server/testing/writers.ts';

const TABLES = (delta: boolean): DeployServers['tables'] => [
  { schema: 'public', table: 'written', set: 'default', deltaColumns: [] },
  { schema: 'public', table: 'counter', set: 'default', deltaColumns: delta ? ['n'] : [] },
];
/** Rows that every copy has to carry: enough for writes to fall into it. */
const OLD_ROWS = 'INSERT INTO written SELECT 0, i, i FROM generate_series(1, 50000) i;';
const SLOTS = 'SELECT count(*)::int AS n FROM pg_replication_slots';

describe('a deploy on three servers under writes', { timeout: 180_000 }, () => {
  let servers: BareServers;
  let tricorder: TestConsole;
  let dataDir: string;
  let spock: boolean;
  let writers: Writer[];

  beforeEach(async () => {
    dataDir = newDataDir();
    servers = await startBareServers(3, { prepared: true });
    spock = servers.engine.spockVersion !== null;
    tricorder = openConsole(dataDir);
    writers = [];
  }, 120_000);
  afterEach(async () => {
    await Promise.all(writers.map((each) => each.stop()));
    await tricorder.stop();
    await servers.stop();
    await deleteDataDir(dataDir);
  }, 120_000);

  /** Counters only where they are added up. */
  const write = (node: number): Writer => {
    const writer = startWriter({ node, dsn: servers.dsn(node), counters: spock || node === 1, pauseMs: 8 });
    writers.push(writer);
    return writer;
  };
  const plan = (change: Partial<DeployServers>): Promise<Plan> =>
    tricorder.runner.plan(request(servers, { tables: TABLES(spock), ...change }));

  /** Runs it; `done` is told of each step that is done, `each` of each change. */
  async function runOf(
    planned: Plan,
    done: (step: string) => void = () => {},
    each: (run: Run) => void = () => {},
  ): Promise<Run> {
    expect(planned.problems).toEqual([]);
    const { id } = await tricorder.runner.start(planned.id);
    const told = new Set<string>();
    let last: Run | null = null;
    for await (const run of tricorder.runner.events(id, AbortSignal.timeout(150_000))) {
      last = run;
      each(run);
      for (const { id: step, state } of run.steps) {
        if (state !== 'done' || told.has(step)) continue;
        told.add(step);
        done(step);
      }
    }
    return last as Run;
  }
  /** A transaction that has written nothing that matters, and stays open: a hold waits for its end. */
  async function openWrite(n: number) {
    const opened = await openConnection(connectionTargets(servers.dsn(n)), 5000, 5000);
    if (!opened.ok) throw new Error(opened.error.message);
    await opened.value.run('BEGIN', 5000);
    await opened.value.run('SELECT pg_current_xact_id()', 5000);
    return opened.value;
  }

  /**
   * A session that locks the table as a writer does, when the sets are made and the hold is not: another one that has written
   * holds the hold up until then. The lock has no transaction id, so it alone stands in the way afterwards.
   */
  async function lockedBeforeHold(n: number, table: string) {
    const elsewhere = await openWrite(n);
    const session = await openWrite(n);
    await session.run('ROLLBACK', 5000);
    let begun = false;
    const each = (run: Run) => {
      if (begun || !/^waiting for process/.test(run.steps.find(({ id }) => id === 'hold')?.note ?? ''))
        return;
      begun = true;
      void session
        .run(`BEGIN; LOCK TABLE ${table} IN ROW EXCLUSIVE MODE`, 5000)
        .then(() => elsewhere.close());
    };
    return { session, each };
  }

  const errorsOf = (run: Run) =>
    run.steps.flatMap(({ id, error }) => (error === null ? [] : [[id, error.code, error.message]]));

  /** Every node has what all writers committed, once what is on its way has come. */
  async function expectWhole(): Promise<void> {
    await Promise.all(writers.map((each) => each.stop()));
    for (const writer of writers) {
      await servers.sql(writer.node, `INSERT INTO written VALUES (${100 + writer.node}, 0, 0)`);
    }
    for (const n of [1, 2, 3]) {
      await until(servers, n, `SELECT count(*) = ${writers.length} FROM written WHERE node > 100`);
      const rows = (await servers.sql(n, ROWS_OF_WRITERS)) as { node: number; seq: number; v: number }[];
      const counters = (await servers.sql(n, COUNTERS_NOW)) as { id: number; n: number }[];
      expect(tally(writers, rows, counters), `on n${n}`).toEqual(NOTHING_WRONG);
      expect(rows.filter(({ node }) => node === 0).length, `old rows on n${n}`).toBe(
        writers.length === 0 ? rows.length : 50_000,
      );
    }
  }

  test('seeded from n1: what is written on n1 all the time, and on n2, n3 from their hold on, is on all nodes', async () => {
    await servers.sql(1, WRITERS_SCHEMA + COUNTERS + OLD_ROWS);
    for (const n of [2, 3]) await servers.sql(n, WRITERS_SCHEMA);
    const planned = await plan({ dataFrom: 'n1' });
    expect(
      planned.checks.filter(({ name }) => name === 'Writes').map(({ node, result }) => [node, result]),
    ).toEqual([
      ['n2', 'know'],
      ['n3', 'know'],
    ]);
    write(1);
    const run = await runOf(planned, (step) => {
      if (step === 'hold:n2') write(2);
      if (step === 'hold:n3') write(3);
    });
    expect(errorsOf(run)).toEqual([]);
    expect(run.state).toBe('succeeded');
    await Promise.all(writers.map((each) => each.writes(60)));
    await expectWhole();
    expect(writers.flatMap(({ refusals }) => [...refusals])).toEqual([]);
  });

  test('seeded from n1, an application writes on n2 from before its hold: the run says so, and takes back its own', async () => {
    await servers.sql(1, WRITERS_SCHEMA + COUNTERS + OLD_ROWS);
    for (const n of [2, 3]) await servers.sql(n, WRITERS_SCHEMA);
    const planned = await plan({ dataFrom: 'n1' });
    const elsewhere = await openWrite(2);
    let early = null as Writer | null;
    const run = await runOf(planned, undefined, (running) => {
      if (
        early !== null ||
        !/^waiting for process/.test(running.steps.find(({ id }) => id === 'hold:n2')?.note ?? '')
      )
        return;
      early = write(2);
      void early.writes(5).then(() => elsewhere.close());
    });
    if (early === null) throw new Error('the hold did not wait');
    expect(errorsOf(run)).toEqual([
      ['hold:n2', 'writes-not-paused', 'public.written on n2 has rows, and had none when the plan was made.'],
    ]);
    expect(run.steps.find(({ id }) => id === 'seed:n2')?.state).toBe('waiting');
    const back = await ended(tricorder, (await tricorder.runner.rollback(run.id)).id);
    expect([back.state, back.leftToDo]).toEqual(['rolled-back', []]);
    expect(back.steps.find(({ id }) => id === 'hold:n3')?.state).toBe('undone');
    await early.stop();
    for (const n of [1, 2, 3]) expect(await servers.sql(n, SLOTS)).toEqual([{ n: 0 }]);
    const rows = (await servers.sql(2, ROWS_OF_WRITERS)) as { node: number; seq: number; v: number }[];
    expect(tally([early], rows, [])).toEqual(NOTHING_WRONG);
    expect((await servers.sql(1, SLOTS))[0]?.n).toBe(0);
  });

  test('without a source: writers that go on make it fail at the moment of the hold; from then on all is everywhere', async () => {
    for (const n of [1, 2, 3]) await servers.sql(n, WRITERS_SCHEMA + COUNTERS + OLD_ROWS);
    const planned = await plan({ dataFrom: null });
    expect(planned.checks.find(({ name }) => name === 'Writes')?.value).toMatch(
      /^wait on n1, n2 and n3 at the same time, about [\d.]+ s, while .* of rows are compared/,
    );
    const early = [1, 2, 3].map(write);
    await Promise.all(early.map((each) => each.writes(5)));
    const failed = await runOf(planned);
    expect(errorsOf(failed)).toMatchObject([
      ['hold', 'rows-differ', expect.stringMatching(/^public\.written does not have the same rows/)],
    ]);
    await Promise.all(early.map((each) => each.stop()));
    for (const n of [1, 2, 3]) {
      expect(await servers.sql(n, SLOTS)).toEqual([{ n: 0 }]);
      await servers.sql(n, 'DELETE FROM written WHERE node > 0; UPDATE counter SET n = 0');
    }
    writers = [];
    await tricorder.runner.resume(failed.id);
    for await (const run of tricorder.runner.events(failed.id, AbortSignal.timeout(100_000))) {
      if (writers.length === 0 && run.steps.find(({ id }) => id === 'hold')?.state === 'done')
        [1, 2, 3].map(write);
      if (run.state !== 'running') expect([run.state, errorsOf(run)]).toEqual(['succeeded', []]);
    }
    await Promise.all(writers.map((each) => each.writes(60)));
    await expectWhole();
  });

  test('tables that come with the copy: writes to them before the hold of their node are found, or nothing is lost', async ({
    skip,
  }) => {
    if (!spock) skip('the stand-in copies no structure');
    await servers.sql(1, WRITERS_SCHEMA + COUNTERS + OLD_ROWS);
    const planned = await plan({ dataFrom: 'n1', ddlReplication: false });
    for (const n of [1, 2, 3]) write(n);
    const run = await runOf(planned);
    if (run.state === 'succeeded') await expectWhole();
    else {
      expect(errorsOf(run).map(([, code]) => code)).toContain('writes-not-paused');
      expect(errorsOf(run)[0]?.[2]).toMatch(/^Applications have written to .* on n[23] since the copy/);
    }
  });

  test('a node that is new beside nodes that replicate already is refused', async () => {
    for (const n of [1, 2, 3]) await servers.sql(n, WRITERS_SCHEMA + COUNTERS);
    const two = request(servers).nodes.slice(0, 2);
    expect((await runOf(await plan({ name: 'two', nodes: two, ddlReplication: false }))).state).toBe(
      'succeeded',
    );
    write(2);
    const refused = await plan({ name: 'three', dataFrom: 'n1' });
    expect(refused.problems.filter(({ code }) => code === 'in-use').map(({ node }) => node)).toEqual(['n3']);
    await expect(tricorder.runner.start(refused.id)).rejects.toThrow();
  });

  test('a transaction that holds a table up is waited for, and then named; the application never is the one that fails', async () => {
    for (const n of [1, 2, 3])
      await servers.sql(n, `${WRITERS_SCHEMA}CREATE TABLE other (id int PRIMARY KEY);`);
    const planned = await plan({
      tables: [
        { schema: 'public', table: 'other', set: 'default', deltaColumns: [] },
        { schema: 'public', table: 'written', set: 'default', deltaColumns: [] },
      ],
    });
    // First `other`, then `written`, which the hold takes first.
    const application = await lockedBeforeHold(2, 'other');
    let second: Promise<unknown> | null = null;
    let tried = 0;
    const run = await runOf(planned, undefined, (running) => {
      application.each(running);
      const note = running.steps.find(({ id }) => id === 'hold')?.note ?? '';
      const turn =
        /^attempt (\d+): The tables of n2 could not be locked for a moment: process \d+ \(.* on other holds a lock/.exec(
          note,
        );
      if (turn === null) return;
      tried = Number(turn[1]);
      if (tried < 2 || second !== null) return;
      second = application.session
        .run('LOCK TABLE written IN ROW EXCLUSIVE MODE', 20_000)
        .then((outcome) =>
          application.session.run('INSERT INTO other VALUES (1); ROLLBACK', 5000).then(() => outcome.ok),
        );
    });
    expect(tried).toBeGreaterThanOrEqual(2);
    expect(await second).toBe(true);
    expect(errorsOf(run)).toEqual([]);
    expect(run.state).toBe('succeeded');
    application.session.close();
  });

  test('cancelled while it holds: no lock and no slot is left, on no node', async () => {
    for (const n of [1, 2, 3]) await servers.sql(n, WRITERS_SCHEMA);
    const planned = await plan({});
    const application = await lockedBeforeHold(2, 'counter');
    let cancelled = false;
    const run = await runOf(planned, undefined, (running) => {
      application.each(running);
      if (cancelled || !/^attempt 1/.test(running.steps.find(({ id }) => id === 'hold')?.note ?? '')) return;
      cancelled = true;
      void tricorder.runner.cancel(running.id);
    });
    expect(run.state).toBe('cancelled');
    for (const n of [1, 2, 3]) {
      expect(await servers.sql(n, SLOTS)).toEqual([{ n: 0 }]);
      await servers.sql(n, "SET lock_timeout = '100ms'; INSERT INTO written VALUES (1, 1, 1)");
    }
    application.session.close();
  });
});

test('a console that is killed while it holds: writers go on at once, and a rollback leaves no slot', {
  timeout: 240_000,
}, async () => {
  const dataDir = newDataDir();
  const consoles = new ConsoleChildren();
  const servers = await startBareServers(2, { prepared: true });
  const open: Connection[] = [];
  let going = true;
  try {
    await consoles.build();
    for (const n of [1, 2]) await servers.sql(n, WRITERS_SCHEMA);
    // There is always a transaction that has written, each too young to be waited for without a lock: the slots take their time.
    const busy = [0, 1, 2].map(async () => {
      const opened = await openConnection(connectionTargets(servers.dsn(2)), 5000, 5000);
      if (!opened.ok) throw new Error(opened.error.message);
      open.push(opened.value);
      while (going)
        await opened.value.run('BEGIN; SELECT pg_current_xact_id(), pg_sleep(0.7); COMMIT', 20_000);
    });
    const child = await consoles.start(dataDir, 'deploy', request(servers, { tables: TABLES(false) }));
    await runUntil(child, isRunning('hold'));
    const isHeld =
      "SELECT EXISTS (SELECT FROM pg_locks WHERE mode = 'ShareLock' AND granted AND relation = 'written'::regclass)";
    await until(servers, 2, isHeld);
    await endChild(child, 'SIGKILL');
    for (const n of [1, 2]) {
      await servers.sql(n, `SET lock_timeout = '3s'; INSERT INTO written VALUES (${n}, 1, 1)`);
    }
    going = false;
    await Promise.all(busy);
    const next = await consoles.start(dataDir, 'rollback');
    expect(next.found).toBe('interrupted');
    const run = await runUntil(next, () => false);
    expect(run.leftToDo).toEqual([]);
    expect(run.state).toBe('rolled-back');
    for (const n of [1, 2]) {
      expect(await servers.sql(n, SLOTS)).toEqual([{ n: 0 }]);
      expect(await servers.sql(n, ROWS_OF_WRITERS)).toEqual([{ node: n, seq: 1, v: 1 }]);
    }
    await endChild(next, 'SIGTERM');
  } finally {
    going = false;
    for (const each of open) each.close();
    consoles.close();
    await servers.stop();
    await deleteDataDir(dataDir);
  }
});
