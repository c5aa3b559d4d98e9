import { expect, test } from 'vitest';
import type { ObservedFacts } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { planChange } from '#core/plan/planners.ts';
import { cluster, codes, down, known, mesh, node, shown } from '#core/testing/nodes.ts';

type Request<K extends PlanRequest['kind']> = Extract<PlanRequest, { kind: K }>;

const trim: Request<'records-trim'> = {
  kind: 'records-trim',
  cluster: 'shop',
  nodes: ['n1', 'n2'],
  records: 'exceptions',
  before: '2026-10-01T00:00:00.000Z',
};
const update: Request<'extension-update'> = { kind: 'extension-update', cluster: 'shop', nodes: ['n1'] };

const records = (old: number, total: number, needed = false): Partial<ObservedFacts> => ({
  records: { old, total, needed },
});
const extension = (available: string | null, path: string[] | null, library: string | null = available) => ({
  extension: { available, path, library },
});

test('old records go in one transaction a node, with their number; what is gone stays gone', () => {
  const planned = planChange(trim, mesh({ n1: records(3, 10), n2: records(0, 4) }));
  expect(codes(planned)).toEqual([]);
  const [one, other] = shown(trim, planned).steps;
  expect(one?.sql).toEqual([
    'BEGIN;',
    "DELETE FROM spock.exception_log WHERE retry_errored_at < '2026-10-01T00:00:00.000Z'::timestamptz;",
    "DELETE FROM spock.exception_status_detail WHERE retry_errored_at < '2026-10-01T00:00:00.000Z'::timestamptz;",
    "DELETE FROM spock.exception_status WHERE retry_errored_at < '2026-10-01T00:00:00.000Z'::timestamptz;",
    'COMMIT;',
  ]);
  expect(one).toMatchObject({ risk: 'data', undo: null, undoSql: [], done: false });
  expect(other).toMatchObject({ risk: 'none', done: true });
  expect(known(planned).join()).toMatch(/n1 spock\.exception_log: 3 rows of 10 are removed for good.*7 stay/);
});

test('the plan is the same when more was recorded since, not when what it removes has changed', () => {
  const steps = (...counts: Parameters<typeof records>) =>
    JSON.stringify(planChange(trim, mesh({ n1: records(...counts), n2: records(0, 0) })).steps);
  expect(steps(3, 10)).toBe(steps(3, 12));
  expect(steps(3, 10)).not.toBe(steps(0, 10));
});

test('conflicts have one table', () => {
  const planned = planChange(
    { ...trim, records: 'conflicts' },
    mesh({ n1: records(1, 1), n2: records(1, 1) }),
  );
  expect(shown(trim, planned).steps[0]?.sql).toEqual([
    "DELETE FROM spock.resolutions WHERE log_time < '2026-10-01T00:00:00.000Z'::timestamptz;",
  ]);
});

test('blocked: a record that is still needed, a node that is not there, a table that could not be read', () => {
  expect(codes(planChange(trim, mesh({ n1: records(3, 10, true), n2: records(1, 1) })))).toEqual([
    'records-needed',
  ]);
  expect(codes(planChange(trim, cluster(node('n1', records(1, 1)), down('n2'))))).toEqual(['unreachable']);
  const locked = { unread: { records: 'canceling statement due to lock timeout' } };
  expect(codes(planChange(trim, mesh({ n1: records(1, 1), n2: locked })))).toEqual(['unread']);
});

test('a role that only watches is told what it lacks', () => {
  const role = { name: 'watch', superuser: false, replication: false, refused: [] };
  const asked = planChange(trim, mesh({ n1: { ...records(1, 1), role }, n2: records(1, 1) }));
  expect(asked.rights).toEqual([
    {
      node: 'n1',
      role: 'watch',
      lacks: [
        'DELETE on spock.exception_log',
        'DELETE on spock.exception_status',
        'DELETE on spock.exception_status_detail',
      ],
    },
  ]);
  const updated = planChange(update, mesh({ n1: { role, ...extension('5.0.12', ['5.0.11', '5.0.12']) } }));
  expect(updated.rights?.[0]?.lacks).toEqual(['SUPERUSER']);
});

test('an update names both versions, stays on its node, and has no way back', () => {
  const planned = planChange(update, mesh({ n1: extension('6.0.0', ['5.0.11', '5.0.12', '6.0.0']) }));
  expect(codes(planned)).toEqual([]);
  expect(shown(update, planned).steps[0]?.sql).toContain("ALTER EXTENSION spock UPDATE TO '6.0.0';");
  expect(shown(update, planned).steps[0]?.sql).toContain('SELECT spock.repair_mode(true);');
  expect(planned.checks.map(({ value }) => value)).toContain('5.0.11 → 5.0.12 → 6.0.0');
});

test('blocked: nothing newer, no scripts, the library of before', () => {
  expect(codes(planChange(update, mesh({ n1: extension('5.0.11', null) })))).toEqual(['no-update']);
  expect(codes(planChange(update, mesh({ n1: extension(null, null) })))).toEqual(['no-update']);
  expect(codes(planChange(update, mesh({ n1: extension('6.0.0', null) })))).toEqual(['no-path']);
  const old = extension('5.0.12', ['5.0.11', '5.0.12'], '5.0.11');
  expect(codes(planChange(update, mesh({ n1: old })))).toEqual(['restart-first']);
});
