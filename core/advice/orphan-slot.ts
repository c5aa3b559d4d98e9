/**
 * A slot that nobody will ever read. A wrong finding here would have a DBA drop the slot of a stopped node, and so
 * destroy that node: it is said only when everything that could own the slot was asked and does not.
 */
import { quoteLiteral } from '#core/engines/quote.ts';
import type { SlotFacts } from '#core/model/facts.ts';
import { readAt } from '#core/model/facts.ts';
import { formatBytes, formatNames, formatSeconds } from '#core/model/format.ts';
import { isLost } from '#core/model/slot.ts';
import type { AdviceInput, FindingDraft, Rule } from './rule.ts';

/** A subscription that is being created has its slot before its row is to be seen. */
const settledMs = 60_000;

export const orphanSlot: Rule = (input) => {
  if (input.runUnderWay || !everyKnownNodeWasRead(input)) return [];
  const named = new Set(
    [...input.nodes.values()].flatMap(
      (node) => node.fast?.value.subscriptions?.map(({ slot }) => slot) ?? [],
    ),
  );
  const drafts: FindingDraft[] = [];
  for (const node of input.nodes.values()) {
    const facts = node.fast?.value;
    if (facts?.standby !== false) continue;
    for (const slot of facts.slots) {
      if (named.has(slot.name) || !couldBeOrphan(slot, node.capabilities?.database ?? null)) continue;
      const since = input.memory.workers.slotInactiveSince(node.name, slot.name);
      if (since === null || input.at - since < settledMs) continue;
      drafts.push(draft(input, node.name, slot, since));
    }
  }
  return drafts;
};

/** Every node of the registry, and every node that any of their catalogs names, in the last polls. */
function everyKnownNodeWasRead(input: AdviceInput): boolean {
  const read = new Set<string>();
  const named = new Set<string>();
  const freshMs = Math.max(3 * input.facts.pollSeconds, 5) * 1000;
  for (const { fast, failure } of input.nodes.values()) {
    if (failure !== null || fast === null || input.at - readAt(fast) > freshMs) return false;
    if (fast.value.subscriptions === null || fast.value.localNode === null) return false;
    read.add(fast.value.localNode);
    for (const peer of fast.value.peers) named.add(peer.name);
    // An origin that the catalogs cannot name may be a node that nobody has asked.
    if (fast.value.subscriptions.some(({ providerName }) => providerName === null)) return false;
  }
  return [...named].every((name) => read.has(name));
}

/** Of Spock, of this database, at rest; not one that PostgreSQL itself brought over for a failover. */
function couldBeOrphan(slot: SlotFacts, database: string | null): boolean {
  return (
    !slot.active &&
    !slot.temporary &&
    slot.synced !== true &&
    slot.type === 'logical' &&
    slot.plugin === 'spock_output' &&
    slot.database !== null &&
    slot.database === database
  );
}

function draft(input: AdviceInput, node: string, slot: SlotFacts, since: number): FindingDraft {
  const held = input.memory.lag.lagOf(node, slot.name)?.walHeldBytes ?? null;
  return {
    severity: 'warning',
    subject: { node, slot: slot.name },
    title: `${node} keeps a slot that no subscription reads`,
    detail: `${held === null || isLost(slot) ? 'It takes one of the slots' : `It holds ${formatBytes(held)} of WAL, more with every write`} on ${node}. All nodes were read, and none has a subscription of this slot.`,
    evidence: [
      { name: 'slot', value: slot.name },
      { name: 'database', value: slot.database ?? '' },
      { name: 'inactive for', value: `at least ${formatSeconds(Math.round((input.at - since) / 1000))}` },
      { name: 'restart_lsn', value: slot.restartLsn ?? 'NULL' },
      { name: 'nodes read', value: formatNames([...input.nodes.keys()], 8) },
    ],
    remedy: {
      text: `Drop the slot, unless it belongs to a node that the console does not know: dropping that node's slot would cut it off for good.`,
      sql: [`SELECT pg_drop_replication_slot(${quoteLiteral(slot.name)})`],
      plan: { kind: 'slot-drop', cluster: input.facts.cluster, node, slot: slot.name },
    },
  };
}
