/** Servers of a deploy that were left out because of their stops. Pure. */
import type { DeployDraft, DeployServers } from '#core/model/deploy.ts';
import type { Plan, PlanCheck, PlanRequest } from '#core/model/plan.ts';
import { knowsOn } from './know.ts';

/** What is known of a server that is not in the plan: what its checks said when it last was. */
export interface LeftOut {
  name: string;
  checks: PlanCheck[];
}

const LEAST = 2;

export const serversOf = (request: PlanRequest): DeployServers | null =>
  request.kind === 'deploy' && request.target === 'servers' ? request : null;

/** Nodes of the draft that the plan has not, with the checks that earlier plans made of them. */
export function leftOutOf(
  request: DeployServers,
  draft: DeployDraft | undefined,
  kept: LeftOut[],
): LeftOut[] {
  const planned = new Set(request.nodes.map(({ name }) => name));
  return (draft?.nodes ?? [])
    .filter(({ name, dsn }) => dsn !== '' && !planned.has(name))
    .map(({ name }) => kept.find((one) => one.name === name) ?? { name, checks: [] });
}

/** Why a server cannot be left out; null: it can. */
export function keptIn(request: DeployServers, name: string): string | null {
  if (request.dataFrom === name) return `${name} seeds the others: choose another source in Tables first.`;
  return request.nodes.length <= LEAST ? 'A cluster needs at least two nodes.' : null;
}

/** The same deploy without a server. */
export const without = (request: DeployServers, name: string): DeployServers => ({
  ...request,
  nodes: request.nodes.filter((node) => node.name !== name),
});

/** The same deploy with a server of the draft taken in again, in the draft's order. */
export function withNode(request: DeployServers, draft: DeployDraft, name: string): DeployServers {
  const wanted = new Set([...request.nodes.map((node) => node.name), name]);
  const own = new Map(request.nodes.map((node) => [node.name, node]));
  return {
    ...request,
    nodes: draft.nodes
      .filter((node) => wanted.has(node.name) && node.dsn !== '')
      .map((node) => own.get(node.name) ?? node),
  };
}

/** `blocked twice`: what forbids a server to take part, counted. */
export const blocked = (times: number): string =>
  times === 1 ? 'blocked' : times === 2 ? 'blocked twice' : `blocked ${times} times`;

/** `blocked twice`, `restarts, 1 to know`, or that all is as needed: what stands under a server's name. */
export function standing(plan: Plan, node: string): string {
  const own = plan.checks.filter((check) => check.node === node);
  const stops = own.filter((check) => check.result === 'stop').length;
  if (stops > 0) return blocked(stops);
  const request = serversOf(plan.request);
  const parts = request?.dataFrom === node ? ['source of the data'] : [];
  if (plan.steps.some((step) => step.node === node && step.risk === 'restart' && !step.done))
    parts.push('restarts');
  if (plan.steps.some((step) => step.node === node && step.id.startsWith('seed:'))) parts.push('gets a copy');
  const known = knowsOn(plan, node);
  if (known > 0) parts.push(`${known} to know`);
  return parts.join(', ') || 'as needed';
}
