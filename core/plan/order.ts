/** A step as its order is concerned. */
interface Ordered {
  id: string;
  after: readonly string[];
}

/** The steps so that each comes after those that it waits for, otherwise in their own order. */
export function inOrder<T extends Ordered>(steps: readonly T[]): T[] {
  const order = new Set<T>();
  const byId = new Map(steps.map((step) => [step.id, step]));
  const visit = (step: T): void => {
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
