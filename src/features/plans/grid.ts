/** A plan as a grid: a row is a step, a column is a node. Steps that say the same on several nodes share a row. */
import type { Plan, PlanStep, RunStep } from '#core/model/plan.ts';

export interface GridRow {
  /** From 1, as people count. */
  number: number;
  title: string;
  /** By node. */
  cells: Map<string, PlanStep>;
  /** What the console does on its own machine: one cell for the whole row. */
  here: PlanStep | null;
}

export interface Grid {
  nodes: string[];
  rows: GridRow[];
}

/** Rows stand in the order in which their first step comes; a second step of one title on one node gets a row of its own. */
export function gridOf(steps: PlanStep[]): Grid {
  const nodes: string[] = [];
  const rows: GridRow[] = [];
  for (const step of steps) {
    const { node, title } = step;
    if (node === null) {
      rows.push({ number: rows.length + 1, title, cells: new Map(), here: step });
      continue;
    }
    if (!nodes.includes(node)) nodes.push(node);
    const row = rows.find((one) => one.here === null && one.title === title && !one.cells.has(node));
    if (row) row.cells.set(node, step);
    else rows.push({ number: rows.length + 1, title, cells: new Map([[node, step]]), here: null });
  }
  return { nodes: nodes.sort(byName), rows };
}

/** n2 before n10. */
const byName = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/** The nodes of a row, as people order them. */
export const nodesOf = (row: GridRow): string[] => [...row.cells.keys()].sort(byName);

export const stepsOf = (row: GridRow): PlanStep[] => (row.here ? [row.here] : [...row.cells.values()]);

/** What takes back the steps of a run that were done, the last one first, with the node of each statement named. */
export function inverseOf(plan: Plan, done: ReadonlySet<string>): string {
  return [...plan.steps]
    .reverse()
    .filter((step) => done.has(step.id) && step.undoSql.length > 0)
    .map((step) =>
      [`-- undoes: ${step.title}`, `-- on ${step.node ?? 'this machine'}`, ...step.undoSql].join('\n'),
    )
    .join('\n\n');
}

/** A step that waits for one that failed is held by it: the number of that one's row, else null. */
export function heldBy(step: PlanStep, grid: Grid, states: Map<string, RunStep>): number | null {
  const seen = new Set<string>();
  const queue = [...step.after];
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const row = grid.rows.find((one) => stepsOf(one).some((other) => other.id === id));
    if (states.get(id)?.state === 'failed') return row?.number ?? null;
    const before = row && stepsOf(row).find((other) => other.id === id);
    if (before && states.get(id)?.state === 'waiting') queue.push(...before.after);
  }
  return null;
}

/** Seconds that a step took; null while it has not ended. */
export function tookSeconds(step: Pick<RunStep, 'startedAt' | 'endedAt'>): number | null {
  if (step.startedAt === null || step.endedAt === null) return null;
  return Math.max(0, (Date.parse(step.endedAt) - Date.parse(step.startedAt)) / 1000);
}
