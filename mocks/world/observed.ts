/** What a planner may know of the simulated world. */
import type { PlanRequest } from '#core/model/plan.ts';
import type { Observed, ObservedFacts, ObservedNode, ObservedSlot } from '#core/plan/observed.ts';
import { observeServers } from './bare-facts.ts';
import { machineOf } from './machine.ts';
import type { SimCluster, SimNode } from './model.ts';
import { connected, nodesOf } from './physics.ts';
import type { World } from './world.ts';

export function observeWorld(world: World, request: PlanRequest): Observed {
  const machine = machineOf(world);
  const name = 'cluster' in request ? request.cluster : request.name;
  const sandbox = world.sandboxes.get(name);
  const watch = world.clusters.get(name);
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
    nodes: watch
      ? watch.cluster.nodes.map((node) => observeNode(watch.cluster, node, request, watch.isUp(node.name)))
      : null,
    ...(request.kind === 'deploy' && request.target === 'servers'
      ? { servers: observeServers(world, request.nodes) }
      : {}),
  };
}

export const sandboxFolder = (name: string): string => `~/.tricorder/sandbox/${name}`;

function observeNode(cluster: SimCluster, node: SimNode, request: PlanRequest, isUp: boolean): ObservedNode {
  return {
    name: node.name,
    read: isUp
      ? { ok: true, facts: factsOf(cluster, node, request) }
      : { ok: false, error: `${node.name} does not answer.` },
  };
}

function factsOf(cluster: SimCluster, node: SimNode, request: PlanRequest): ObservedFacts {
  const wanted = 'table' in request ? request : null;
  const table =
    wanted && node.tables.find((own) => own.schema === wanted.schema && own.name === wanted.table);
  return {
    engineVersion: node.engineVersion,
    standin: node.standin,
    database: node.database,
    nodeName: node.name,
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
      })),
    sets: node.sets,
    slots: slotsOf(cluster, node),
    table: table
      ? { hasKey: table.key.length > 0 || table.identity === 'f', memberships: table.sets, referencedBy: [] }
      : null,
  };
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
        walHeldBytes: sub.restart === null ? null : node.wal - sub.restart,
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
