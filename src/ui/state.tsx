/** State is an icon and a word, always both; its colour is the state's and nothing else's. */
import {
  CircleCheck,
  CircleDashed,
  CircleMinus,
  CirclePause,
  CircleQuestionMark,
  CircleSlash2,
  Flag,
  Info,
  LoaderCircle,
  type LucideIcon,
  OctagonX,
  SquarePen,
  TriangleAlert,
  Undo2,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { Icon } from './icon.tsx';

export type Tone = 'ok' | 'warn' | 'crit' | 'muted' | 'running' | 'note' | 'faint';
interface Look {
  icon: LucideIcon;
  tone: Tone;
  word: string;
}

/** Every state that the API or a page speaks of, with its word. */
export const states = {
  // nodes
  up: { icon: CircleCheck, tone: 'ok', word: 'up' },
  'no-answer': { icon: OctagonX, tone: 'crit', word: 'no answer' },
  // links and subscriptions
  replicating: { icon: CircleCheck, tone: 'ok', word: 'replicating' },
  behind: { icon: TriangleAlert, tone: 'warn', word: 'behind' },
  initializing: { icon: LoaderCircle, tone: 'running', word: 'initializing' },
  disabled: { icon: CirclePause, tone: 'muted', word: 'disabled' },
  down: { icon: OctagonX, tone: 'crit', word: 'down' },
  failing: { icon: OctagonX, tone: 'crit', word: 'failing' },
  unknown: { icon: CircleQuestionMark, tone: 'muted', word: 'unknown' },
  missing: { icon: CircleSlash2, tone: 'crit', word: 'missing' },
  // health and severity
  ok: { icon: CircleCheck, tone: 'ok', word: 'ok' },
  warning: { icon: TriangleAlert, tone: 'warn', word: 'Warning' },
  critical: { icon: OctagonX, tone: 'crit', word: 'Critical' },
  info: { icon: Info, tone: 'note', word: 'Notice' },
  // plans and runs
  waiting: { icon: CircleDashed, tone: 'faint', word: 'waiting' },
  'waiting-for-operator': { icon: CirclePause, tone: 'warn', word: 'waiting for you' },
  running: { icon: LoaderCircle, tone: 'running', word: 'running' },
  done: { icon: CircleCheck, tone: 'ok', word: 'done' },
  succeeded: { icon: CircleCheck, tone: 'ok', word: 'succeeded' },
  skipped: { icon: CircleMinus, tone: 'faint', word: 'not needed' },
  failed: { icon: OctagonX, tone: 'crit', word: 'failed' },
  undone: { icon: Undo2, tone: 'muted', word: 'undone' },
  'rolled-back': { icon: Undo2, tone: 'muted', word: 'rolled back' },
  cancelled: { icon: CircleMinus, tone: 'muted', word: 'cancelled' },
  interrupted: { icon: CircleQuestionMark, tone: 'muted', word: 'interrupted' },
  todo: { icon: SquarePen, tone: 'running', word: 'to do' },
  know: { icon: Flag, tone: 'warn', word: 'know this' },
  stop: { icon: OctagonX, tone: 'crit', word: 'blocked' },
} satisfies Record<string, Look>;

export type StateName = keyof typeof states;

/** The icon and colour class of a state, for drawings that place them themselves. */
export function stateLook(of: StateName): Look {
  return states[of];
}

interface StateProps {
  of: StateName;
  /** Another word for it, as `no answer` for a node that timed out. The icon and the colour stay. */
  children?: ReactNode;
  size?: 12 | 14;
  className?: string;
}

export function State({ of, children, size = 14, className = '' }: StateProps) {
  const look = states[of];
  return (
    <span className={`state ${look.tone} ${className}`}>
      <Icon of={look.icon} size={size} />
      <span>{children ?? look.word}</span>
    </span>
  );
}

/** The icon alone, where the word stands right beside it in the same cell or line. */
export function StateIcon({ of, size = 14 }: { of: StateName; size?: 12 | 14 }) {
  const look = states[of];
  return (
    <span className={look.tone}>
      <Icon of={look.icon} size={size} />
    </span>
  );
}
