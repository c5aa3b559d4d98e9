/** A run as it goes: a row is a step, a column is a node. A failed cell opens below its row. */
import { Fragment, useState } from 'react';
import type { PlanStep, RunStep } from '#core/model/plan.ts';
import { consoleNow, useNow } from '#src/lib/clock.ts';
import { duration } from '#src/lib/units.ts';
import { ArrowText } from '#src/ui/link-name.tsx';
import { State, StateIcon } from '#src/ui/state.tsx';
import { FailBox } from './fail-box.tsx';
import { type Grid, type GridRow, heldBy, stepsOf, tookSeconds } from './grid.ts';
import { SqlText } from './sql-text.tsx';

interface Props {
  grid: Grid;
  states: Map<string, RunStep>;
  /** Stands in the box of the first failed step: what can be done about it. */
  actions: React.ReactNode;
}

export function RunGrid({ grid, states, actions }: Props) {
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const toggle = (number: number) => {
    const next = new Set(open);
    if (!next.delete(number)) next.add(number);
    setOpen(next);
  };
  const failed = grid.rows.flatMap((row) =>
    stepsOf(row).filter((step) => states.get(step.id)?.state === 'failed'),
  );
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows of this grid fold on a phone, which a table's rows do not
    <div
      className="rg live"
      role="table"
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
      {grid.rows.map((row) => (
        <Fragment key={row.number}>
          <div className="no">{row.number}</div>
          <div className="ti">
            <button
              type="button"
              aria-expanded={open.has(row.number)}
              title={row.title}
              onClick={() => toggle(row.number)}
            >
              <ArrowText>{row.title}</ArrowText>
            </button>
            <RowNote row={row} states={states} />
          </div>
          {row.here ? (
            <Cell step={row.here} state={states.get(row.here.id)} grid={grid} states={states} whole />
          ) : (
            <Cells row={row} grid={grid} states={states} />
          )}
          {open.has(row.number) && <RowSql row={row} />}
          {failed
            .filter((step) => stepsOf(row).includes(step))
            .map((step) => (
              <div key={step.id} className="det">
                <FailBox
                  step={step}
                  state={states.get(step.id)}
                  actions={step === failed[0] ? actions : null}
                />
              </div>
            ))}
        </Fragment>
      ))}
    </div>
  );
}

function Cells({ row, grid, states }: { row: GridRow; grid: Grid; states: Map<string, RunStep> }) {
  return (
    <>
      <div className="pad nar" />
      {grid.nodes.map((node, index) => {
        const step = row.cells.get(node);
        return step ? (
          <Cell
            key={node}
            step={step}
            state={states.get(step.id)}
            grid={grid}
            states={states}
            first={index === 0}
          />
        ) : (
          <div key={node} className={`sc ${index === 0 ? 'a' : ''}`}>
            <span className="vh">nothing to do</span>
          </div>
        );
      })}
    </>
  );
}

const CLASSES: Record<RunStep['state'], string> = {
  waiting: 'wait',
  running: 'go',
  done: 'done',
  skipped: 'skip',
  failed: 'fail',
  undone: 'undo',
};

function Cell({
  step,
  state,
  grid,
  states,
  whole = false,
  first = false,
}: {
  step: PlanStep;
  state: RunStep | undefined;
  grid: Grid;
  states: Map<string, RunStep>;
  whole?: boolean;
  first?: boolean;
}) {
  if (!state) return <div className={`sc ${whole ? 'whole' : ''}`} />;
  const held = state.state === 'waiting' ? heldBy(step, grid, states) : null;
  const words =
    held !== null
      ? `held by ${held}`
      : state.state === 'skipped'
        ? (state.note ?? 'not needed')
        : state.state === 'running' && whole && state.note
          ? state.note
          : undefined;
  return (
    <div
      className={`sc ${CLASSES[state.state]} ${whole ? 'whole' : ''} ${first ? 'a' : ''}`}
      title={state.note ?? undefined}
    >
      <StateIcon of={state.state} size={14} />
      <span className="tx">{words ?? WORDS[state.state]}</span>
      <span className="d">
        <Took state={state} />
      </span>
    </div>
  );
}

const WORDS: Record<RunStep['state'], string> = {
  waiting: 'waiting',
  running: 'running',
  done: 'done',
  skipped: 'not needed',
  failed: 'failed',
  undone: 'undone',
};

function Took({ state }: { state: RunStep }) {
  const seconds = tookSeconds(state);
  if (seconds !== null) return state.state === 'failed' ? `after ${duration(seconds)}` : duration(seconds);
  return state.state === 'running' && state.startedAt !== null ? <Running since={state.startedAt} /> : null;
}

function Running({ since }: { since: string }) {
  useNow(500);
  return duration(Math.max(0, (consoleNow() - Date.parse(since)) / 1000));
}

/** What the steps of a row found, said once: "four tables, 100,011 rows". */
function RowNote({ row, states }: { row: GridRow; states: Map<string, RunStep> }) {
  const notes = new Set(
    stepsOf(row).flatMap((step) => {
      const state = states.get(step.id);
      return state?.note && state.state !== 'skipped' ? [state.note] : [];
    }),
  );
  const [note] = notes;
  return notes.size === 1 ? <small title={note}>{note}</small> : null;
}

function RowSql({ row }: { row: GridRow }) {
  return (
    <div className="det sqls">
      <pre className="sql">
        {stepsOf(row).map((step, index) => (
          <Fragment key={step.id}>
            {index > 0 && '\n'}
            {step.node !== null && <i>{`-- ${step.node}\n`}</i>}
            {step.commands.map((command) => `$ ${command}\n`)}
            <SqlText>{step.sql.join('\n')}</SqlText>
          </Fragment>
        ))}
      </pre>
    </div>
  );
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
        <i key={step.id} className={looks[step.state]} />
      ))}
    </div>
  );
}

/** How many steps are in each state; states without a step are not named. */
export function Counts({ counts }: { counts: Record<RunStep['state'], number> }) {
  const order: RunStep['state'][] = ['done', 'skipped', 'running', 'failed', 'undone', 'waiting'];
  return (
    <span className="cnts">
      {order
        .filter((state) => counts[state] > 0)
        .map((state) => (
          <State key={state} of={state} size={12}>
            {counts[state]} {WORDS[state]}
          </State>
        ))}
    </span>
  );
}
