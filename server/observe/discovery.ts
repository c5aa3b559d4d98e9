/** Nodes that the catalogs of a cluster name and that the registry has not: offered by name. */
import type { z } from 'zod';
import type { DiscoveredNode } from '#core/contract/clusters.ts';
import type { FieldIssue } from '#core/contract/errors.ts';
import { SECRETS } from '#core/dsn/keywords.ts';
import { maskDsn } from '#core/dsn/mask.ts';
import { readDsn } from '#core/dsn/read.ts';
import { wordsOf } from '#core/engines/words.ts';
import type { EngineName } from '#core/model/engine-name.ts';
import type { FastFacts, InterfaceFacts } from '#core/model/facts.ts';
import { FILE_KEYWORDS } from '#server/postgres/dsn-files.ts';

type Discovered = z.infer<typeof DiscoveredNode>;

/** An address in a node's catalogs with the name of the node that it is of; null where they do not know that one. */
export interface NamedInterface {
  node: string | null;
  name: string;
  /** With its password: not for showing. */
  rawDsn: string | null;
}

export function namedInterfaces(
  facts: Pick<FastFacts, 'peers'>,
  interfaces: readonly InterfaceFacts[] | null,
): NamedInterface[] {
  const names = new Map(facts.peers.map((peer) => [peer.id, peer.name]));
  return (interfaces ?? []).map(({ nodeId, name, rawDsn }) => ({
    node: names.get(nodeId) ?? null,
    name,
    rawDsn,
  }));
}

/**
 * By name, those that are not `known` (names that the registry has, and that its nodes have in the catalogs). Nobody is
 * connected to: who may write those catalogs would decide where the console goes. That takes somebody who asks for it
 * (PUT /clusters/{cluster}/nodes/{node}).
 */
export function discoveredNodes(
  interfaces: readonly NamedInterface[],
  known: ReadonlySet<string>,
): Discovered[] {
  return unknownNodes(interfaces, known).map(({ name, rawDsn }) => ({
    name,
    dsn: rawDsn === null ? null : maskDsn(rawDsn),
    reachable: null,
    error: null,
  }));
}

/**
 * A fault of a DSN that is taken over as the nodes' catalogs have it: no file of the console's machine is read because a
 * database says so. Null: it has none, or somebody has written it.
 */
export function fileIssue(
  dsn: string,
  interfaces: readonly NamedInterface[],
  path: FieldIssue['path'],
  engine: EngineName,
): FieldIssue | null {
  const { values } = readDsn(dsn);
  if (!interfaces.some(({ rawDsn }) => rawDsn !== null && saysTheSame(readDsn(rawDsn).values, values)))
    return null;
  const named = FILE_KEYWORDS.filter((keyword) => (values.get(keyword) ?? '') !== '');
  if (named.length === 0) return null;
  return {
    path,
    code: 'file-of-database',
    message: `This DSN comes from ${wordsOf(engine).interfaces} and names files by ${named.join(' and ')}: the console does not read files of its machine because a database says so.`,
    remedy: `Leave ${named.join(' and ')} out, or give the path of a file on the console's machine.`,
  };
}

/** But for secrets and blanks. */
function saysTheSame(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  const open = (values: ReadonlyMap<string, string>) =>
    JSON.stringify(
      [...values].filter(([keyword]) => !SECRETS.has(keyword)).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  return open(one) === open(other);
}

/** One for each node, by name; of several interfaces the one whose DSN can be read. */
export function unknownNodes(
  interfaces: readonly NamedInterface[],
  known: ReadonlySet<string>,
): { name: string; rawDsn: string | null }[] {
  const byName = new Map<string, string | null>();
  for (const { node, rawDsn } of interfaces) {
    if (node === null || known.has(node)) continue;
    if (byName.get(node) == null) byName.set(node, rawDsn);
  }
  return [...byName].map(([name, rawDsn]) => ({ name, rawDsn })).sort((a, b) => a.name.localeCompare(b.name));
}
