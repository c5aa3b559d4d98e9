/** The steps of a plan; each opens to its statements and commands, node by node, and to what rollback does about it. */
import { ChevronDown, ChevronRight, Undo2 } from 'lucide-react';
import { Fragment, useState } from 'react';
import type { Plan, PlanStep } from '#core/model/plan.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { plural } from '#src/lib/units.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import { Button } from '#src/ui/button.tsx';
import { Icon } from '#src/ui/icon.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State } from '#src/ui/state.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { type Grid, type GridRow, nodesOf, stepsOf } from './grid.ts';
import { concerns, knowsOf } from './know.ts';
import { riskOf } from './risk-text.ts';
import { SqlText } from './sql-text.tsx';
import { TakeAway } from './take-away.tsx';

export function StepsTable({ plan, grid }: { plan: Plan; grid: Grid }) {
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const all = open.size === grid.rows.length;
  const toggle = (number: number) => {
    const next = new Set(open);
    if (!next.delete(number)) next.add(number);
    setOpen(next);
  };
  const columns = columnsOf(plan, open, toggle);
  return (
    <section className="section">
      <SectionHead title="Steps" note="in this order; steps that do not depend on each other run in parallel">
        <Button
          size="sm"
          look="bare"
          onClick={() => setOpen(all ? new Set() : new Set(grid.rows.map((row) => row.number)))}
        >
          {all ? 'Collapse all' : 'Show all SQL'}
        </Button>
        <TakeAway plan={plan} />
      </SectionHead>
      <DataTable
        name="steps"
        label="Steps"
        className="steps"
        columns={columns}
        rows={grid.rows}
        keyOf={(row) => String(row.number)}
        rowClass={(row) => (open.has(row.number) ? 'open' : undefined)}
        below={(row) => open.has(row.number) && <StepBody row={row} />}
        belowClass="opened-row"
      />
    </section>
  );
}

/** In the order in which they run: there is no other. */
const columnsOf = (
  plan: Plan,
  open: ReadonlySet<number>,
  toggle: (number: number) => void,
): Column<GridRow>[] => [
  {
    id: 'number',
    head: '#',
    align: 'end',
    headClass: 'w-8',
    className: 'faint',
    cell: (row) => row.number,
  },
  {
    id: 'step',
    head: 'Step',
    cell: (row) => (
      <>
        <button
          type="button"
          className="disclosure"
          aria-expanded={open.has(row.number)}
          onClick={() => toggle(row.number)}
        >
          <Icon of={open.has(row.number) ? ChevronDown : ChevronRight} size={12} />
          <ArrowText>{row.title}</ArrowText>
        </button>
        {stepsOf(row).every((step) => step.done) && (
          <State of="skipped" size={12} className="ml-2">
            already done
          </State>
        )}
      </>
    ),
  },
  {
    id: 'on',
    head: 'On',
    wideOnly: true,
    className: 'faint',
    cell: (row) => (row.here ? 'this machine' : nodesOf(row).join(', ')),
  },
  {
    id: 'statements',
    head: 'Statements',
    align: 'end',
    wideOnly: true,
    cell: (row) => <Statements steps={stepsOf(row)} />,
  },
  { id: 'risk', head: 'Risk', cell: (row) => <Risk plan={plan} steps={stepsOf(row)} /> },
];

function Statements({ steps }: { steps: PlanStep[] }) {
  const statements = steps.reduce((sum, step) => sum + step.sql.length, 0);
  const commands = steps.reduce((sum, step) => sum + step.commands.length, 0);
  if (statements > 0) return statements;
  return <span className="faint">{commands === 0 ? 'none' : plural(commands, 'command')}</span>;
}

/** `none` only where nothing of the plan leaves anything: a plan with something to know has no step without it. */
function Risk({ plan, steps }: { plan: Plan; steps: PlanStep[] }) {
  const { risk, text } = riskOf(steps);
  const known = concerns(plan, steps);
  if (risk === 'none' && !known)
    return <span className="faint">{knowsOf(plan).length > 0 ? 'none of its own' : 'none'}</span>;
  return (
    <div className="risk">
      {risk !== 'none' && (
        <State of="warning" size={12}>
          {risk === 'data' ? 'data' : 'restart'}
        </State>
      )}
      {known && <State of="know" size={12} />}
      {text !== null && <small className="wide-only">{text}</small>}
    </div>
  );
}

function StepBody({ row }: { row: GridRow }) {
  const steps = stepsOf(row);
  const undo = [...new Set(steps.flatMap((step) => (step.undo === null ? [] : [step.undo])))];
  const risks = [...new Set(steps.flatMap((step) => (step.riskText === null ? [] : [step.riskText])))];
  return (
    <>
      <pre className="sql">
        {steps.map((step, index) => (
          <Fragment key={step.id}>
            {index > 0 && '\n'}
            {step.node !== null && <i>{`-- ${safeName(step.node)}\n`}</i>}
            {step.commands.map((command) => (
              <Fragment key={command}>
                <i>$ </i>
                {`${command}\n`}
              </Fragment>
            ))}
            <SqlText>{step.sql.join('\n')}</SqlText>
            {step.sql.length === 0 && step.commands.length === 0 && <i>Nothing is written.</i>}
          </Fragment>
        ))}
      </pre>
      {risks.map((risk) => (
        <p key={risk} className="undo-note">
          <State of="warning" size={12} className="wrapping">
            {risk}
          </State>
        </p>
      ))}
      <p className="faint undo-note">
        <Icon of={Undo2} size={12} />{' '}
        {undo.length === 0
          ? 'Roll back leaves it as it is.'
          : `Roll back: ${undo.slice(0, 3).join(' ')}${undo.length > 3 ? ' And so on.' : ''}`}
      </p>
    </>
  );
}
