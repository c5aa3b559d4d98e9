/** A run as it goes: a row is a step, a column is a node. Each cell opens below its row; a failed one is open. */

import { Fragment, useState } from 'react';
import type { PlanStep, RunStep } from '#core/model/plan.ts';
import { shownText } from '#core/model/shown-text.ts';
import { isHeld, isKnow, type RunCounts } from '#src/lib/run-counts.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { ArrowText } from '#src/ui/link-name.tsx';
import { State } from '#src/ui/state.tsx';
import { tipCut } from '#src/ui/tooltip.ts';
import { FailBox } from './fail-box.tsx';
import { type Grid, type GridRow, stepsOf } from './grid.ts';
import { NOT_RUN, RunCell, WORDS } from './run-cell.tsx';
import { EndProof, isProving } from './run-proofs.tsx';
import { StepDetail } from './step-detail.tsx';

interface Props {
  grid: Grid;
  states: Map<string, RunStep>;
  /** It is being taken back, or was. */
  back?: boolean;
  /** Steps of which a rollback has left something. */
  left?: ReadonlySet<string>;
  run: string;
  /** Whose nodes these are. */
  cluster: string;
  /** Stands in the box of the first failed step: what can be done about it. */
  actions: React.ReactNode;
}

const NONE: ReadonlySet<string> = new Set();

export function RunGrid({ grid, states, back = false, left = NONE, run, cluster, actions }: Props) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = (ids: string[]) => {
    const next = new Set(open);
    const all = ids.every((id) => open.has(id));
    for (const id of ids) {
      if (all) next.delete(id);
      else next.add(id);
    }
    setOpen(next);
  };
  // What a rollback has left is told in full above the grid: its box opens when it is asked for.
  const failed = grid.rows.flatMap((row) =>
    stepsOf(row).filter(({ id }) => states.get(id)?.state === 'failed' && (!left.has(id) || open.has(id))),
  );
  const cell = (step: PlanStep, more: { whole?: boolean; first?: boolean }) => (
    <RunCell
      key={step.id}
      step={step}
      state={states.get(step.id)}
      grid={grid}
      states={states}
      back={back}
      left={left.has(step.id)}
      open={open.has(step.id)}
      onToggle={() => toggle([step.id])}
      {...more}
    />
  );
  return (
    <section
      className="run-grid live"
      aria-label="Steps by node"
      style={{ ['--nodes' as string]: Math.max(1, grid.nodes.length) }}
    >
      <div className="head step-number" />
      <div className="head step-title">Step</div>
      {grid.nodes.length === 0 && <div className="head node-head">On this machine</div>}
      {grid.nodes.map((node) => (
        <div key={node} className="head node-head">
          <b>{safeName(node)}</b>
        </div>
      ))}
      {grid.rows.map((row) => {
        const ids = stepsOf(row).map((step) => step.id);
        return (
          <Fragment key={row.number}>
            <div className="step-number">{row.number}</div>
            <div className="step-title">
              <button
                type="button"
                aria-expanded={ids.every((id) => open.has(id))}
                {...tipCut(shownText(row.title))}
                onClick={() => toggle(ids)}
              >
                <ArrowText>{row.title}</ArrowText>
              </button>
              <RowNote row={row} states={states} back={back} />
            </div>
            {row.here ? (
              cell(row.here, { whole: true })
            ) : (
              <>
                <div className="padded narrow-only" />
                {grid.nodes.map((node, index) => {
                  const step = row.cells.get(node);
                  if (step) return cell(step, { first: index === 0 });
                  return (
                    <div key={node} className={`step-cell ${index === 0 ? 'first-cell' : ''}`}>
                      <span className="sr-only">nothing to do</span>
                    </div>
                  );
                })}
              </>
            )}
            <RowDetails
              row={row}
              grid={grid}
              states={states}
              back={back}
              run={run}
              cluster={cluster}
              open={open}
              failed={failed}
              actions={actions}
            />
          </Fragment>
        );
      })}
    </section>
  );
}

const IDLE = { state: 'waiting', proving: false } as const;

/** What is open of a row: failed steps always, the others when they were asked for. */
function RowDetails({
  row,
  grid,
  states,
  back = false,
  run,
  cluster,
  open,
  failed,
  actions,
}: Props & { row: GridRow; open: ReadonlySet<string>; failed: PlanStep[] }) {
  const steps = row.here ? [row.here] : grid.nodes.flatMap((node) => row.cells.get(node) ?? []);
  const opened = steps.filter((step) => open.has(step.id) && !failed.includes(step));
  const known = steps.flatMap((step) => {
    const state = states.get(step.id);
    return state && isKnow(state) ? [{ step, know: state.know }] : [];
  });
  return (
    <>
      {known.length > 0 && (
        <ul className="step-detail-row known">
          {known.map(({ step, know }) => (
            <li key={step.id}>
              <State of="know" size={12} className="wrapping">
                {step.node !== null && `${safeName(step.node)}: `}
                <ArrowText>{know ?? ''}</ArrowText>
              </State>
            </li>
          ))}
        </ul>
      )}
      {opened.length > 0 && (
        <div className="step-detail-row statements">
          {opened.map((step) => (
            <StepDetail key={step.id} step={step} state={states.get(step.id)}>
              {isProving(states.get(step.id) ?? IDLE) && <EndProof run={run} step={step} />}
            </StepDetail>
          ))}
        </div>
      )}
      {steps
        .filter((step) => failed.includes(step))
        .map((step) => (
          <div key={step.id} className="step-detail-row">
            <FailBox
              step={step}
              state={states.get(step.id)}
              back={back}
              cluster={cluster}
              actions={step === failed[0] ? actions : null}
            />
          </div>
        ))}
    </>
  );
}

/** What the steps of a row found, said once: "four tables, 100,011 rows". Of a rollback only what it does now: the rest is in `leftToDo`. */
function RowNote({ row, states, back }: { row: GridRow; states: Map<string, RunStep>; back: boolean }) {
  const notes = new Set(
    stepsOf(row).flatMap((step) => {
      const state = states.get(step.id);
      if (!state?.note || state.state === 'skipped' || state.progress || back) return [];
      // A cell as wide as the row says it itself.
      if (row.here && state.state === 'running') return [];
      return [state.note];
    }),
  );
  const [note] = notes;
  return notes.size === 1 ? <small {...tipCut(note)}>{note}</small> : null;
}

/** One line of all steps, for the eye: done, running, failed, waiting. */
export function ProgressLine({ steps }: { steps: RunStep[] }) {
  const looks: Record<RunStep['state'], string> = {
    waiting: '',
    running: 'running',
    done: 'done',
    skipped: 'done',
    failed: 'failed',
    undone: 'undone',
  };
  return (
    <div className="progress-line px-4 pb-3 h-4" aria-hidden="true">
      {steps.map((step) => (
        <i key={step.id} className={isHeld(step) || isKnow(step) ? 'held' : looks[step.state]} />
      ))}
    </div>
  );
}

/** How many steps are in each state; states without a step are not named. */
export function Counts({ counts, back }: { counts: RunCounts; back: boolean }) {
  const order = [
    'done',
    'skipped',
    'know',
    'running',
    'held',
    'failed',
    'left',
    'undone',
    'waiting',
  ] as const;
  const looks = { held: 'waiting-for-operator', left: 'warning' } as const;
  const word = (state: keyof RunCounts) => {
    if (state === 'held') return counts.held === 1 ? 'waits for you' : 'wait for you';
    if (state === 'know') return 'to know';
    if (state === 'left') return 'left to do';
    return state === 'waiting' && back ? NOT_RUN : WORDS[state];
  };
  return (
    <span className="counts">
      {order
        .filter((state) => counts[state] > 0)
        .map((state) => (
          <State key={state} of={state === 'held' || state === 'left' ? looks[state] : state} size={12}>
            {counts[state]} {word(state)}
          </State>
        ))}
    </span>
  );
}
