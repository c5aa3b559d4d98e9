/** Slots, by the engines of the cluster that may have made them. */
import type { Engine, SlotUse } from '#core/engines/engine.ts';
import type { SlotFacts } from '#core/model/facts.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';
import type { AdviceInput, AdvisingEngine } from './rule.ts';

const useBy = (engine: Engine, node: NodeInput, slot: SlotFacts): SlotUse | null =>
  engine.slotUse(slot, node.capabilities?.database ?? null);

/** A subscription of some engine reads from it, or is to. */
export const isOfSubscription = ({ engines }: AdviceInput, node: NodeInput, slot: SlotFacts): boolean =>
  engines.some((engine) => useBy(engine, node, slot) === 'subscription');

/** The engine that keeps it for the nodes together; undefined: none does. */
export const keeperOf = (
  { engines }: AdviceInput,
  node: NodeInput,
  slot: SlotFacts,
): AdvisingEngine | undefined => engines.find((engine) => useBy(engine, node, slot) === 'group');
