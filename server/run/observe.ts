/** Reads what a planner needs to know, anew for each plan. */

import type { Changes } from '#core/engines/changes.ts';
import { changesOf } from '#core/engines/registry.ts';
import type { Observed, ObservedNode, ParsedSql, RememberedSubscription } from '#core/model/observed.ts';
import type { ObservedServer } from '#core/model/observed-server.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import type { Sandboxes } from '#server/sandbox/sandboxes.ts';
import type { NodeRecord, Registry } from '#server/store/registry.ts';
import type { NodeDsns } from '#server/store/runs.ts';
import { observeDdl } from './observe-ddl.ts';
import { parseFilters, tryFilters } from './observe-filters.ts';
import { observeNodes } from './observe-nodes.ts';
import { observeServers } from './observe-servers.ts';

/** `given`: DSNs that take the place of the console's own, by node. */
export async function observe(
  request: PlanRequest,
  registry: Registry,
  sandboxes: Sandboxes,
  dsns: Record<string, NodeDsns>,
  remembered: (cluster: string) => RememberedSubscription[],
  given: Readonly<Record<string, string>> = {},
): Promise<Observed> {
  const clusters = registry.list().map((record) => record.name);
  if (request.kind === 'deploy' && request.target === 'servers') {
    const servers = request.nodes.map(({ name, dsn }) => ({
      name,
      ...(dsns[name] ?? { dsn, peerDsn: dsn }),
    }));
    const observed = await observeServers(servers, { reach: true });
    return { clusters, machine: null, sandbox: null, nodes: null, servers: observed };
  }
  if (request.kind === 'deploy' || request.kind === 'remove') {
    return { clusters, nodes: null, ...(await sandboxes.observe(request.name)) };
  }
  const record = registry.get(request.cluster);
  const records = (record?.nodes ?? []).map((node) => ({ ...node, dsn: given[node.name] ?? node.dsn }));
  const nodes = record === undefined ? null : await observeNodes(records, request, changesOf(record.engine));
  const parsed = nodes === null ? null : await parsedFor(request, records, nodes, changesOf(record?.engine));
  const servers =
    request.kind === 'node-add' && record !== undefined
      ? await observeJoin(request.node.name, record.nodes, dsns, given, changesOf(record.engine))
      : undefined;
  return {
    ...(servers && { servers }),
    ...(record === undefined ? {} : { engine: record.engine }),
    clusters,
    machine: null,
    sandbox: null,
    nodes,
    ...(parsed !== null && { parsed }),
    remembered: remembered(request.cluster),
    isSandbox: record?.sandbox === true,
  };
}

/** The nodes of a cluster as servers, with one that is to be added; of ways those to it and from it. */
async function observeJoin(
  added: string,
  nodes: readonly NodeRecord[],
  dsns: Record<string, NodeDsns>,
  given: Readonly<Record<string, string>>,
  changes: Changes,
): Promise<ObservedServer[]> {
  const members = nodes
    .filter(({ name }) => name !== added)
    .map(({ name, dsn, peerDsn }) => ({ name, dsn: given[name] ?? dsn, peerDsn: peerDsn ?? dsn }));
  const own = dsns[added];
  const all = own === undefined ? members : [...members, { name: added, ...own }];
  return observeServers(all, { reach: true, about: added }, changes);
}

/** What the parser said of the request's texts, with what the nodes say of them put into their facts. Null: it has none. */
async function parsedFor(
  request: PlanRequest,
  records: readonly NodeRecord[],
  nodes: readonly ObservedNode[],
  changes: Changes,
): Promise<Record<string, ParsedSql> | null> {
  const filters = await parseFilters(request, nodes);
  if (filters === null) return observeDdl(records, nodes, request, changes);
  await tryFilters(records, nodes, request, filters);
  return filters;
}
