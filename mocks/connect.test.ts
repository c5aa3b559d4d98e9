import { expect, test, vi } from 'vitest';
import { Cluster } from '#core/contract/clusters.ts';
import type { FieldIssue } from '#core/contract/errors.ts';
import { mockWorld } from './node.ts';

// A world is lived through for a quarter of an hour before it answers.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

type Mock = ReturnType<typeof mockWorld>;

const connect = (mock: Mock, nodes: string[], more: object = {}) =>
  mock.fetch('http://mock/api/v1/clusters', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'shop', nodes: nodes.map((dsn) => ({ dsn })), ...more }),
  });

async function issuesOf(response: Response): Promise<FieldIssue[]> {
  return ((await response.json()) as { data: { issues: FieldIssue[] } }).data.issues;
}

const good = 'postgres://tricorder:hush-4411@n1.example:5432/shop';

test.each([
  ['malformed-dsn', 'nonsense'],
  ['unreachable', 'postgres://t:p@unreachable.example/shop'],
  ['timeout', 'host=timeout.example dbname=shop user=t'],
  ['wrong-password', 'postgres://t:p@wrong-password.example/shop'],
  ['authentication', 'postgres://t:p@authentication.example/shop'],
  ['protocol', 'postgres://t:p@protocol.example/shop'],
  ['no-role', 'postgres://t:p@no-role.example/shop'],
  ['no-access', 'postgres://t:p@no-access.example/shop'],
  ['no-database', 'postgres://t:p@no-database.example/shop'],
  ['no-spock', 'postgres://t:p@no-spock.example/shop'],
  ['no-node', 'postgres://t:p@no-node.example/shop'],
  ['too-old', 'postgres://t:p@too-old.example/shop'],
  ['same-node', good],
])('%s is told on the field, and nothing is saved', async (code, dsn) => {
  const mock = mockWorld('empty');
  const response = await connect(mock, [good, dsn]);
  expect(response.status).toBe(422);
  expect(await issuesOf(response)).toMatchObject([{ path: ['nodes', 1, 'dsn'], code }]);
  expect(mock.world.clusters.size).toBe(0);
});

test('what an outage explains can be kept; a database without spock cannot', async () => {
  const mock = mockWorld('empty');
  const keep = { unreachable: 'keep' };
  expect((await connect(mock, [good, 'host=unreachable.example dbname=shop'], keep)).status).toBe(201);
  mock.world.advance(2000);
  expect(mock.world.snapshot('shop')?.nodes.map((node) => node.state)).toEqual(['up', 'down']);
  expect((await connect(mock, ['host=no-spock.example'], { ...keep, name: 'b' })).status).toBe(422);
});

test('one DSN is enough: the others are offered, and no password comes back', async () => {
  const mock = mockWorld('empty');
  const response = await connect(mock, [good]);
  expect(response.status).toBe(201);
  const text = await response.text();
  expect(text).not.toContain('hush-4411');
  expect(Cluster.parse(JSON.parse(text)).discovered.map((node) => node.name)).toEqual(['n2', 'n3']);
});

test('a taken name and a malformed body are told on their fields', async () => {
  const mock = mockWorld('healthy');
  const taken = await connect(mock, [good], { name: 'orders' });
  expect(taken.status).toBe(409);
  expect(await issuesOf(taken)).toMatchObject([{ path: ['name'], code: 'name-taken' }]);
  const malformed = await connect(mock, [], { name: '../x' });
  expect(malformed.status).toBe(400);
  expect((await issuesOf(malformed)).map((issue) => issue.path)).toEqual([['name'], ['nodes']]);
});
