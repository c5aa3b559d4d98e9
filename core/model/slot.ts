import type { SlotFacts } from './facts.ts';

/** A lost slot never comes back: the WAL that it should have sent is gone. */
export const isLost = (slot: SlotFacts): boolean =>
  slot.walStatus === 'lost' || (slot.invalidationReason !== null && slot.invalidationReason !== '');
