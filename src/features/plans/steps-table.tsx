/** The steps of a plan; each opens to its statements and commands, node by node, and to what rollback does about it. */
import { ChevronDown, ChevronRight, Undo2 } from 'lucide-react';
import { Fragment, useState } from 'react';
import type { Plan, PlanStep } from '#core/model/plan.ts';
import { plural } from '#src/lib/units.ts';
import { Button } from '#src/ui/button.tsx';
import { Icon } from '#src/ui/icon.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State } from '#src/ui/state.tsx';
import { NumCell, Table } from '#src/ui/table.tsx';
import { type Grid, type GridRow, nodesOf, stepsOf } from './grid.ts';
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
  return (
    <section className="sec">
      <SectionHead title="Steps" note="in this order; those that do not wait for each other run side by side">
        <Button
          size="sm"
          look="bare"
          onClick={() => setOpen(all ? new Set() : new Set(grid.rows.map((row) => row.number)))}
        >
          {all ? 'Fold all' : 'Show all SQL'}
        </Button>
        <TakeAway plan={plan} />
      </SectionHead>
      <Table
        label="Steps"
        className="steps"
        head={
          <>
            <th className="r w-8">#</th>
            <th>Step</th>
            <th className="wid">On</th>
            <th className="r wid">Statements</th>
            <th>Risk</th>
          </>
        }
      >
        {grid.rows.map((row) => (
          <Fragment key={row.number}>
            <StepRow row={row} open={open.has(row.number)} onToggle={() => toggle(row.number)} />
            {open.has(row.number) && (
              <tr className="sub1">
                <td />
                <td colSpan={4}>
                  <StepBody row={row} />
                </td>
              </tr>
            )}
          </Fragment>
        ))}
      </Table>
    </section>
  );
}

function StepRow({ row, open, onToggle }: { row: GridRow; open: boolean; onToggle: () => void }) {
  const steps = stepsOf(row);
  const done = steps.every((step) => step.done);
  const statements = steps.reduce((sum, step) => sum + step.sql.length, 0);
  const commands = steps.reduce((sum, step) => sum + step.commands.length, 0);
  return (
    <tr className={open ? 'open' : ''}>
      <NumCell className="f">{row.number}</NumCell>
      <td>
        <button type="button" className="disc" aria-expanded={open} onClick={onToggle}>
          <Icon of={open ? ChevronDown : ChevronRight} size={12} />
          <ArrowText>{row.title}</ArrowText>
        </button>
        {done && (
          <State of="skipped" size={12} className="ml-2">
            already so
          </State>
        )}
      </td>
      <td className="f wid">{row.here ? 'this machine' : nodesOf(row).join(', ')}</td>
      <NumCell className="wid">
        {statements > 0 ? (
          statements
        ) : (
          <span className="f">{commands === 0 ? 'none' : plural(commands, 'command')}</span>
        )}
      </NumCell>
      <td>
        <Risk steps={steps} />
      </td>
    </tr>
  );
}

function Risk({ steps }: { steps: PlanStep[] }) {
  const risky = steps.find((step) => step.risk === 'data') ?? steps.find((step) => step.risk === 'restart');
  if (!risky) return <span className="f">none</span>;
  return (
    <State of="warning" size={12}>
      {risky.risk === 'data' ? 'data' : 'restart'}
    </State>
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
            {step.node !== null && <i>{`-- ${step.node}\n`}</i>}
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
        <p key={risk} className="undo">
          <State of="warning" size={12} className="wraps">
            {risk}
          </State>
        </p>
      ))}
      <p className="f undo">
        <Icon of={Undo2} size={12} />{' '}
        {undo.length === 0
          ? 'Roll back leaves it as it is.'
          : `Roll back: ${undo.slice(0, 3).join(' ')}${undo.length > 3 ? ' And so on.' : ''}`}
      </p>
    </>
  );
}
