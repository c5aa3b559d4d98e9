/** What a rollback has left, in words by its code: what it is called, and what to do then. */
import type { LeftToDo, Run } from '#core/model/plan.ts';
import type { StateName } from '#src/ui/state.tsx';

interface Words {
  /** Its icon and colour. */
  state: StateName;
  title: string;
  next: (where: string) => string;
}

const WORDS: Record<LeftToDo['code'], Words> = {
  unreachable: {
    state: 'no-answer',
    title: 'no answer',
    next: (where) => `Bring ${where} back, then roll back again.`,
  },
  'still-read': {
    state: 'warning',
    title: 'still read',
    next: (where) =>
      `Stop what reads from ${where}, or make sure that nothing does, then roll back again. Until then nothing is emptied or dropped there.`,
  },
  'written-since': {
    state: 'know',
    title: 'written since',
    next: () =>
      'Keep it as it is; or save what you need of it, then roll back and confirm that it may be dropped.',
  },
  'not-known': {
    state: 'unknown',
    title: 'not known',
    next: () => 'It is kept. Find out whose it is, then roll back again, or drop it by hand.',
  },
  'not-ours': {
    state: 'know',
    title: 'not this run’s',
    next: () => 'Keep it as it is, unless you know that nobody needs it.',
  },
  'others-depend': {
    state: 'warning',
    title: 'others depend on it',
    next: () => 'Keep it; or drop what depends on it first, then roll back again.',
  },
  'after-others': {
    state: 'waiting',
    title: 'after others',
    next: () => 'Roll back again when the items above it here are done.',
  },
  stays: {
    state: 'info',
    title: 'stays',
    next: () => 'Nothing has to be done. Change it by hand if you want it as it was.',
  },
  refused: {
    state: 'failed',
    title: 'refused',
    next: (where) => `Fix what ${where} answered, then roll back again; or run the statements there by hand.`,
  },
};

export const leftWords = (code: LeftToDo['code']): Words => WORDS[code];

interface OnNode {
  node: string | null;
  items: LeftToDo[];
  /** What can only be done after those, in the order of its undoing. */
  after: LeftToDo[];
}

export function leftByNode(run: Pick<Run, 'leftToDo'>): OnNode[] {
  const nodes = [...new Set(run.leftToDo.map(({ node }) => node))].sort((a, b) =>
    (a ?? '').localeCompare(b ?? '', 'en', { numeric: true }),
  );
  return nodes.map((node) => {
    const own = run.leftToDo.filter((item) => item.node === node);
    const isLate = (item: LeftToDo) => item.code === 'after-others';
    return { node, items: own.filter((item) => !isLate(item)), after: own.filter(isLate) };
  });
}
