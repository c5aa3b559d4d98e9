import { expect, test } from 'vitest';
import type { ObservedFacts } from '#core/model/observed.ts';
import { cluster, codes, down, known, mesh, node, shown } from '#core/testing/nodes.ts';
import { planChange } from './planners.ts';

const on = { kind: 'node-read-only', cluster: 'shop', node: 'n1', readOnly: true } as const;
const off = { ...on, readOnly: false };
const sqlOf = (request: typeof on | typeof off, n1: Partial<ObservedFacts>) => {
  const planned = planChange(request, mesh({ n1 }));
  expect(codes(planned)).toEqual([]);
  return shown(request, planned).steps[0];
};

test('each version by its own value', () => {
  expect(sqlOf(on, {})?.sql).toEqual([
    "ALTER SYSTEM SET spock.readonly = 'user';",
    'SELECT pg_reload_conf();',
  ]);
  expect(sqlOf(on, { engineVersion: '6.0.0' })?.sql[0]).toBe("ALTER SYSTEM SET spock.readonly = 'local';");
});

test('undone to what ALTER SYSTEM had, not to what is in force', () => {
  expect(sqlOf(on, {})?.undoSql[0]).toBe('ALTER SYSTEM RESET spock.readonly;');
  const altered = { readOnly: 'user', readOnlyAltered: 'user' };
  expect(sqlOf(off, altered)?.sql[0]).toBe('ALTER SYSTEM RESET spock.readonly;');
  expect(sqlOf(off, altered)?.undoSql[0]).toBe("ALTER SYSTEM SET spock.readonly = 'user';");
  // It stands in a file that ALTER SYSTEM does not write.
  expect(sqlOf(off, { readOnly: 'user', readOnlyAltered: null })?.sql[0]).toBe(
    "ALTER SYSTEM SET spock.readonly = 'off';",
  );
  const unread = { readOnly: 'all', unread: { settings: 'permission denied' } };
  expect(sqlOf(off, unread)?.undoSql[0]).toBe("ALTER SYSTEM SET spock.readonly = 'all';");
});

test('what applications see, by version, and that what was held comes', () => {
  expect(known(planChange(on, mesh())).join()).toContain('of superusers too');
  expect(known(planChange(on, mesh({ n1: { engineVersion: '6.0.0' } }))).join()).toContain(
    'except those of superusers',
  );
  expect(known(planChange(off, mesh({ n1: { readOnly: 'all' } }))).join()).toContain(
    'that were held are applied',
  );
});

test('what is so already is done; the strictest is not loosened', () => {
  for (const [request, readOnly] of [
    [on, 'user'],
    [on, 'all'],
    [off, null],
  ] as const) {
    expect(planChange(request, mesh({ n1: { readOnly } })).steps[0]?.done).toBe(true);
  }
});

test('not where nobody keeps writes off, nor where nobody answers', () => {
  expect(codes(planChange(on, mesh({ n1: { standin: true } })))).toEqual(['version']);
  expect(codes(planChange(on, cluster(down('n1'), node('n2'))))).toEqual(['unreachable']);
});
