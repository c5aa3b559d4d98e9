import { expect, test } from 'vitest';
import type { ObservedSession } from '#core/model/observed.ts';
import { codes, known, mesh, shown } from '#core/testing/nodes.ts';
import { planChange } from './planners.ts';

const request = { kind: 'session-cancel', cluster: 'shop', node: 'n2', pid: 4711 } as const;
const session = (change: Partial<ObservedSession> = {}): ObservedSession => ({
  pid: 4711,
  startedAt: '1764331234.5',
  type: 'client backend',
  who: 'app, payroll, 10.0.0.7',
  database: 'shop',
  state: 'active',
  query: 'ALTER TABLE t ADD c int',
  openSeconds: 300,
  own: false,
  waiting: [{ pid: 99, type: 'spock apply 5:1', query: null, seconds: 120 }],
  ...change,
});
const plan = (of: ObservedSession | null, startedAt?: string) =>
  planChange({ ...request, ...(startedAt && { startedAt }) }, mesh({ n2: { session: of } }));

test('a statement is cancelled, with who it is, and who waits for it, said before', () => {
  const planned = plan(session(), '1764331234.5');
  expect(codes(planned)).toEqual([]);
  expect(known(planned)).toEqual([
    'n2 Who: app, payroll, 10.0.0.7: active, its transaction open for 5 m: ALTER TABLE t ADD c int',
    'n2 Waiting: process 99 (spock apply 5:1) waits for it for 2 m',
  ]);
  const [end, wait] = shown(request, planned).steps;
  expect(end).toMatchObject({ risk: 'data' });
  expect(end?.sql).toEqual([
    "SELECT pg_cancel_backend(a.pid) FROM pg_stat_activity a WHERE a.pid = 4711 AND extract(epoch FROM a.backend_start)::text = '1764331234.5';",
  ]);
  expect(wait?.after).toEqual(['end']);
});

test('one that does nothing within its transaction has no statement to cancel: its connection ends', () => {
  const [end] = shown(request, plan(session({ state: 'idle in transaction' }))).steps;
  expect(end?.sql[0]).toContain('pg_terminate_backend');
  expect(end?.riskText).toContain('its connection ends');
});

test('not one that is gone, another of the same pid, a worker, the console itself, one that is not visible', () => {
  expect(codes(plan(null))).toEqual(['no-session']);
  expect(codes(plan(session(), '1764339999.0'))).toEqual(['no-session']);
  expect(codes(plan(session({ type: 'spock apply 5:1' })))).toEqual(['not-a-client']);
  expect(codes(plan(session({ own: true })))).toEqual(['own-session']);
  expect(codes(plan(session({ type: null })))).toEqual(['not-visible']);
  expect(plan(session({ own: true })).steps).toEqual([]);
});
