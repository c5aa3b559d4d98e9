import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Plan, PlanRequest, Run } from '#core/model/plan.ts';
import { openConnection } from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import {
  ask,
  deleteDataDir,
  ended,
  newDataDir,
  openConsole,
  type TestConsole,
} from '#server/testing/test-console.ts';

const NODES = ['n1', 'n2', 'n3'];
const ACCOUNTS = { schema: 'public', table: 'pgbench_accounts' };
const SUBSCRIPTION = { cluster: 'demo', receiver: 'n2', subscription: 'sub_n2n1' } as const;

const dataDir = newDataDir();
let tricorder: TestConsole;

const at = (node: string, text: string) => ask(tricorder, 'demo', node, text);
const plan = (request: PlanRequest): Promise<Plan> => tricorder.runner.plan(request);
const codes = (planned: Plan) => planned.problems.map((problem) => problem.code);

async function run(planned: Plan): Promise<Run> {
  expect(planned.problems).toEqual([]);
  return ended(tricorder, (await tricorder.runner.start(planned.id)).id);
}

async function succeed(request: PlanRequest): Promise<Run> {
  const result = await run(await plan(request));
  expect(result.steps.filter((step) => step.error !== null)).toEqual([]);
  expect(result.state).toBe('succeeded');
  return result;
}

const becomes = (wanted: unknown, question: () => Promise<unknown>) =>
  expect.poll(question, { timeout: 20_000, interval: 50 }).toEqual(wanted);

beforeAll(async () => {
  tricorder = openConsole(dataDir);
  await succeed({ kind: 'deploy', target: 'sandbox', name: 'demo' });
});

afterAll(async () => {
  await tricorder?.stop();
  await deleteDataDir(dataDir);
});

describe('a subscription', () => {
  const enabled = () => at('n2', "SELECT sub_enabled FROM spock.subscription WHERE sub_name = 'sub_n2n1'");

  test('is disabled, and enabled again with what was written meanwhile', async () => {
    await succeed({ kind: 'subscription-disable', ...SUBSCRIPTION });
    expect(await enabled()).toBe(false);
    await at('n1', "UPDATE pgbench_branches SET filler = 'meanwhile' WHERE bid = 1");
    await succeed({ kind: 'subscription-enable', ...SUBSCRIPTION });
    expect(await enabled()).toBe(true);
    await becomes('meanwhile', () => at('n2', 'SELECT trim(filler) FROM pgbench_branches WHERE bid = 1'));
  });

  test('that is so already is not touched', async () => {
    const planned = await plan({ kind: 'subscription-enable', ...SUBSCRIPTION });
    expect(planned.steps.find((step) => step.id === 'enable')?.done).toBe(true);
    const result = await run(planned);
    expect(result.steps.find((step) => step.id === 'enable')?.state).toBe('skipped');
  });

  test('that has changed since the plan was made: a fresh plan is given', async () => {
    const stale = await plan({ kind: 'subscription-disable', ...SUBSCRIPTION });
    await at('n2', "SELECT spock.sub_disable('sub_n2n1', true)");
    const refused = await tricorder.runner.start(stale.id).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'CONFLICT', plan: { kind: 'subscription-disable', problems: [] } });
    const fresh = (refused as { plan: Plan }).plan;
    expect(fresh.id).not.toBe(stale.id);
    expect(tricorder.runner.getPlan(fresh.id)).toEqual(fresh);
    await at('n2', "SELECT spock.sub_enable('sub_n2n1', true)");
  });

  test('is dropped with its slot, and made anew', async () => {
    const slots = () =>
      at('n1', 'SELECT count(*)::int FROM pg_replication_slots WHERE database = current_database()');
    await succeed({ kind: 'subscription-drop', ...SUBSCRIPTION });
    expect(await at('n2', 'SELECT count(*)::int FROM spock.subscription')).toBe(1);
    await becomes(1, slots);
    expect(codes(await plan({ kind: 'subscription-drop', ...SUBSCRIPTION }))).toEqual(['no-subscription']);
    const create = { kind: 'subscription-create', cluster: 'demo', provider: 'n1', receiver: 'n2' } as const;
    const planned = await plan(create);
    const statements = planned.steps[0]?.sql.join('\n');
    expect(statements).toContain("subscription_name := 'sub_n2n1'");
    expect(statements).toContain('password=••••');
    await run(planned);
    await at('n1', "UPDATE pgbench_branches SET filler = 'anew' WHERE bid = 1");
    await becomes('anew', () => at('n2', 'SELECT trim(filler) FROM pgbench_branches WHERE bid = 1'));
    expect(codes(await plan(create))).toEqual(['subscribed']);
  });
});

describe('a table', () => {
  const members = (node: string) =>
    at(
      node,
      "SELECT count(*)::int FROM spock.tables WHERE relname = 'pgbench_accounts' AND set_name = 'default'",
    );

  test('leaves a set and comes back', async () => {
    const request = { cluster: 'demo', nodes: NODES, set: 'default', ...ACCOUNTS };
    await succeed({ kind: 'set-remove-table', ...request });
    for (const node of NODES) expect(await members(node)).toBe(0);
    await succeed({ kind: 'set-add-table', ...request });
    for (const node of NODES) expect(await members(node)).toBe(1);
  });

  test('without a key is not put into a set that replicates UPDATE', async () => {
    const request = { cluster: 'demo', nodes: NODES, schema: 'public', table: 'pgbench_history' };
    const planned = await plan({ kind: 'set-add-table', ...request, set: 'default' });
    expect(codes(planned)).toEqual(['no-key', 'no-key', 'no-key']);
    expect(codes(await plan({ kind: 'set-add-table', ...request, set: 'default_insert_only' }))).toEqual([]);
    const nowhere = { ...request, set: 'default', table: 'no such "table"' };
    expect(codes(await plan({ kind: 'set-add-table', ...nowhere }))).toEqual([
      'no-table',
      'no-table',
      'no-table',
    ]);
  });

  test('that could not be put in everywhere: roll back takes out only what this run put in', async () => {
    const request = { cluster: 'demo', nodes: NODES, set: 'default_insert_only', ...ACCOUNTS };
    const inOnly = (node: string) =>
      at(
        node,
        "SELECT count(*)::int FROM spock.tables WHERE relname = 'pgbench_accounts' AND set_name = 'default_insert_only'",
      );
    await at('n1', "SELECT spock.repset_add_table('default_insert_only', 'pgbench_accounts')");
    // Spock's functions write in read-only transactions too, but they wait for a lock.
    const held = await openConnection(
      connectionTargets(tricorder.sandboxes.get('demo').dsn('n3')),
      5000,
      5000,
    );
    if (!held.ok) throw new Error(held.error.message);
    const locked = await held.value.run(
      'BEGIN; LOCK TABLE spock.replication_set_table IN EXCLUSIVE MODE',
      5000,
    );
    expect(locked.ok).toBe(true);
    const failed = await run(await plan({ kind: 'set-add-table', ...request }));
    expect(failed.state).toBe('failed');
    expect(failed.steps.map((step) => step.state)).toEqual(['skipped', 'done', 'failed']);
    expect(failed.steps[2]?.error).toMatchObject({
      sqlstate: '55P03',
      message: 'canceling statement due to lock timeout',
      statement: expect.stringContaining('spock.repset_add_table'),
      cause: expect.stringMatching(/^It waits for a lock .* held by process \d+ /),
    });
    expect(failed.steps[2]?.error?.remedy).toBeTruthy();
    held.value.close();
    const back = await tricorder.runner.rollback(failed.id);
    expect(back.state).toBe('running');
    const rolled = await ended(tricorder, failed.id);
    expect(rolled.state).toBe('rolled-back');
    expect(rolled.steps.map((step) => step.state)).toEqual(['skipped', 'undone', 'undone']);
    expect(await Promise.all(NODES.map(inOnly))).toEqual([1, 0, 0]);
    const refused = await tricorder.runner.resume(failed.id).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'CONFLICT' });
    await at('n1', "SELECT spock.repset_remove_table('default_insert_only', 'pgbench_accounts')");
  });

  test('is copied anew', async () => {
    // Makes n2 differ without telling the others.
    await succeed({ kind: 'set-remove-table', cluster: 'demo', nodes: ['n2'], set: 'default', ...ACCOUNTS });
    await at('n2', 'UPDATE pgbench_accounts SET abalance = 77 WHERE aid <= 10');
    await succeed({ kind: 'set-add-table', cluster: 'demo', nodes: ['n2'], set: 'default', ...ACCOUNTS });
    const planned = await plan({ kind: 'table-resync', ...SUBSCRIPTION, ...ACCOUNTS });
    expect(planned.steps.at(-1)).toMatchObject({
      risk: 'data',
      riskText: expect.stringContaining('deleted'),
    });
    const copied = await run(planned);
    expect(copied.steps.map((step) => step.error)).toEqual([null, null, null]);
    // Nobody else was emptied on the way.
    const differing = 'SELECT count(*)::int FROM pgbench_accounts WHERE abalance = 77';
    expect(await at('n2', differing)).toBe(0);
    expect(await at('n2', 'SELECT count(*)::int FROM pgbench_accounts')).toBe(30_000);
    expect(await at('n1', 'SELECT count(*)::int FROM pgbench_accounts')).toBe(30_000);
    expect(await at('n3', 'SELECT count(*)::int FROM pgbench_accounts')).toBe(30_000);
  });
});

test('a table that others reference is not copied anew: they would be emptied as well', async () => {
  await at('n2', 'CREATE TABLE "Fußnote" (aid int PRIMARY KEY)');
  await at('n2', 'ALTER TABLE "Fußnote" ADD FOREIGN KEY (aid) REFERENCES pgbench_accounts');
  const planned = await plan({ kind: 'table-resync', ...SUBSCRIPTION, ...ACCOUNTS });
  expect(codes(planned)).toEqual(['referenced']);
  expect(planned.problems[0]?.message).toContain('public.Fußnote');
  await at('n2', 'DROP TABLE "Fußnote"');
});

describe('a slot', () => {
  const drop = { kind: 'slot-drop', cluster: 'demo', node: 'n1', slot: 'nobodys' } as const;
  const slotOf = (name: string) =>
    at('n2', `SELECT sub_slot_name::text FROM spock.subscription WHERE sub_name = '${name}'`);

  test('that nobody needs is dropped', async () => {
    await at('n1', "SELECT pg_create_logical_replication_slot('nobodys', 'test_decoding')").catch(() =>
      at('n1', "SELECT pg_create_logical_replication_slot('nobodys', 'pgoutput')"),
    );
    await succeed(drop);
    expect(await at('n1', "SELECT count(*)::int FROM pg_replication_slots WHERE slot_name = 'nobodys'")).toBe(
      0,
    );
    expect(codes(await plan(drop))).toEqual(['no-slot']);
  });

  test('that a subscription needs is not, whether it is in use or not', async () => {
    const slot = String(await slotOf('sub_n2n1'));
    expect(codes(await plan({ ...drop, slot }))).toEqual(['slot-active', 'slot-needed']);
    await succeed({ kind: 'subscription-disable', ...SUBSCRIPTION });
    await becomes(['slot-needed'], async () => codes(await plan({ ...drop, slot })));
    await succeed({ kind: 'subscription-enable', ...SUBSCRIPTION });
  });

  test('is left alone while a node cannot be asked', async () => {
    await at('n1', "SELECT pg_create_logical_replication_slot('nobodys', 'pgoutput')");
    await tricorder.sandboxes.get('demo').stopServer('n3', 5000);
    const planned = await plan(drop);
    expect(codes(planned)).toEqual(['nodes-unread']);
    expect(planned.problems[0]?.message).toContain('n3');
    // Other changes need no more than the nodes they touch.
    expect(codes(await plan({ kind: 'subscription-disable', ...SUBSCRIPTION }))).toEqual([]);
    expect(
      codes(await plan({ kind: 'subscription-create', cluster: 'demo', provider: 'n3', receiver: 'n1' })),
    ).toContain('unreachable');
    await tricorder.sandboxes.get('demo').startServer('n3');
    await succeed(drop);
  });
});

test('a run is cancelled, and resumed', async () => {
  await tricorder.sandboxes.get('demo').stopServer('n1', 5000);
  await succeed({ kind: 'subscription-disable', ...SUBSCRIPTION });
  const planned = await plan({ kind: 'subscription-enable', ...SUBSCRIPTION });
  const begun = await tricorder.runner.start(planned.id);
  // Its provider is down: it waits to replicate.
  for await (const state of tricorder.runner.events(begun.id, AbortSignal.timeout(20_000))) {
    if (state.steps.find((step) => step.id === 'wait')?.note) break;
  }
  const second = await tricorder.runner.start(planned.id).catch((error: unknown) => error);
  expect(second).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('under way') });
  const cancelled = await tricorder.runner.cancel(begun.id);
  expect(cancelled.state).toBe('cancelled');
  expect(cancelled.steps.map((step) => step.state)).toEqual(['done', 'waiting']);
  const used = await tricorder.runner.start(planned.id).catch((error: unknown) => error);
  expect(used).toMatchObject({
    code: 'CONFLICT',
    plan: null,
    message: expect.stringContaining(`Run ${begun.id} used this plan and is cancelled. Resume that run`),
  });
  expect(tricorder.runner.list(planned.id).map(({ id }) => id)).toEqual([begun.id]);
  await tricorder.sandboxes.get('demo').startServer('n1');
  await tricorder.runner.resume(begun.id);
  expect((await ended(tricorder, begun.id)).state).toBe('succeeded');
});

test('what is not there is refused in words', async () => {
  const error = (work: Promise<unknown>) => work.catch((thrown: unknown) => thrown);
  expect(() => tricorder.runner.getPlan('nope')).toThrow('There is no plan nope.');
  expect(() => tricorder.runner.get('77777')).toThrow('There is no run 77777.');
  expect(await error(plan({ kind: 'subscription-enable', ...SUBSCRIPTION, cluster: 'other' }))).toMatchObject(
    {
      code: 'NOT_FOUND',
    },
  );
  expect(await error(tricorder.runner.cancel('1'))).toMatchObject({ code: 'CONFLICT' });
});
