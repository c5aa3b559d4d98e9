import { expect, it } from 'vitest';
import type { DeployDraft, DeployServers } from '#core/model/deploy.ts';
import type { Plan, PlanCheck } from '#core/model/plan.ts';
import { problemsOf } from './checks-table.tsx';
import { keptIn, leftOutOf, withNode, without } from './leave-out.ts';

const node = (name: string) => ({ name, dsn: `host=${name}`, peerDsn: null, location: null });
const draft = { id: 'd', nodes: ['n1', 'n2', 'n3', 'n4'].map(node) } as unknown as DeployDraft;
const request = {
  kind: 'deploy',
  target: 'servers',
  nodes: ['n1', 'n2', 'n4'].map(node),
  dataFrom: 'n1',
  draft: 'd',
} as unknown as DeployServers;

it('knows the servers that were left out by the draft, with what was found there before', () => {
  const checks = [{ node: 'n3', name: 'Clock', result: 'stop', value: '+4 s', step: null }] as PlanCheck[];
  expect(leftOutOf(request, draft, [{ name: 'n3', checks }])).toEqual([{ name: 'n3', checks }]);
  expect(leftOutOf(request, draft, [])).toEqual([{ name: 'n3', checks: [] }]);
  expect(leftOutOf(request, undefined, [])).toEqual([]);
});

it('takes a server out and in again, where the draft has it', () => {
  expect(without(request, 'n4').nodes.map(({ name }) => name)).toEqual(['n1', 'n2']);
  expect(withNode(request, draft, 'n3').nodes.map(({ name }) => name)).toEqual(['n1', 'n2', 'n3', 'n4']);
});

it('keeps the source, and two nodes at least', () => {
  expect(keptIn(request, 'n1')).toContain('seeds the others');
  expect(keptIn(request, 'n4')).toBeNull();
  expect(keptIn(without(request, 'n4'), 'n2')).toContain('at least two nodes');
});

it('finds the problem of each stop of a node that has several', () => {
  const stop = (name: string): PlanCheck => ({ node: 'n4', name, result: 'stop', value: '', step: null });
  const problem = (code: string) => ({ node: 'n4', code, message: code, remedy: `mend ${code}` });
  const checks = [stop('Role'), stop('Clock')];
  const plan = { checks, problems: [problem('role'), problem('clock')] } as unknown as Plan;
  expect(problemsOf(plan, checks[1] as PlanCheck).map(({ code }) => code)).toEqual(['clock']);
});
