/** When a finding offers to give a silent node up (core/plan/node-remove.ts): it is no cure for an outage of minutes. */
import type { PlanRequest } from '#core/model/plan.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';
import type { AdviceInput } from './rule.ts';

const OFFERED_AFTER_MS = 10 * 60_000;

/** A server that the console itself runs, and starts again when it ends: its disk is known by the machine. */
export const isOfThisMachine = (node: NodeInput | undefined): boolean => node?.walRoom?.source === 'machine';

/**
 * The plan, for a node that has been silent for a while, that no peer hears of, and that somebody survives. Null: not to be offered.
 * `pressing`: what is kept for it threatens a living node, so that it is offered at once.
 */
export function giveUp(
  { at, facts, nodes, slotOwners }: AdviceInput,
  name: string,
  pressing = false,
): PlanRequest | null {
  if (isOfThisMachine(nodes.get(name))) return null;
  const node = facts.nodes.find((each) => each.name === name);
  if (node?.state !== 'down' || node.error === null) return null;
  if (!pressing && at - Date.parse(node.error.since) < OFFERED_AFTER_MS) return null;
  if (!facts.nodes.some((each) => each.name !== name && each.state === 'up')) return null;
  const isRead = [...nodes.values()].some(
    ({ name: provider, fast, failure }) =>
      failure === null &&
      (fast?.value.slots ?? []).some(
        (slot) => slot.active && slotOwners.get(provider, slot.name)?.receiver === name,
      ),
  );
  return isRead ? null : { kind: 'node-remove', cluster: facts.cluster, node: name };
}
