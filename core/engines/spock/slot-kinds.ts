/** Slots by their names and plugins, as Spock and the stand-in give them. */
import type { SlotUse } from '#core/engines/engine.ts';
import type { SlotFacts } from '#core/model/facts.ts';

/** Kept for the group of nodes: inactive by design, advanced by a worker of the node itself, and never to be dropped. */
export const isGroupSlot = ({ name }: Pick<SlotFacts, 'name'>): boolean => name.startsWith('spkgrp_');

/** One that a subscription reads from: of Spock by its plugin, of the stand-in by its name; of this database; none of a copy. */
function isSubscriptionSlot(slot: SlotFacts, database: string | null): boolean {
  const spocks = slot.plugin === 'spock_output' || slot.plugin === 'spock';
  const standins = slot.plugin === 'pgoutput' && slot.name.startsWith('spk_');
  return (
    (spocks || standins) &&
    !slot.temporary &&
    slot.synced !== true &&
    slot.type === 'logical' &&
    slot.database !== null &&
    slot.database === database
  );
}

export function slotUse(slot: SlotFacts, database: string | null): SlotUse | null {
  if (isGroupSlot(slot)) return 'group';
  return isSubscriptionSlot(slot, database) ? 'subscription' : null;
}

/** A walsender of that name holds the snapshot of a copy, from its slot's making to the end of the copy (spock_sync.c). */
export const copyOf = (applicationName: string): string | null =>
  /^(.+)_snap$/.exec(applicationName)?.[1] ?? null;
