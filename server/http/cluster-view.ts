/** A cluster as the API shows it: no password in it. And DSNs that come back from there. */
import type { z } from 'zod';
import type { Cluster, RegisteredNode as NodeSchema } from '#core/contract/clusters.ts';
import { hasPassword, maskDsn } from '#core/dsn/mask.ts';
import { roomLeft, type WalRoom } from '#core/model/wal-room.ts';
import { discoveredNodes, type NamedInterface, namedInterfaces } from '#server/observe/discovery.ts';
import type { Watcher } from '#server/observe/watcher.ts';
import { dsnAddress } from '#server/postgres/targets.ts';
import type { Services } from '#server/services.ts';
import type { ClusterRecord, NodeRecord } from '#server/store/registry.ts';

type RegisteredNode = z.infer<typeof NodeSchema>;

/** `fresh`: interfaces that were just read, before the watcher has any. */
export function clusterView(
  services: Services,
  record: ClusterRecord,
  watcher: Watcher,
  fresh?: readonly NamedInterface[],
): Cluster {
  const inputs = watcher.inputs();
  const interfaces = fresh ?? interfacesNow(watcher);
  const catalogNames = new Map(
    inputs.flatMap(({ name, fast }) => (fast?.value.localNode == null ? [] : [[name, fast.value.localNode]])),
  );
  const rooms = new Map(inputs.map(({ name, walRoom }) => [name, walRoom]));
  const known = new Set([...record.nodes.map((node) => node.name), ...catalogNames.values()]);
  return {
    name: record.name,
    engine: record.engine,
    createdAt: record.createdAt,
    nodes: record.nodes.map((node) => ({
      name: node.name,
      dsn: maskDsn(node.dsn),
      peerDsn: node.peerDsn === null ? null : maskDsn(node.peerDsn),
      hasPassword: hasPassword(node.dsn),
      walRoom: roomView(rooms.get(node.name) ?? null, watcher.mostHeldBytes(node.name)),
      interfaces: interfacesOf(node, catalogNames.get(node.name) ?? node.name, interfaces),
    })),
    discovered: discoveredNodes(interfaces, known),
    thresholds: record.thresholds,
    topology: record.topology,
    sandbox: services.sandboxes.info(record.name),
  };
}

/** What the nodes that were read have in their catalogs, passwords included. */
export const interfacesNow = (watcher: Watcher): NamedInterface[] =>
  watcher
    .inputs()
    .flatMap(({ fast, slow }) =>
      fast === null ? [] : namedInterfaces(fast.value, slow?.value.interfaces ?? null),
    );

const roomView = (room: WalRoom | null, heldNow: number | null): RegisteredNode['walRoom'] =>
  room && { ...room, bytesLeft: roomLeft(room, heldNow) };

/** What the nodes that were read have of this one; every node has a copy, so one that may be read is enough. */
function interfacesOf(
  node: NodeRecord,
  catalogName: string,
  interfaces: readonly NamedInterface[],
): RegisteredNode['interfaces'] {
  const byName = new Map<string, string | null>();
  for (const { node: owner, name, rawDsn } of interfaces) {
    if (owner === catalogName) byName.set(name, byName.get(name) ?? rawDsn);
  }
  return [...byName].map(([name, rawDsn]) => ({
    name,
    dsn: rawDsn === null ? null : maskDsn(rawDsn),
    differs: rawDsn === null ? null : differs(rawDsn, node.dsn),
  }));
}

/** By host, port and database; null where libpq's own defaults or keywords decide that we do not know. */
function differs(one: string, other: string): boolean | null {
  const [a, b] = [one, other].map((dsn) => dsnAddress(dsn).replace(/^localhost:/, '127.0.0.1:'));
  return a === '' || b === '' ? null : a !== b;
}
