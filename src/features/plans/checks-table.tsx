/** What was looked at before: checks × nodes, and what follows from those that are not as needed. */
import type { ReactNode } from 'react';
import type { Plan, PlanCheck, PlanProblem } from '#core/model/plan.ts';
import { ArrowText } from '#src/ui/link-name.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State } from '#src/ui/state.tsx';
import { Table } from '#src/ui/table.tsx';
import { Time } from '#src/ui/time.tsx';
import { type Grid, stepsOf } from './grid.ts';
import type { LeftOut } from './leave-out.ts';

interface Props {
  plan: Plan;
  grid: Grid;
  /** Servers that are not in the plan, with what was found there before. */
  leftOut?: LeftOut[];
  /** What stands in a column's head instead of the bare name. */
  head?: (node: string) => ReactNode;
}

export function ChecksTable({ plan, grid, leftOut = [], head = (node) => <b>{node}</b> }: Props) {
  if (plan.checks.length === 0) return null;
  const checks = [...plan.checks, ...leftOut.flatMap((one) => one.checks)];
  const out = new Set(leftOut.map((one) => one.name));
  const names = [...new Set(checks.map((check) => check.name))];
  const nodes = [
    ...new Set([...checks.flatMap((check) => (check.node === null ? [] : [check.node])), ...out]),
  ].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  // A check of no node speaks of all of them, or, where no node is looked at, of this machine.
  const columns: (string | null)[] = nodes.length === 0 ? [null] : nodes;
  const of = (name: string, node: string | null) =>
    checks.find((check) => check.name === name && check.node === node);
  return (
    <section className="sec">
      <SectionHead
        title="Preflight"
        note={
          <>
            read at <Time at={plan.createdAt} />
          </>
        }
      >
        <span className="key wid p-0!">
          <span>
            <State of="ok" size={12} /> as needed
          </span>
          <span>
            <State of="todo" size={12} /> the plan does it
          </span>
          <span>
            <State of="stop" size={12} /> you do it
          </span>
        </span>
      </SectionHead>
      <Table
        label="Preflight: checks by node"
        className={nodes.length > 3 ? 'pre tight tighter' : nodes.length > 2 ? 'pre tight' : 'pre'}
        head={
          <>
            <th>Check</th>
            {columns.map((node) => (
              <th key={node ?? ''} className={node !== null && out.has(node) ? 'nh off' : 'nh'}>
                {node === null ? 'On this machine' : head(node)}
              </th>
            ))}
            <th>What follows</th>
          </>
        }
      >
        {names.flatMap((name) => {
          const whole = of(name, null);
          const byNode = nodes.some((node) => of(name, node));
          return [
            whole && (
              <tr key={name}>
                <td>{checkName(name)}</td>
                <td colSpan={columns.length}>
                  <CheckCell check={whole} />
                </td>
                <td className="q wrap">{byNode ? '' : follows(plan, grid, name)}</td>
              </tr>
            ),
            byNode && (
              <tr key={`${name} by node`}>
                <td>{checkName(name)}</td>
                {nodes.map((node) => (
                  <td key={node} className={out.has(node) ? 'off' : undefined}>
                    <CheckCell check={of(name, node)} />
                  </td>
                ))}
                <td className="q wrap">{follows(plan, grid, name)}</td>
              </tr>
            ),
          ];
        })}
      </Table>
    </section>
  );
}

/** A parameter is called by its own name, in mono. */
const checkName = (name: string): ReactNode => (/^[a-z]+(_[a-z]+)+$/.test(name) ? <code>{name}</code> : name);

function CheckCell({ check }: { check: PlanCheck | undefined }) {
  if (!check) return <span className="f">not asked</span>;
  return (
    <State of={check.result} size={12} className="wraps">
      <ArrowText>{check.value}</ArrowText>
    </State>
  );
}

/** The problem that a stop is, or, where that cannot be told, all that its node has: both are listed in one order. */
export function problemsOf(plan: Plan, check: PlanCheck): PlanProblem[] {
  if (check.result !== 'stop') return [];
  const stops = plan.checks.filter((one) => one.result === 'stop' && one.node === check.node);
  const problems = plan.problems.filter((one) => one.node === check.node);
  const own = problems[stops.indexOf(check)];
  return stops.length === problems.length && own ? [own] : problems;
}

/** "Step 1 does it", or the remedy of the problem that the check found. */
function follows(plan: Plan, grid: Grid, name: string): string {
  const checks = plan.checks.filter((check) => check.name === name);
  const ids = new Set(checks.flatMap((check) => (check.step === null ? [] : [check.step])));
  const rows = grid.rows.filter((row) => stepsOf(row).some((step) => ids.has(step.id)));
  const remedies = checks.flatMap((check) =>
    problemsOf(plan, check).map(({ node, remedy }) => (node === null ? remedy : `${node}: ${remedy}`)),
  );
  const said = rows.map((row) => `Step ${row.number}: ${row.title}`);
  return [...said, ...new Set(remedies)].join('; ');
}
