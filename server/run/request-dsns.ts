/** DSNs of a plan's nodes: taken out of a request before it is shown or kept, and found again for a run. */

import { withKnownSecrets } from '#core/dsn/known-secrets.ts';
import { maskDsn } from '#core/dsn/mask.ts';
import { MASK, readDsn } from '#core/dsn/read.ts';
import { withRole } from '#core/dsn/with-role.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { interfaceHole } from '#core/plan/node-interface.ts';
import type { Sandboxes } from '#server/sandbox/sandboxes.ts';
import type { Registry } from '#server/store/registry.ts';
import type { NodeDsns } from '#server/store/runs.ts';
import { StepFailure } from './step-failure.ts';

/** The request with its passwords, and the DSNs by node, or by what else a plan calls them; none for most requests about a watched cluster. */
export function withDsns(
  request: PlanRequest,
  known: readonly string[],
): { request: PlanRequest; dsns: Record<string, NodeDsns> } {
  if (request.kind === 'node-add') {
    const { name, dsn, peerDsn } = request.node;
    const node = {
      ...request.node,
      dsn: withKnownSecrets(dsn, known),
      peerDsn: peerDsn ? withKnownSecrets(peerDsn, known) : null,
    };
    return {
      request: { ...request, node },
      dsns: { [name]: { dsn: node.dsn, peerDsn: node.peerDsn ?? node.dsn } },
    };
  }
  if (request.kind === 'node-interface' && request.dsn !== null) {
    const dsn = withKnownSecrets(request.dsn, known);
    return { request: { ...request, dsn }, dsns: { [interfaceHole(request)]: { dsn, peerDsn: dsn } } };
  }
  if (request.kind === 'peer-password') {
    // Of a plan that is drawn again, its own sealed DSNs hold what is masked in the request.
    const held = known.flatMap((dsn) => readDsn(dsn).values.get('password') ?? []);
    const password = request.password === MASK ? (held[0] ?? MASK) : request.password;
    return { request: { ...request, password }, dsns: {} };
  }
  if (request.kind !== 'deploy' || request.target !== 'servers') return { request, dsns: {} };
  const nodes = request.nodes.map((node) => ({
    ...node,
    dsn: withKnownSecrets(node.dsn, known),
    peerDsn: node.peerDsn ? withKnownSecrets(node.peerDsn, known) : null,
  }));
  const dsns = Object.fromEntries(
    nodes.map(({ name, dsn, peerDsn }) => [name, { dsn, peerDsn: peerDsn ?? dsn }]),
  );
  return { request: { ...request, nodes }, dsns };
}

/**
 * How the nodes are reached with the new password, by node, to be sealed with the plan. What is not read by that role has its
 * place and the role alone.
 */
export function withPassword(
  request: PlanRequest,
  nodes: readonly { name: string; dsn: string; peerDsn: string | null }[],
): Record<string, NodeDsns> {
  if (request.kind !== 'peer-password') return {};
  const { role, password } = request;
  return Object.fromEntries(
    nodes.flatMap(({ name, dsn, peerDsn: peer }) => {
      const to = withRole(peer ?? dsn, role, password);
      return to === null ? [] : [[name, { dsn, peerDsn: to }]];
    }),
  );
}

/** As it may be shown; `id`: the plan that holds what is masked, unless a draft does. */
export function maskedRequest(request: PlanRequest, id: string): PlanRequest {
  if (request.kind === 'node-add') {
    const { dsn, peerDsn } = request.node;
    const node = { ...request.node, dsn: maskDsn(dsn), peerDsn: peerDsn ? maskDsn(peerDsn) : null };
    return { ...request, node, draft: request.draft ?? id };
  }
  if (request.kind === 'node-interface' && request.dsn !== null) {
    return { ...request, dsn: maskDsn(request.dsn) };
  }
  if (request.kind === 'peer-password') return { ...request, password: MASK, plan: id };
  if (request.kind !== 'deploy' || request.target !== 'servers') return request;
  return {
    ...request,
    nodes: request.nodes.map((node) => ({
      ...node,
      dsn: maskDsn(node.dsn),
      peerDsn: node.peerDsn ? maskDsn(node.peerDsn) : null,
    })),
    draft: request.draft ?? id,
  };
}

/** How the console reaches a node that it watches or runs itself; null: it knows none of that name. */
export function registeredDsn(
  cluster: string,
  node: string,
  registry: Registry,
  sandboxes: Sandboxes,
  database?: 'maintenance',
): string | null {
  if (sandboxes.has(cluster)) {
    return sandboxes.get(cluster).dsn(node, ...(database === 'maintenance' ? ['postgres'] : []));
  }
  return registry.get(cluster)?.nodes.find((each) => each.name === node)?.dsn ?? null;
}

/** The same, and an error that says so where there is none. */
export function nodeDsn(
  cluster: string,
  node: string,
  registry: Registry,
  sandboxes: Sandboxes,
  database?: 'maintenance',
): string {
  const dsn = registeredDsn(cluster, node, registry, sandboxes, database);
  if (dsn === null) {
    throw new StepFailure({
      code: 'changed',
      message: `${cluster} no longer has a node ${node}.`,
      sqlstate: null,
      statement: null,
      cause: 'The node, or the whole cluster, has since been removed from the console.',
      remedy: 'Connect it again under the same name, then continue.',
    });
  }
  return dsn;
}

/** How its peers reach it. */
export function peerDsn(cluster: string, node: string, registry: Registry, sandboxes: Sandboxes): string {
  const record = registry.get(cluster)?.nodes.find((each) => each.name === node);
  return record?.peerDsn ?? nodeDsn(cluster, node, registry, sandboxes);
}
