/**
 * Whose a slot was, and whether anybody was ever seen at it: what a slot at rest does not tell by itself. A slot that was made
 * for a node which is only joining looks in each poll like one that was left behind.
 */
import type { FastFacts } from '#core/model/facts.ts';

/** The subscription that a slot was seen to be named by. */
export interface SlotOwner {
  /** The registry's name of the node that has, or had, the subscription. */
  receiver: string;
  /** What that node calls itself, as its peers' catalogs have it. */
  catalogName: string | null;
  subscription: string;
  /** The catalogs of another node were seen to have it: when they have it no more, it was dropped. */
  named: boolean;
}

export class SlotBook {
  /** By slot: names of slots hold the provider's and the subscription's. */
  #owners = new Map<string, SlotOwner>();
  #read = new Map<string, Set<string>>();
  /** Names that the catalogs of some node had for others. */
  #named = new Set<string>();

  /** Call with each good fast poll of a node: as a receiver it names slots of others, as a provider it shows its own. */
  observe(node: string, facts: FastFacts): void {
    const { localNode } = facts;
    for (const { name } of facts.peers ?? []) if (name !== localNode) this.#named.add(name);
    for (const { slot, name: subscription } of facts.subscriptions ?? []) {
      this.#owners.set(slot, { receiver: node, catalogName: localNode, subscription, named: false });
    }
    const before = this.#read.get(node);
    const read = new Set<string>();
    for (const { name, active, decodedBytes } of facts.slots) {
      if (active || (decodedBytes ?? 0) > 0 || before?.has(name)) read.add(name);
    }
    this.#read.set(node, read);
  }

  /** The last subscription that named a slot; null: none did while the console watched. */
  ownerOf(slot: string): SlotOwner | null {
    const owner = this.#owners.get(slot);
    return owner === undefined ? null : this.#withNamed(owner);
  }

  #withNamed(owner: SlotOwner): SlotOwner {
    return { ...owner, named: owner.named || this.#named.has(owner.catalogName ?? owner.receiver) };
  }

  /** Somebody was seen at the slot, or it has been decoded from. */
  wasRead(node: string, slot: string): boolean {
    return this.#read.get(node)?.has(slot) === true;
  }

  /** What is kept over a restart of the console: see `restore`. */
  get owners(): [slot: string, owner: SlotOwner][] {
    return [...this.#owners].map(([slot, owner]) => [slot, this.#withNamed(owner)]);
  }

  restore(owners: readonly [slot: string, owner: SlotOwner][]): void {
    for (const [slot, owner] of owners) if (!this.#owners.has(slot)) this.#owners.set(slot, owner);
  }

  /** Its slots. What it was seen to own stays known: that its node has gone is what makes them orphans. */
  forget(node: string): void {
    this.#read.delete(node);
  }
}
