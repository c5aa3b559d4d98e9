/** One step on one node as it goes: state, duration, how far a copy is. A click or Enter opens it below its row. */
import type { PlanStep, RunStep } from '#core/model/plan.ts';
import { consoleNow, useNow } from '#src/lib/clock.ts';
import { bytes, bytesText, duration } from '#src/lib/units.ts';
import { StateIcon, type StateName } from '#src/ui/state.tsx';
import { type Grid, heldBy, isHeld, tookSeconds } from './grid.ts';

const CLASSES: Record<RunStep['state'], string> = {
  waiting: 'wait',
  running: 'go',
  done: 'done',
  skipped: 'skip',
  failed: 'fail',
  undone: 'undo',
};

export const WORDS: Record<RunStep['state'], string> = {
  waiting: 'waiting',
  running: 'running',
  done: 'done',
  skipped: 'not needed',
  failed: 'failed',
  undone: 'undone',
};

/** What a step that waited is when all is taken back: it waits for nothing any more. */
export const NOT_RUN = 'not run';

interface Props {
  step: PlanStep;
  state: RunStep | undefined;
  grid: Grid;
  states: Map<string, RunStep>;
  /** Nothing is held while it is taken back. */
  back: boolean;
  open: boolean;
  onToggle: () => void;
  /** Spans all nodes: what the console does itself. */
  whole?: boolean;
  first?: boolean;
}

export function RunCell({
  step,
  state,
  grid,
  states,
  back,
  open,
  onToggle,
  whole = false,
  first = false,
}: Props) {
  const place = `${whole ? 'whole' : ''} ${first ? 'a' : ''}`;
  if (!state) return <div className={`sc ${place}`} />;
  const { progress } = state;
  const waits = isHeld(state);
  const icon: StateName = waits ? 'waiting-for-operator' : state.state;
  const part = progress && progress.totalBytes > 0 ? progress.doneBytes / progress.totalBytes : null;
  return (
    <button
      type="button"
      className={`sc ${waits ? 'hold' : CLASSES[state.state]} ${place}`}
      aria-expanded={open}
      aria-label={`${step.title} on ${step.node ?? 'this machine'}: ${wordsOf(state, null, back)}`}
      title={state.waitsFor ?? state.note ?? undefined}
      style={part === null ? undefined : { ['--p' as string]: `${Math.round(part * 100)}%` }}
      onClick={onToggle}
    >
      <StateIcon of={icon} size={14} />
      <span className="tx">{wordsOf(state, back ? null : heldBy(step, grid, states), back, whole)}</span>
      <span className="d">
        {progress ? (
          `${bytes(progress.doneBytes).value} of ${bytesText(progress.totalBytes)}`
        ) : (
          <Took state={state} />
        )}
      </span>
    </button>
  );
}

function wordsOf(state: RunStep, held: number | null, back: boolean, whole = false): string {
  if (held !== null && state.state === 'waiting') return `held by ${held}`;
  if (back && state.state === 'waiting') return NOT_RUN;
  if (isHeld(state)) return 'waits for you';
  if (state.state === 'skipped') return state.note ?? WORDS.skipped;
  if (state.state === 'running' && whole && state.note) return state.note;
  return WORDS[state.state];
}

function Took({ state }: { state: RunStep }) {
  // A step that failed before it was rolled back has times, and has done nothing.
  if (state.state === 'waiting') return null;
  const seconds = tookSeconds(state);
  if (seconds !== null) return state.state === 'failed' ? `after ${duration(seconds)}` : duration(seconds);
  return state.state === 'running' && state.startedAt !== null ? <Running since={state.startedAt} /> : null;
}

function Running({ since }: { since: string }) {
  useNow(500);
  return duration(Math.max(0, (consoleNow() - Date.parse(since)) / 1000));
}
