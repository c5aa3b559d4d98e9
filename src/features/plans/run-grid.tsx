/** A run as it goes: a row is a step, a column is a node. Each cell opens below its row; a failed one is open. */
import { Fragment, useState } from 'react';
import type { PlanStep, RunStep } from '#core/model/plan.ts';
import { ArrowText } from '#src/ui/link-name.tsx';
import { State } from '#src/ui/state.tsx';
import { FailBox } from './fail-box.tsx';
import { type Grid, type GridRow, isHeld, type RunCounts, stepsOf } from './grid.ts';
import { NOT_RUN, RunCell, WORDS } from './run-cell.tsx';
import { StepDetail } from './step-detail.tsx';

interface Props {
  grid: Grid;
  states: Map<string, RunStep>;
  /** It is being taken back, or was. */
  back?: boolean;
  /** Stands in the box of the first failed step: what can be done about it. */
  actions: React.ReactNode;
}

export function RunGrid({ grid, states, back = false, actions }: Props) {
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
  const failed = grid.rows.flatMap((row) =>
    stepsOf(row).filter((step) => states.get(step.id)?.state === 'failed'),
  );
  const cell = (step: PlanStep, more: { whole?: boolean; first?: boolean }) => (
    <RunCell
      key={step.id}
      step={step}
      state={states.get(step.id)}
      grid={grid}
      states={states}
      back={back}
      open={open.has(step.id)}
      onToggle={() => toggle([step.id])}
      {...more}
    />
  );
  return (
    <section
      className="rg live"
      aria-label="Steps by node"
      style={{ ['--nodes' as string]: Math.max(1, grid.nodes.length) }}
    >
      <div className="h no" />
      <div className="h ti">Step</div>
      {grid.nodes.length === 0 && <div className="h nd">On this machine</div>}
      {grid.nodes.map((node) => (
        <div key={node} className="h nd">
          <b>{node}</b>
        </div>
      ))}
      {grid.rows.map((row) => {
        const ids = stepsOf(row).map((step) => step.id);
        return (
          <Fragment key={row.number}>
            <div className="no">{row.number}</div>
            <div className="ti">
              <button
                type="button"
                aria-expanded={ids.every((id) => open.has(id))}
                title={row.title}
                onClick={() => toggle(ids)}
              >
                <ArrowText>{row.title}</ArrowText>
              </button>
              <RowNote row={row} states={states} />
            </div>
            {row.here ? (
              cell(row.here, { whole: true })
            ) : (
              <>
                <div className="pad nar" />
                {grid.nodes.map((node, index) => {
                  const step = row.cells.get(node);
                  if (step) return cell(step, { first: index === 0 });
                  return (
                    <div key={node} className={`sc ${index === 0 ? 'a' : ''}`}>
                      <span className="vh">nothing to do</span>
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

/** What is open of a row: failed steps always, the others when they were asked for. */
function RowDetails({
  row,
  grid,
  states,
  back = false,
  open,
  failed,
  actions,
}: Props & { row: GridRow; open: ReadonlySet<string>; failed: PlanStep[] }) {
  const steps = row.here ? [row.here] : grid.nodes.flatMap((node) => row.cells.get(node) ?? []);
  const opened = steps.filter((step) => open.has(step.id) && !failed.includes(step));
  return (
    <>
      {opened.length > 0 && (
        <div className="det sqls">
          {opened.map((step) => (
            <StepDetail key={step.id} step={step} state={states.get(step.id)} />
          ))}
        </div>
      )}
      {steps
        .filter((step) => failed.includes(step))
        .map((step) => (
          <div key={step.id} className="det">
            <FailBox
              step={step}
              state={states.get(step.id)}
              back={back}
              actions={step === failed[0] ? actions : null}
            />
          </div>
        ))}
    </>
  );
}

/** What the steps of a row found, said once: "four tables, 100,011 rows". */
function RowNote({ row, states }: { row: GridRow; states: Map<string, RunStep> }) {
  const notes = new Set(
    stepsOf(row).flatMap((step) => {
      const state = states.get(step.id);
      return state?.note &&
        state.state !== 'skipped' &&
        !state.progress &&
        !/^left (to do|as it is)/.test(state.note)
        ? [state.note]
        : [];
    }),
  );
  const [note] = notes;
  return notes.size === 1 ? <small title={note}>{note}</small> : null;
}

/** One line of all steps, for the eye: done, running, failed, waiting. */
export function ProgressLine({ steps }: { steps: RunStep[] }) {
  const looks: Record<RunStep['state'], string> = {
    waiting: '',
    running: 'g',
    done: 'd',
    skipped: 'd',
    failed: 'x',
    undone: 'u',
  };
  return (
    <div className="pline px-4 pb-3 h-4!" aria-hidden="true">
      {steps.map((step) => (
        <i key={step.id} className={isHeld(step) ? 'h' : looks[step.state]} />
      ))}
    </div>
  );
}

/** How many steps are in each state; states without a step are not named. */
export function Counts({ counts, back }: { counts: RunCounts; back: boolean }) {
  const order = ['done', 'skipped', 'running', 'held', 'failed', 'undone', 'waiting'] as const;
  const word = (state: keyof RunCounts) => {
    if (state === 'held') return counts.held === 1 ? 'waits for you' : 'wait for you';
    return state === 'waiting' && back ? NOT_RUN : WORDS[state];
  };
  return (
    <span className="cnts">
      {order
        .filter((state) => counts[state] > 0)
        .map((state) => (
          <State key={state} of={state === 'held' ? 'waiting-for-operator' : state} size={12}>
            {counts[state]} {word(state)}
          </State>
        ))}
    </span>
  );
}
