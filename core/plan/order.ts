import type { DraftStep } from './draft.ts';

/** The steps so that each comes after those that it waits for, otherwise in their own order. */
export function inOrder(steps: readonly DraftStep[]): DraftStep[] {
  const order = new Set<DraftStep>();
  const byId = new Map(steps.map((step) => [step.id, step]));
  const visit = (step: DraftStep): void => {
    if (order.has(step)) return;
    for (const id of step.after) {
      const before = byId.get(id);
      if (before !== undefined) visit(before);
    }
    order.add(step);
  };
  for (const step of steps) visit(step);
  return [...order];
}
