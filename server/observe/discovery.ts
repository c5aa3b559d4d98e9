/** Nodes that the catalogs of a cluster name and that the registry has not: offered, with a look at whether they answer. */
import type { z } from 'zod';
import type { DiscoveredNode } from '#core/contract/clusters.ts';
import type { Engine } from '#core/engines/engine.ts';
import type { FastFacts, InterfaceFacts } from '#core/model/facts.ts';
import { maskDsn } from '#server/postgres/dsn.ts';
import { probe } from './probe.ts';

type Discovered = z.infer<typeof DiscoveredNode>;

/** A row of spock.node_interface with its node's name; null where spock.node does not know it. */
export interface NamedInterface {
  node: string | null;
  /** if_name. */
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

/** How long the answer of a look holds. */
const FRESH_MS = 60_000;
/** Looked at together, so that a registry of strangers causes no storm. */
const AT_ONCE = 8;

interface Look {
  at: number;
  reachable: boolean;
  error: string | null;
}

export class Discovery {
  readonly #engine: Engine;
  readonly #looks = new Map<string, Look>();
  readonly #waiting = new Map<string, Promise<void>>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * `known`: names that the registry has, and that its nodes have in the catalogs. Looks that are not fresh are begun;
   * `wait` waits for them (about 5 s at most), otherwise `reachable` is null until they have ended.
   */
  async discovered(
    interfaces: readonly NamedInterface[],
    known: ReadonlySet<string>,
    wait: boolean,
  ): Promise<Discovered[]> {
    const found = unknownNodes(interfaces, known);
    // Those that were not looked at yet, or long ago; of many, the rest comes with the next questions.
    const due = found.flatMap(({ rawDsn }) => (rawDsn === null || this.#isFresh(rawDsn) ? [] : [rawDsn]));
    const looks = due.slice(0, AT_ONCE).map((rawDsn) => this.#look(rawDsn));
    if (wait) await Promise.all(looks);
    return found.map(({ name, rawDsn }) => {
      const look = rawDsn === null ? undefined : this.#looks.get(rawDsn);
      return {
        name,
        dsn: rawDsn === null ? null : maskDsn(rawDsn),
        reachable: look?.reachable ?? null,
        error: look?.error ?? null,
      };
    });
  }

  #isFresh(dsn: string): boolean {
    const look = this.#looks.get(dsn);
    return look !== undefined && Date.now() - look.at < FRESH_MS;
  }

  async #look(dsn: string): Promise<void> {
    const under = this.#waiting.get(dsn);
    if (under !== undefined) return under;
    const look = probe(dsn, this.#engine)
      .then((outcome) => {
        const error = outcome.ok ? null : outcome.error.message;
        if (this.#looks.size > 500) this.#looks.clear();
        this.#looks.set(dsn, { at: Date.now(), reachable: outcome.ok, error });
      })
      .finally(() => this.#waiting.delete(dsn));
    this.#waiting.set(dsn, look);
    return look;
  }
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
