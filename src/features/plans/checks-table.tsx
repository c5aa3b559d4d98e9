/** What was looked at before: checks × nodes, and what follows from those that are not as needed. */
import type { ReactNode } from 'react';
import type { Plan, PlanCheck, PlanProblem } from '#core/model/plan.ts';
import { shownText } from '#core/model/shown-text.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State } from '#src/ui/state.tsx';
import type { Column } from '#src/ui/table/column.ts';
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

export function ChecksTable({ plan, grid, leftOut = [], head = (node) => <b>{safeName(node)}</b> }: Props) {
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
    <section className="section">
      <SectionHead
        title="Preflight"
        note={
          <>
            read at <Time at={plan.createdAt} />
          </>
        }
      >
        <span className="legend p-0">
          <span>
            <State of="ok" size={12} /> as needed
          </span>
          <span>
            <State of="todo" size={12} /> the plan does it
          </span>
          <span>
            <State of="stop" size={12} /> you fix it
          </span>
          <span>
            <State of="know" size={12} /> it stays so
          </span>
        </span>
      </SectionHead>
      <DataTable
        name="preflight"
        label="Preflight: checks by node"
        className={
          nodes.length > 3 ? 'preflight tight tighter' : nodes.length > 2 ? 'preflight tight' : 'preflight'
        }
        columns={[
          { id: 'check', head: 'Check', cell: ({ name }) => checkName(name) },
          ...columns.map(
            (node, index): Column<CheckLine> => ({
              id: `node ${node ?? ''}`,
              head: node === null ? 'On this machine' : head(node),
              headClass: node !== null && out.has(node) ? 'node-head left-out' : 'node-head',
              cell: ({ name, whole }) => <CheckCell check={whole ?? of(name, node)} />,
              cellClass: ({ whole }) => (!whole && node !== null && out.has(node) ? 'left-out' : undefined),
              span: ({ whole }) => (whole && index === 0 ? columns.length : 1),
            }),
          ),
          {
            id: 'then',
            head: 'Then',
            className: 'muted wrap',
            cell: ({ name, says }) => says && follows(plan, grid, name),
          },
        ]}
        rows={names.flatMap((name): CheckLine[] => {
          const whole = of(name, null);
          const byNode = nodes.some((node) => of(name, node));
          return [
            ...(whole ? [{ name, whole, says: !byNode }] : []),
            ...(byNode ? [{ name, whole: undefined, says: true }] : []),
          ];
        })}
        keyOf={({ name, whole }) => (whole ? name : `${name} by node`)}
      />
    </section>
  );
}

interface CheckLine {
  name: string;
  /** A check of no node: its cell takes all their columns. */
  whole: PlanCheck | undefined;
  /** What follows stands once for a name. */
  says: boolean;
}

/** A parameter is called by its own name, in mono. */
const checkName = (name: string): ReactNode =>
  /^[a-z]+(_[a-z]+)+$/.test(name) ? <code>{name}</code> : shownText(name);

function CheckCell({ check }: { check: PlanCheck | undefined }) {
  if (!check) return <span className="faint">not asked</span>;
  return (
    <State of={check.result} size={12} className="wrapping">
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
