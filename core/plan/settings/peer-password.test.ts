import { expect, test } from 'vitest';
import type { ObservedFacts } from '#core/model/observed.ts';
import { planChange } from '#core/plan/planners.ts';
import { cluster, codes, down, facts, mesh, NODES, node, shown } from '#core/testing/nodes.ts';

const request = {
  kind: 'peer-password',
  cluster: 'shop',
  role: 'repl',
  password: 'n3w secret',
  alterRole: true,
} as const;
const known = (change: Partial<ObservedFacts> = {}): Partial<ObservedFacts> => ({
  hasRole: true,
  interfaceRoles: NODES.map((name) => ({ node: name, name, role: 'repl' })),
  role: { name: 'admin', superuser: true, replication: true, refused: [] },
  ...change,
});
const all = (change: Partial<ObservedFacts> = {}) =>
  mesh(Object.fromEntries(NODES.map((name) => [name, known(change)])));

test('catalogs first, then the role, then each link connects again; nothing of the password is in the plan', () => {
  const planned = planChange(request, all());
  expect(codes(planned)).toEqual([]);
  expect(planned.steps.map(({ id }) => id)).toEqual([
    ...NODES.map((name) => `dsns:${name}`),
    ...NODES.map((name) => `role:${name}`),
    ...NODES.map((name) => `connect:${name}`),
    ...NODES.map((name) => `wait:${name}`),
  ]);
  expect(planned.steps.find(({ id }) => id === 'role:n2')?.after).toEqual(
    NODES.map((name) => `dsns:${name}`),
  );
  const text = JSON.stringify({ planned, steps: shown(request, planned).steps });
  expect(text).not.toContain('n3w');
  expect(text).toContain(String.raw`ALTER ROLE \"repl\" PASSWORD`);
});

test('the role alone may have it already; interfaces of other roles and links that are off stay as they are', () => {
  const off = facts('n1').subscriptions.map((sub) => ({ ...sub, enabled: false }));
  const other = NODES.map((name) => ({ node: name, name, role: 'other' }));
  const observed = mesh({
    n1: known({ subscriptions: off }),
    n2: known({ interfaceRoles: other }),
    n3: known(),
  });
  const planned = planChange({ ...request, alterRole: false }, observed);
  expect(codes(planned)).toEqual([]);
  expect(planned.steps.map(({ id, done }) => [id, done])).toEqual([
    ['dsns:n1', false],
    ['dsns:n2', true],
    ['dsns:n3', false],
    ['connect:n2', false],
    ['connect:n3', false],
    ['wait:n2', false],
    ['wait:n3', false],
  ]);
});

test('blocked: no such role, nobody is reached by it, the console itself is it, a node is away', () => {
  expect(codes(planChange(request, all({ hasRole: false })))).toEqual(['no-role', 'no-role', 'no-role']);
  const other = NODES.map((name) => ({ node: name, name, role: 'other' }));
  expect(codes(planChange(request, all({ interfaceRoles: other })))).toEqual(['no-interface']);
  const own = { name: 'repl', superuser: true, replication: true, refused: [] };
  expect(new Set(codes(planChange(request, all({ role: own }))))).toEqual(new Set(['own-role']));
  expect(codes(planChange({ ...request, alterRole: false }, all({ role: own })))).toEqual([]);
  expect(codes(planChange(request, cluster(node('n1', known()), down('n2'))))).toEqual(['unreachable']);
  expect(new Set(codes(planChange(request, all({ standin: true }))))).toEqual(new Set(['version']));
});

test('a role that only watches is told what it lacks', () => {
  const watch = { name: 'watch', superuser: false, replication: false, refused: [] };
  expect(planChange(request, all({ role: watch })).rights?.[0]?.lacks).toEqual([
    'SUPERUSER',
    'UPDATE on spock.node_interface',
  ]);
});
