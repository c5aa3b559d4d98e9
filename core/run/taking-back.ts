/** What a rollback may take back, given what stood in its way, and how what it leaves is called. */
import type { LeftToDo, StepErrorCode } from '#core/model/plan.ts';

/** A step as its order is concerned. */
export interface OrderedStep {
  id: string;
  node: string | null;
  after: readonly string[];
}

/**
 * The steps that `step` has to wait for in a rollback: those of its own node that came after it, near or far, and are among
 * `standing`, the steps that could not be taken back. What other nodes hang on is not told by the order: a link that cannot be
 * dropped there may be gone or never have begun; whether anything reads from this node is asked of its slots (readers.ts) by
 * every undo that would take something from a reader.
 */
export function heldBy(
  step: OrderedStep,
  steps: readonly OrderedStep[],
  standing: ReadonlySet<string>,
): string[] {
  const byId = new Map(steps.map((each) => [each.id, each]));
  const memo = new Map<string, boolean>();
  const comesAfter = (id: string): boolean => {
    const known = memo.get(id);
    if (known !== undefined) return known;
    memo.set(id, false);
    const found = (byId.get(id)?.after ?? []).some((before) => before === step.id || comesAfter(before));
    memo.set(id, found);
    return found;
  };
  return steps.flatMap(({ id, node }) =>
    standing.has(id) && (node === step.node || node === null) && comesAfter(id) ? [id] : [],
  );
}

const LEFT: Partial<Record<StepErrorCode, LeftToDo['code']>> = {
  unreachable: 'unreachable',
  'other-console': 'unreachable',
  'still-read': 'still-read',
  'written-since': 'written-since',
  'not-ours': 'not-ours',
  changed: 'not-ours',
  'others-depend': 'others-depend',
};

/** How what an undo left is called, by the error with which it ended. */
export const leftBecause = (code: StepErrorCode): LeftToDo['code'] => LEFT[code] ?? 'refused';

/** A further rollback may do it: it is no decision of somebody else's, and not there to stay. */
export const isOpen = ({ code }: Pick<LeftToDo, 'code'>): boolean => code !== 'not-ours' && code !== 'stays';
