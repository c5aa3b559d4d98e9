import { expect, test } from 'vitest';
import type { ObservedFacts } from '#core/model/observed.ts';
import type { Reach } from '#core/model/observed-server.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { codes, known, mesh, shown } from '#core/testing/nodes.ts';
import { planChange } from './planners.ts';

const request: Extract<PlanRequest, { kind: 'subscription-interface' }> = {
  kind: 'subscription-interface',
  cluster: 'shop',
  receiver: 'n2',
  subscription: 'sub_n2n1',
  interface: 'private',
};
const n2 = (reach: Reach, uses = 'n1'): Partial<ObservedFacts> => ({
  interfaces: [
    { node: 'n1', name: 'n1', usedBy: uses === 'n1' ? ['sub_n2n1'] : [], own: false },
    { node: 'n1', name: 'private', usedBy: uses === 'n1' ? [] : ['sub_n2n1'], own: false },
    { node: 'n3', name: 'other', usedBy: ['sub_n2n3'], own: false },
  ],
  reach: { sub_n2n1: reach },
});

test('it is switched, and back to the one that was used', () => {
  const planned = planChange(request, mesh({ n2: n2({ state: 'ok' }) }));
  expect(codes(planned)).toEqual([]);
  const [first] = shown(request, planned).steps;
  expect(first?.sql).toEqual([`SELECT spock.sub_alter_interface('sub_n2n1', 'private');`]);
  expect(first?.undoSql).toEqual([`SELECT spock.sub_alter_interface('sub_n2n1', 'n1');`]);
});

test.each<[Reach, string[]]>([
  [{ state: 'failed', error: 'connection refused', replication: false }, ['peer-unreached']],
  [{ state: 'failed', error: 'no pg_hba.conf entry', replication: true }, ['no-replication']],
  [{ state: 'other-server' }, ['other-server']],
])('not to one by which the receiver does not come there: %j', (reach, expected) => {
  expect(codes(planChange(request, mesh({ n2: n2(reach) })))).toEqual(expected);
});

test('what could not be tried is said', () => {
  const planned = planChange(request, mesh({ n2: n2({ state: 'untried', reason: 'it takes a superuser' }) }));
  expect(codes(planned)).toEqual([]);
  expect(known(planned)).toEqual([
    'n2 Reaches its provider: not tried by private (it takes a superuser): if n2 does not reach n1 by it, sub_n2n1 is down until it is switched back',
  ]);
});

test('only to one of its provider, and only once', () => {
  expect(codes(planChange({ ...request, interface: 'other' }, mesh({ n2: n2({ state: 'ok' }) })))).toEqual([
    'no-interface',
  ]);
  const so = planChange(request, mesh({ n2: n2({ state: 'ok' }, 'private') }));
  expect(so.steps.map(({ done }) => done)).toEqual([true]);
});
