import { expect, test, vi } from 'vitest';
import { DeployDraft } from '#core/model/deploy.ts';
import type { Run } from '#core/model/plan.ts';
import { mockClient, mockWorld } from './node.ts';
import { MOCK_PASSWORD } from './world/read-fast.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

type Mock = ReturnType<typeof mockWorld>;

/** Plans the prepared deploy without n4, as the page does. */
async function planned(mock: Mock) {
  const api = mockClient(mock);
  const { id, savedAt, sourceChosen, ...draft } = await api.deploys.get({ id: 'draft-1' });
  const { suggestedSource } = await api.deploys.tables({ id });
  return api.plans.create({
    kind: 'deploy',
    target: 'servers',
    ...draft,
    nodes: draft.nodes.slice(0, 3),
    dataFrom: suggestedSource,
    draft: id,
  });
}

/** Lets the run go on until it has ended; gives the states that it was seen in, and steps that were under way. */
async function ended(mock: Mock, id: string) {
  const api = mockClient(mock);
  const seen: Run[] = [];
  for (let half = 0; half < 200; half++) {
    const run = await api.runs.get({ id });
    seen.push(run);
    if (run.endedAt !== null) return { run, seen };
    mock.world.advance(500);
  }
  throw new Error(`run ${id} does not end`);
}

test('answers are kept, passwords are not given back, and a masked one is the one that was kept', async () => {
  const mock = mockWorld('deploy-prepared');
  const api = mockClient(mock);
  const { id, savedAt, ...draft } = await api.deploys.get({ id: 'draft-1' });
  expect(JSON.stringify(draft)).not.toContain(MOCK_PASSWORD);
  const saved = await api.deploys.save({ id, ...draft, name: 'shop' });
  expect(saved.name).toBe('shop');
  expect(mock.world.drafts.get(id)?.answers.nodes[0]?.dsn).toContain(MOCK_PASSWORD);
  const moved = draft.nodes.map((node) => ({ ...node, dsn: node.dsn.replace('10.1.0.4', '10.9.0.9') }));
  await api.deploys.save({ id, ...draft, nodes: moved });
  expect(mock.world.drafts.get(id)?.answers.nodes[0]?.dsn).not.toContain(MOCK_PASSWORD);
  expect(DeployDraft.parse((await api.deploys.list()).items[0]).id).toBe(id);
  await api.deploys.discard({ id });
  await expect(api.deploys.get({ id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('each server is read: what stands there, what it needs a restart for, or why it cannot be used', async () => {
  const api = mockClient(mockWorld('deploy-prepared'));
  const looks = await Promise.all([0, 1].map((position) => api.deploys.look({ id: 'draft-1', position })));
  expect(looks[0]).toMatchObject({ issue: null, look: { tables: 25, restartFor: [] } });
  expect(looks[1]?.look?.restartFor).toEqual(['wal_level', 'shared_preload_libraries']);
  const bad = mockClient(mockWorld('deploy-differs'));
  expect(await bad.deploys.look({ id: 'draft-1', position: 2 })).toMatchObject({
    look: null,
    issue: { code: 'wrong-password', path: ['nodes', 2, 'dsn'] },
  });
  const tables = await bad.deploys.tables({ id: 'draft-1' });
  expect(tables.unread.map(({ node }) => node)).toEqual(['n3']);
  expect(tables.withRows).toEqual(['n1', 'n2']);
  expect(tables.suggestedSource).toBeNull();
  expect(tables.tables.filter((table) => table.differences.length > 0).map((table) => table.table)).toEqual([
    'accounts',
  ]);
});

test('the real planner plans it, stops at the fourth server, and nothing has a password', async () => {
  const mock = mockWorld('deploy-planned');
  const api = mockClient(mock);
  const plan = await api.plans.get({ id: 'plan-1' });
  expect([...new Set(plan.problems.map(({ node }) => node))]).toEqual(['n4']);
  await expect(api.plans.run({ id: plan.id })).rejects.toMatchObject({ code: 'UNPROCESSABLE_CONTENT' });
  expect(JSON.stringify(plan)).not.toContain(MOCK_PASSWORD);
  const { text, fileName } = await api.plans.script({ id: plan.id, as: 'pgedge' });
  expect(fileName).toBe('orders-deploy.sh');
  expect(text).not.toContain(MOCK_PASSWORD);
});

test('a deploy waits for the restarts, goes on by itself, copies with progress, and proves what it made', async () => {
  const mock = mockWorld('deploy-prepared');
  const api = mockClient(mock);
  const plan = await planned(mock);
  expect(plan.problems).toEqual([]);
  const { run, seen } = await ended(mock, (await api.plans.run({ id: plan.id })).id);
  expect(run.state).toBe('succeeded');
  expect(run.by).not.toBeNull();
  const waited = seen.find(({ state }) => state === 'waiting-for-operator');
  expect(waited?.steps.flatMap(({ waitsFor }) => waitsFor ?? []).join('\n')).toContain('10.2.0.4:5432');
  const copies = seen.flatMap(({ steps }) => steps.flatMap(({ progress }) => progress ?? []));
  expect(copies.some((copy) => copy.doneBytes > 0 && copy.doneBytes < copy.totalBytes)).toBe(true);
  const facts = run.steps.flatMap((step) => step.facts.map(({ name }) => name));
  expect(facts.filter((name) => name.includes('→'))).toHaveLength(6);
  expect(run.steps.some((step) => step.notices.length > 0)).toBe(true);
  mock.world.advance(2000);
  expect(mock.world.snapshot('orders')?.links.map(({ state }) => state)).toEqual(
    Array(6).fill('replicating'),
  );
  expect((await api.deploys.list()).items).toEqual([]);
});

test('a rollback stops at a table that was written to, and drops it only by the word', async () => {
  const mock = mockWorld('deploy-stopped');
  const api = mockClient(mock);
  await api.runs.rollback({ id: 'run-1' });
  const refused = (await ended(mock, 'run-1')).run;
  expect(refused).toMatchObject({ state: 'failed', direction: 'back' });
  expect(refused.steps.find(({ error }) => error !== null)?.error?.code).toBe('written-since');
  const [written] = refused.leftToDo.filter(({ code }) => code === 'written-since');
  expect(written).toMatchObject({ node: 'n2', step: 'seed:n2', object: 'table public.orders' });
  // What it stands on, on that node, can only go after it; the other nodes are taken back.
  const after = refused.leftToDo.filter((item) => item !== written);
  expect(after.length).toBeGreaterThan(0);
  expect(after.map(({ node, code }) => `${node} ${code}`)).toEqual(after.map(() => 'n2 after-others'));
  await expect(api.runs.resume({ id: 'run-1' })).rejects.toMatchObject({ code: 'CONFLICT' });
  await api.runs.rollback({ id: 'run-1', dropWritten: true });
  expect((await ended(mock, 'run-1')).run).toMatchObject({ state: 'rolled-back', leftToDo: [] });
});

test('a rollback that cannot reach, empty or drop something says so by node and code, with its statements', async () => {
  const { run } = await ended(mockWorld('rollback-left'), 'run-1');
  expect(run).toMatchObject({ state: 'failed', direction: 'back' });
  const codes = new Map<string, Set<string>>();
  for (const { node, code } of run.leftToDo)
    codes.set(node ?? '', (codes.get(node ?? '') ?? new Set()).add(code));
  expect(codes.get('n1')).toContain('still-read');
  expect(codes.get('n2')).toContain('written-since');
  expect(codes.get('n3')).toContain('unreachable');
  const node = run.leftToDo.find(({ code }) => code === 'still-read');
  expect(node?.sql.join()).toContain('spock.node_drop');
  expect(run.steps.flatMap(({ error }) => error?.code ?? [])).toEqual([
    'still-read',
    'written-since',
    'unreachable',
  ]);
});

test('a copy of which rows are missing is no success: it fails as incomplete, and a resume copies anew', async () => {
  const mock = mockWorld('copy-incomplete');
  const api = mockClient(mock);
  const failed = await api.runs.get({ id: 'run-1' });
  expect(failed.state).toBe('failed');
  const step = failed.steps.find(({ state }) => state === 'failed');
  expect(step).toMatchObject({
    id: 'seed:n2',
    proving: false,
    error: { code: 'copy-incomplete', sqlstate: null, statement: null },
  });
  await api.runs.resume({ id: 'run-1' });
  expect((await ended(mock, 'run-1')).run.state).toBe('succeeded');
});

test('a proof is ended by the operator alone: skipped, with what is not known, and the run goes on', async () => {
  const mock = mockWorld('deploy-proving');
  const api = mockClient(mock);
  mock.world.advance(60_000);
  const under = await api.runs.get({ id: 'run-1' });
  expect(under.state).toBe('running');
  expect(under.steps.filter(({ proving }) => proving).map(({ id }) => id)).toEqual(['compare']);
  await expect(api.runs.endProof({ id: 'run-1', step: 'seed:n2' })).rejects.toMatchObject({
    code: 'CONFLICT',
  });
  const next = await api.runs.endProof({ id: 'run-1', step: 'compare' });
  expect(next.steps.find(({ id }) => id === 'compare')).toMatchObject({ state: 'skipped', proving: false });
  const { run } = await ended(mock, 'run-1');
  expect(run.state).toBe('succeeded');
  expect(run.steps.filter(({ know }) => know !== null).map(({ id }) => id)).toEqual(['compare']);
});

test('a proof that is not ended ends by itself, and leaves nothing to know', async () => {
  const mock = mockWorld('deploy-proving');
  for (let minute = 0; minute < 25; minute++) mock.world.advance(60_000);
  const run = await mockClient(mock).runs.get({ id: 'run-1' });
  expect(run.state).toBe('succeeded');
  expect(run.steps.find(({ id }) => id === 'compare')).toMatchObject({ state: 'done', know: null });
});
