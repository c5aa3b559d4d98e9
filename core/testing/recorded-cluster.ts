/** A recorded cluster as the console would watch it: for tests of what is made of the facts. */

import { assess } from '#core/advice/assess.ts';
import { engineOf } from '#core/engines/registry.ts';
import { decodeFast } from '#core/engines/spock/decode-fast.ts';
import { decodeSlow } from '#core/engines/spock/decode-slow.ts';
import type { PollFailure } from '#core/model/facts.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import type { NodeInput, TopologyKind } from '#core/snapshot/assembled.ts';
import { ClusterMemory } from '#core/snapshot/memory.ts';
import { recording, type Version } from './recorded.ts';

const names = ['n1', 'n2', 'n3'];

export class RecordedCluster {
  readonly memory = new ClusterMemory();
  topology: TopologyKind = 'full-mesh';
  runUnderWay = false;
  thresholds = { lagSeconds: 10, walHeldBytes: 1024 ** 3 };
  /** What a test wants otherwise than recorded, before a snapshot is made of it. */
  change: (node: NodeInput) => NodeInput = (node) => node;
  /** Nodes that the console does not watch. */
  without: ReadonlySet<string> = new Set();
  /** Counts the snapshots. */
  moment = 0;
  #at = 0;
  #nodes = new Map<string, NodeInput>();
  #previous: Snapshot | null = null;
  readonly #version: Version;

  constructor(version: Version) {
    this.#version = version;
  }

  /** The next moment is that of a recording; a node that is not in it has stopped. */
  show(scenario: string): Snapshot {
    const { at, nodes } = recording(this.#version, scenario);
    this.#at = at;
    const found = new Map(nodes.map((node) => [node.name, node]));
    for (const name of names) {
      const node = found.get(name);
      const before = this.#nodes.get(name);
      if (node === undefined) {
        this.#nodes.set(name, { ...(before ?? unread(name)), failure: refused(at) });
        continue;
      }
      const times = node.times ?? { sentAt: at - 1, receivedAt: at + 1 };
      const fast = decodeFast(node.fast);
      this.#nodes.set(name, {
        ...unread(name),
        capabilities: node.capabilities,
        fast: { value: { ...fast, clock: fast.clock ?? at }, ...times },
        slow: { value: decodeSlow(node.slow, null), ...times },
      });
    }
    return this.#assemble();
  }

  /** Nothing changes for so long, and is polled once at its end. */
  hold(seconds: number): Snapshot {
    const ms = seconds * 1000;
    this.#at += ms;
    for (const [name, node] of this.#nodes) {
      if (node.failure || !node.fast) continue;
      const { value, sentAt, receivedAt } = node.fast;
      const clock = value.clock === null ? null : value.clock + ms;
      this.#nodes.set(name, {
        ...node,
        fast: { value: { ...value, clock }, sentAt: sentAt + ms, receivedAt: receivedAt + ms },
      });
    }
    return this.#assemble();
  }

  #assemble(): Snapshot {
    this.moment += 1;
    const nodes = [...this.#nodes.values()]
      .filter(({ name }) => !this.without.has(name))
      .map((node) => this.change(node));
    for (const { name, fast, failure } of nodes) if (fast && !failure) this.memory.observe(name, fast);
    this.#previous = assess({
      cluster: 'demo',
      engine: 'spock',
      engineOf,
      at: this.#at,
      pollSeconds: 1,
      thresholds: this.thresholds,
      topology: this.topology,
      nodes,
      memory: this.memory,
      previous: this.#previous,
      runUnderWay: this.runUnderWay,
    });
    return this.#previous;
  }
}

function unread(name: string): NodeInput {
  return {
    name,
    address: `127.0.0.1:5432/${name}`,
    capabilities: null,
    fast: null,
    slow: null,
    failure: null,
    walRoom: null,
  };
}

function refused(at: number): PollFailure {
  return {
    code: 'refused',
    message: 'connect ECONNREFUSED 127.0.0.1:5432',
    sqlstate: null,
    since: at,
    tries: 1,
  };
}
