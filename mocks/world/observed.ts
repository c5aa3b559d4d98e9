/** What a planner may know of the simulated world. */

import { readDsn } from '#core/dsn/read.ts';
import { quoteQualified } from '#core/engines/quote.ts';
import { changesOf } from '#core/engines/registry.ts';
import type {
  Observed,
  ObservedApplied,
  ObservedException,
  ObservedFacts,
  ObservedNode,
  ObservedSlot,
} from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import type { TableResync } from '#core/model/requests/subscriptions.ts';
import { filtersOf } from '#core/plan/sets/filter/request.ts';
import { wantedOf } from '#core/plan/sets/wanted.ts';
import { settingsOf as namesOf } from '#core/plan/settings/wanted.ts';
import { observeServers } from './bare-facts.ts';
import { ddlFactsOf, parsedDdl, summedOf } from './ddl.ts';
import { parsedFilter, triedFilter } from './filter-tree.ts';
import { observeJoin } from './join.ts';
import { machineOf } from './machine.ts';
import type { SimCluster, SimNode, SimSubscription } from './model.ts';
import { connected, nodeOf, nodesOf } from './physics.ts';
import { rawDsn } from './read-fast.ts';
import { schemaOf } from './schema.ts';
import { settingsOf } from './settings.ts';
import { lsnText } from './wal.ts';
import type { World } from './world.ts';

export function observeWorld(world: World, request: PlanRequest): Observed {
  const machine = machineOf(world);
  const name = 'cluster' in request ? request.cluster : request.name;
  const sandbox = world.sandboxes.get(name);
  const watch = world.clusters.get(name);
  const nodes = watch
    ? watch.cluster.nodes.map((node) => observeNode(watch.cluster, node, request, watch.isUp(node.name)))
    : null;
  return {
    clusters: [...world.clusters.keys()],
    machine: {
      engine: machine.sandboxEngine && { ...machine.sandboxEngine, bin: '~/.tricorder/postgres/bin' },
      reason: machine.reason,
      folder: sandboxFolder(name),
      ports: machine.ports,
      diskFreeBytes: machine.diskFreeBytes,
      account: null,
    },
    sandbox: sandbox ?? null,
    nodes,
    parsed: {
      ...Object.fromEntries(filtersOf(request, nodes ?? []).map((text) => [text, parsedFilter(text)])),
      ...parsedDdl(request),
    },
    remembered:
      watch?.cluster.subscriptions.map(({ receiver, name, provider, slot }) => ({
        receiver,
        name,
        provider,
        slot,
      })) ?? [],
    isSandbox: sandbox !== undefined,
    ...(request.kind === 'deploy' && request.target === 'servers'
      ? { servers: observeServers(world, request.nodes) }
      : {}),
    ...(request.kind === 'node-add' && watch && { servers: observeJoin(world, watch.cluster, request) }),
  };
}

export const sandboxFolder = (name: string): string => `~/.tricorder/sandbox/${name}`;

function observeNode(cluster: SimCluster, node: SimNode, request: PlanRequest, isUp: boolean): ObservedNode {
  return {
    name: node.name,
    read: isUp
      ? { ok: true, facts: factsOf(cluster, node, request) }
      : node.state === 'closed'
        ? { ok: false, error: `${node.name} lets the console's role read nothing.`, answered: true }
        : { ok: false, error: `${node.name} does not answer`, silent: true },
  };
}

function factsOf(cluster: SimCluster, node: SimNode, request: PlanRequest): ObservedFacts {
  const named = namesOf(request, changesOf('spock'));
  const wanted = request.kind === 'table-resync' ? request : null;
  const tableOf = (of: { schema?: string | undefined; table?: string | undefined }) => {
    const found = node.tables.find((own) => own.schema === of.schema && own.name === of.table);
    return found ? { hasKey: found.key.length > 0, memberships: found.sets, referencedBy: [] } : null;
  };
  return {
    engineVersion: node.engineVersion,
    standin: node.standin,
    altersOptions: !/^[1-5]\./.test(node.engineVersion),
    marksFailover: !/^[1-5]\./.test(node.engineVersion),
    serverVersion: Number.parseInt(node.serverVersion, 10) * 10_000,
    database: node.database,
    nodeName: node.name,
    readOnly: node.readOnly === 'off' ? null : node.readOnly,
    knows: cluster.nodes.map(({ name }) => name),
    subscriptions: cluster.subscriptions
      .filter((sub) => sub.receiver === node.name)
      .map((sub) => ({
        name: sub.name,
        provider: sub.provider,
        enabled: sub.enabled,
        status: !sub.enabled ? 'disabled' : sub.copy === null ? 'replicating' : 'initializing',
        slot: sub.slot,
        sets: sub.replicationSets,
        forwardOrigins: sub.forwardOrigins,
        options: { applyDelaySeconds: sub.applyDelaySeconds, skipSchema: sub.skipSchema ?? [] },
      })),
    sets: node.sets.map((set) => ({
      ...set,
      tables: node.tables.filter((own) => own.sets.some((each) => each.set === set.name)).length,
    })),
    slots: slotsOf(cluster, node),
    ...(request.kind === 'subscription-skip' &&
      request.receiver === node.name && { exception: exceptionOf(cluster, request) }),
    ...((request.kind === 'subscription-interface' || request.kind === 'node-interface') &&
      interfacesOf(cluster, node)),
    ...(request.kind === 'node-location' && {
      places: cluster.nodes.map(({ name, location, country }) => ({ node: name, location, country })),
    }),
    ...(request.kind === 'session-cancel' &&
      request.node === node.name && {
        session: node.sessions?.find(({ pid }) => pid === request.pid) ?? null,
      }),
    ...(named.length > 0 && { settings: settingsOf(node, named) }),
    ...(request.kind === 'peer-password' && {
      hasRole: true,
      interfaceRoles: cluster.nodes.map((each) => ({
        node: each.name,
        name: each.name,
        role: readDsn(rawDsn(each)).values.get('user') ?? null,
      })),
    }),
    ...(request.kind === 'records-trim' && { records: recordsOf(cluster, node, request) }),
    ...(request.kind === 'extension-update' && { extension: extensionOf(node) }),
    ...(node.role && { role: node.role }),
    ...(request.kind === 'node-remove' && { applied: appliedOf(cluster, node) }),
    ...setFactsOf(node, request),
    table: wanted === null ? null : tableOf(wanted),
    ...(wanted?.tables !== undefined && {
      copied: copiedOf(cluster, wanted).map((each) => ({ ...each, found: tableOf(each) })),
    }),
    ...ddlFactsOf(node, request),
    ...(request.kind === 'schema-align' && { schema: schemaOf(node) }),
    ...(request.kind === 'delta-columns' && { summed: summedOf(node, request) }),
  };
}

/** Tables that are named, or all that the subscription's provider sends it. */
function copiedOf(
  cluster: SimCluster,
  { receiver, subscription, tables }: TableResync,
): { schema: string; table: string }[] {
  if (tables !== 'all') return tables ?? [];
  const sub = cluster.subscriptions.find((each) => each.receiver === receiver && each.name === subscription);
  const all = sub === undefined ? [] : (nodeOf(cluster, sub.provider)?.tables ?? []);
  return all
    .filter((each) => each.sets.some(({ set }) => sub?.replicationSets.includes(set) === true))
    .map(({ schema, name }) => ({ schema, table: name }));
}

function recordsOf(
  { conflicts, exceptions }: SimCluster,
  { name }: SimNode,
  { records, before }: Extract<PlanRequest, { kind: 'records-trim' }>,
): NonNullable<ObservedFacts['records']> {
  const own = (records === 'conflicts' ? conflicts : exceptions).filter(({ node }) => node === name);
  const old = own.filter(({ at }) => Date.parse(at) < Date.parse(before));
  return { old: old.length, total: own.length, needed: false };
}

function extensionOf({ engineVersion, packageVersion }: SimNode): NonNullable<ObservedFacts['extension']> {
  const available = packageVersion ?? engineVersion;
  return { available, path: [engineVersion, available], library: available };
}

/** What a request about replication sets reads. */
function setFactsOf(node: SimNode, request: PlanRequest): Pick<ObservedFacts, 'tables' | 'sequences'> {
  const wanted = wantedOf(request);
  if (wanted === null) return {};
  return {
    tables: node.tables.map((table) => ({
      schema: table.schema,
      table: table.name,
      hasKey: table.key.length > 0,
      key: table.key,
      memberships: table.sets,
      kind: 'r',
      persistence: 'p',
      partitionOf: table.partitionOf,
      columns: table.columns.map((text) => {
        const [name = '', ...type] = text.split(' ');
        return {
          name,
          type: type.join(' '),
          notNull: table.key.includes(name),
          filledBy: 'nothing' as const,
        };
      }),
      rows: table.rows === null ? null : { rows: table.rows, how: 'estimated' as const, within: null },
      ...triedFilter(table, wanted.add),
    })),
    sequences: [...wanted.addSequences, ...wanted.removeSequences].map((each) => {
      const name = quoteQualified(each.schema, each.sequence);
      const sets = node.sets.filter(({ sequences }) => sequences.includes(name));
      return { ...each, sets: sets.map((set) => set.name) };
    }),
  };
}

/** As the receiver's log of exceptions has it: the row that says what was disabled, and those of the same transaction. */
function exceptionOf(
  { exceptions }: SimCluster,
  { receiver, subscription }: { receiver: string; subscription: string },
): ObservedException | null {
  const own = exceptions.filter(({ node }) => node === receiver);
  const disabling = own.find(
    ({ operation, message }) =>
      operation === 'SUB_DISABLE' && message?.includes(`subscription ${subscription} `) === true,
  );
  if (disabling === undefined) return null;
  const message = disabling.message ?? '';
  return {
    lsn: /skip_lsn = ([0-9A-F]+\/[0-9A-F]+)/.exec(message)?.[1] ?? null,
    message,
    commitAt: disabling.commitAt,
    rows: own
      .filter(
        (each) => each !== disabling && each.xid === disabling.xid && each.commitAt === disabling.commitAt,
      )
      .map(({ operation, schema, table }) => ({ operation: operation ?? '', schema, table, count: 1 })),
  };
}

/** All servers of the world reach each other. */
function interfacesOf(cluster: SimCluster, node: SimNode): Pick<ObservedFacts, 'interfaces' | 'reach'> {
  const own = cluster.subscriptions.filter((sub) => sub.receiver === node.name);
  return {
    interfaces: cluster.nodes.flatMap((each) =>
      [each.name, ...(each.interfaces ?? [])].map((name) => ({
        node: each.name,
        name,
        usedBy: own
          .filter((sub) => sub.provider === each.name && (sub.interface ?? sub.provider) === name)
          .map((sub) => sub.name),
        own: each === node && name === each.name,
      })),
    ),
    reach: Object.fromEntries([...own, ...cluster.nodes].map(({ name }) => [name, { state: 'ok' } as const])),
  };
}

function appliedOf(cluster: SimCluster, node: SimNode): ObservedApplied[] {
  return cluster.subscriptions
    .filter((sub) => sub.receiver === node.name)
    .map((sub) => ({
      subscription: sub.name,
      provider: sub.provider,
      lsn: sub.confirmed === null ? null : lsnText(sub.confirmed),
      lastCommitAt: lastCommit(cluster, sub),
    }));
}

function lastCommit(cluster: SimCluster, { provider, confirmed }: SimSubscription): string | null {
  const at = confirmed === null ? null : (nodeOf(cluster, provider)?.track.momentOf(confirmed) ?? null);
  return at === null ? null : `${new Date(at).toISOString().replace('T', ' ').slice(0, 19)}+00`;
}

/** What a survivor notes of a node before it is given up. */
export function appliedFacts(
  cluster: SimCluster,
  { node, provider, subscriptions }: { node: string; provider: string; subscriptions: string[] },
): { name: string; value: string }[] {
  const own = nodeOf(cluster, node);
  if (own === undefined) return [];
  return appliedOf(cluster, own)
    .filter(({ subscription }) => subscriptions.includes(subscription))
    .map(({ subscription, lsn, lastCommitAt }) => ({
      name: `${node} has applied of ${provider} by ${subscription}`,
      value: `up to ${lsn ?? 'nothing'}, last commit ${lastCommitAt ?? 'not known'}`,
    }));
}

function slotsOf(cluster: SimCluster, node: SimNode): ObservedSlot[] {
  const nodes = nodesOf(cluster);
  return [
    ...cluster.subscriptions
      .filter((sub) => sub.provider === node.name && sub.confirmed !== null)
      .map((sub) => ({
        name: sub.slot,
        plugin: 'spock_output',
        database: node.database,
        active: connected(sub, nodes),
        failover: node.failover === true,
        walHeldBytes: sub.restart === null ? null : node.wal - sub.restart,
        unconfirmedBytes: sub.confirmed === null ? null : node.wal - sub.confirmed,
      })),
    ...node.otherSlots.map((slot) => ({
      name: slot.name,
      plugin: slot.plugin,
      database: slot.database,
      active: slot.active,
      walHeldBytes: node.wal - slot.restart,
    })),
  ];
}
