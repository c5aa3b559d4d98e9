/** One step on one node as it goes: state, duration, how far a copy is. A click or Enter opens it below its row. */

import type { PlanStep, RunStep } from '#core/model/plan.ts';
import { shownText } from '#core/model/shown-text.ts';
import { consoleNow, useNow } from '#src/lib/clock.ts';
import { isHeld, isKnow } from '#src/lib/run-counts.ts';
import { bytes, duration, text } from '#src/lib/units.ts';
import { StateIcon, type StateName } from '#src/ui/state.tsx';
import { tipInside } from '#src/ui/tooltip.ts';
import { type Grid, heldBy, tookSeconds } from './grid.ts';

const CLASSES: Record<RunStep['state'], string> = {
  waiting: 'waiting',
  running: 'running',
  done: 'done',
  skipped: 'skipped',
  failed: 'failed',
  undone: 'undone',
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
  /** A rollback has left something of it. */
  left?: boolean;
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
  left = false,
  open,
  onToggle,
  whole = false,
  first = false,
}: Props) {
  const place = `${whole ? 'whole' : ''} ${first ? 'first-cell' : ''}`;
  if (!state) return <div className={`step-cell ${place}`} />;
  const { progress } = state;
  const waits = isHeld(state);
  const know = isKnow(state);
  const stays = left && state.state !== 'failed';
  const icon: StateName = stays ? 'warning' : know ? 'know' : waits ? 'waiting-for-operator' : state.state;
  const look = stays || know || waits ? 'held' : CLASSES[state.state];
  const words = (held: number | null, all: boolean) =>
    stays ? 'left to do' : wordsOf(state, held, back, all);
  const part = progress && progress.totalBytes > 0 ? progress.doneBytes / progress.totalBytes : null;
  return (
    <button
      type="button"
      className={`step-cell ${look} ${place}`}
      aria-expanded={open}
      {...tipInside(state.waitsFor ?? state.know ?? state.note)}
      style={part === null ? undefined : { ['--p' as string]: `${Math.round(part * 100)}%` }}
      onClick={onToggle}
    >
      <span className="sr-only">{shownText(`${step.title} on ${step.node ?? 'this machine'}: `)}</span>
      <StateIcon of={icon} size={14} />
      <span className="step-words">{words(back ? null : heldBy(step, grid, states), whole)}</span>
      <span className="took">{progress ? copiedText(progress) : <Took state={state} />}</span>
      {know && <span className="sr-only">{shownText(`: ${state.know}`)}</span>}
    </button>
  );
}

function wordsOf(state: RunStep, held: number | null, back: boolean, whole = false): string {
  if (held !== null && state.state === 'waiting') return `held by ${held}`;
  if (back && state.state === 'waiting') return NOT_RUN;
  if (isHeld(state)) return 'waits for you';
  if (isKnow(state)) return state.state === 'done' ? 'done, know this' : 'know this';
  if (state.state === 'skipped') return state.note ?? WORDS.skipped;
  if (state.state === 'running' && whole && state.note) return state.note;
  if (state.state === 'running' && state.proving) return 'comparing';
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

/** `5 of 20 GB`, `512 MB of 20 GB`. */
function copiedText({ doneBytes, totalBytes }: NonNullable<RunStep['progress']>): string {
  const [done, total] = [bytes(doneBytes), bytes(totalBytes)];
  return `${done.unit === total.unit ? done.value : text(done)} of ${text(total)}`;
}
