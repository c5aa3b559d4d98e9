import { describe, expect, test } from 'vitest';
import type { Observed, ObservedMachine } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { Plan } from '#core/model/plan.ts';
import { codes, shown } from '#core/testing/nodes.ts';
import { planChange } from './planners.ts';

const machine: ObservedMachine = {
  engine: { text: 'PostgreSQL 18.4', standin: true, bin: '/pg/bin' },
  reason: null,
  folder: '/data/sandboxes/demo-1',
  ports: [5501, 5502, 5503],
  diskFreeBytes: 2 ** 40,
  account: null,
};
const empty: Observed = { clusters: [], machine, sandbox: null, nodes: null };

describe('deploy on this machine', () => {
  const request: PlanRequest = { kind: 'deploy', target: 'sandbox', name: 'demo' };
  const plan = (change: Partial<Observed>) => planChange(request, { ...empty, ...change });

  test('fits the contract, and each step waits only for steps that are there', () => {
    const planned = plan({});
    const asShown = Plan.parse(shown(request, planned));
    const ids = new Set(asShown.steps.map((step) => step.id));
    expect(ids.size).toBe(asShown.steps.length);
    for (const step of asShown.steps) for (const before of step.after) expect(ids).toContain(before);
    expect(asShown.steps.filter((step) => step.sql.some((text) => text.includes('sub_create')))).toHaveLength(
      6,
    );
  });

  test.each([
    ['sandbox-exists', { sandbox: { folder: '/x', nodes: [], whole: true } }],
    ['sandbox-exists', { sandbox: { folder: '/x', nodes: [], whole: false } }],
    ['name-taken', { clusters: ['demo'] }],
    ['no-engine', { machine: { ...machine, engine: null, reason: 'TRICORDER_PG_BIN cannot be used.' } }],
    ['no-ports', { machine: { ...machine, ports: [5501] } }],
    ['disk-full', { machine: { ...machine, diskFreeBytes: 1e6 } }],
  ] as [string, Partial<Observed>][])('%s forbids it', (code, change) => {
    expect(codes(plan(change))).toEqual([code]);
  });

  test('disk that is not known forbids nothing', () => {
    expect(codes(plan({ machine: { ...machine, diskFreeBytes: null } }))).toEqual([]);
  });

  test('each receiver subscribes to one provider after the other, the receivers side by side', () => {
    const chain = (standin: boolean) =>
      plan({ machine: { ...machine, engine: { text: '', bin: '', standin } } })
        .steps.filter((step) => step.id.startsWith('subscribe:'))
        .map((step) => step.after.filter((id) => id.startsWith('subscribe:')).length);
    for (const standin of [false, true]) expect(chain(standin)).toEqual([0, 0, 0, 1, 1, 1]);
  });
});

describe('remove from this machine', () => {
  const request: PlanRequest = { kind: 'remove', target: 'sandbox', name: 'demo' };

  test('says that data is lost', () => {
    const sandbox = { folder: '/x', nodes: [{ name: 'n1', port: 1, running: true }], whole: true };
    const planned = planChange(request, { ...empty, sandbox });
    expect(planned.steps.find((step) => step.risk === 'data')?.riskText).toBe('All data of n1 is lost.');
  });

  test('never touches a cluster that the console does not run', () => {
    const planned = planChange(request, { ...empty, clusters: ['demo'] });
    expect(codes(planned)).toEqual(['not-a-sandbox']);
    expect(planned.steps).toEqual([]);
  });
});
