/**
 * Differences between nodes that may be of two moments. The facts of the slow poll are read at other times on each node, so that a
 * migration which runs everywhere within a second looks for a while like one that has stopped half-way. A difference is believed
 * when each of the nodes was read again after it was first seen; whoever polls is told which ones to read.
 */

/** When the facts of a node were read, milliseconds on the console's clock: of all that may be compared, the oldest. */
export type ReadTimes = ReadonlyMap<string, number>;

interface Doubt {
  /** What the nodes differ in. */
  what: string;
  nodes: readonly string[];
  isSettled: boolean;
  /** When it was first seen. */
  at: number;
  /** Each node must have been read after this. */
  readAfter: number;
}

/** A migration takes this long at most from the first node to the last, or is said to have stopped between them. */
const SETTLES_MS = 3000;
/** Read within this of each other, nodes were read at one moment. */
const ONE_MOMENT_MS = 1000;

export class Doubts {
  #known = new Map<string, Doubt>();
  #next = new Map<string, Doubt>();
  /** The first reading of each node: what it shows has no before that it could be compared with. */
  #first = new Map<string, number>();
  #unread = new Map<string, number>();
  #times: ReadTimes = new Map();
  #at = 0;

  /** Begins a look at all differences of one moment; `end` must follow. */
  look(at: number, times: ReadTimes): this {
    this.#at = at;
    this.#times = times;
    this.#next = new Map();
    this.#unread = new Map();
    for (const [node, time] of times) if (!this.#first.has(node)) this.#first.set(node, time);
    return this;
  }

  /**
   * Since when a difference between `nodes` is seen; null: it may be of two moments. `id` is that of its finding; `what` tells it
   * from what the same nodes differed in before.
   */
  settled(id: string, what: string, nodes: readonly string[]): number | null {
    const times = nodes.flatMap((node) => this.#times.get(node) ?? []);
    const newest = Math.max(...times);
    const known = this.#known.get(id);
    const at = known?.what === what ? known.at : this.#at;
    const readAfter = known?.what === what ? known.readAfter : newest + SETTLES_MS;
    const isFirst = nodes.every((node) => this.#first.get(node) === this.#times.get(node));
    const ofOneMoment = isFirst && newest - Math.min(...times) <= ONE_MOMENT_MS;
    const unread = nodes.filter((node) => (this.#times.get(node) ?? Number.NEGATIVE_INFINITY) < readAfter);
    const isSettled =
      times.length === nodes.length &&
      ((known?.what === what && known.isSettled) || ofOneMoment || unread.length === 0);
    this.#next.set(id, { what, nodes, isSettled, at, readAfter });
    if (!isSettled)
      for (const node of unread) this.#unread.set(node, Math.max(readAfter, this.#unread.get(node) ?? 0));
    return isSettled ? at : null;
  }

  /** It was settled when it was last looked at, and one of its nodes cannot be read now: nothing says that it is over. */
  isBlind(id: string, read: ReadonlySet<string>): boolean {
    const known = this.#known.get(id);
    if (known?.isSettled !== true || known.nodes.every((node) => read.has(node))) return false;
    this.#next.set(id, known);
    return true;
  }

  end(): void {
    this.#known = this.#next;
  }

  /** Nodes to be read again, and not before when, for what could not be told in the last look. */
  get unread(): ReadonlyMap<string, number> {
    return this.#unread;
  }

  forget(node: string): void {
    this.#first.delete(node);
  }
}
