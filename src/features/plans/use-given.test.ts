import { expect, test } from 'vitest';
import { dsnsOf } from './use-given.ts';

const rights = ['n1', 'n2'].map((node) => ({ node, role: 'tricorder_watch', lacks: ['REPLICATION'] }));
const known = new Map([
  ['n1', 'postgres://tricorder_watch:••••@10.1.0.4:5432/orders'],
  ['n2', 'host=10.2.0.4 user=tricorder_watch password=•••• dbname=orders'],
]);
const none = { role: '', password: '', own: {} };

test('one role and password serve all nodes', () => {
  const dsns = dsnsOf(rights, { ...none, role: 'admin', password: 'hush' }, known);
  expect(Object.keys(dsns ?? {})).toEqual(['n1', 'n2']);
  expect(dsns?.n1).toContain('10.1.0.4');
  expect(dsns?.n2).toContain('10.2.0.4');
  expect(JSON.stringify(dsns)).not.toContain('tricorder_watch');
});

test('an address of its own is taken as it is; nothing is sent before all is typed', () => {
  expect(dsnsOf(rights, none, known)).toBeNull();
  const own = { n2: 'postgres://admin:hush@elsewhere/orders' };
  expect(dsnsOf(rights, { ...none, own }, known)).toBeNull();
  expect(dsnsOf(rights, { ...none, role: 'admin', own }, known)?.n2).toBe(own.n2);
  // A node of which the console no longer knows the way.
  expect(dsnsOf(rights, { ...none, role: 'admin' }, new Map())).toBeNull();
});
