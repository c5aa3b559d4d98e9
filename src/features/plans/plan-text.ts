/** Sentences about a plan and about what became of a run. */
import type { Plan, PlanRequest, PlanStep, Run } from '#core/model/plan.ts';
import { duration, plural } from '#src/lib/units.ts';
import { countsOf, type Grid, stepsOf } from './grid.ts';

const list = (names: string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

/** "PostgreSQL restarts on n2 and n3." or that nothing is risked. */
export function risksOf(plan: Plan): string {
  const on = (risk: PlanStep['risk']) => [
    ...new Set(
      plan.steps
        .filter((step) => step.risk === risk && !step.done)
        .map((step) => step.node ?? 'this machine'),
    ),
  ];
  const restarts = on('restart');
  const data = on('data');
  const said: string[] = [];
  if (restarts.length > 0) said.push(`PostgreSQL restarts on ${list(restarts)}.`);
  if (data.length > 0) said.push(`Data is at risk on ${list(data)}.`);
  return said.length === 0 ? 'No restart, and no data is deleted.' : said.join(' ');
}

/** What a fresh plan has that the one before had not, and the other way round. */
export function changesOf(before: Plan, after: Plan): string[] {
  const name = (step: PlanStep) => (step.node === null ? step.title : `${step.title} on ${step.node}`);
  const face = (step: PlanStep) => JSON.stringify([step.title, step.node, step.sql, step.commands]);
  const was = new Map(before.steps.map((step) => [face(step), step]));
  const is = new Map(after.steps.map((step) => [face(step), step]));
  const added = after.steps.filter((step) => !was.has(face(step))).map((step) => `New: ${name(step)}`);
  const gone = before.steps.filter((step) => !is.has(face(step))).map((step) => `No longer: ${name(step)}`);
  const done = after.steps
    .filter((step) => step.done && was.get(face(step))?.done === false)
    .map((step) => `Already so: ${name(step)}`);
  const checks = after.checks
    .filter((check) => {
      const old = before.checks.find((one) => one.name === check.name && one.node === check.node);
      return old === undefined || old.result !== check.result || old.value !== check.value;
    })
    .map((check) => `${check.name}${check.node === null ? '' : ` on ${check.node}`}: ${check.value}`);
  return [...added, ...gone, ...done, ...checks];
}

/** `Create the node on n2`: a step as a sentence speaks of it. */
export const calledStep = (step: PlanStep): string =>
  step.node === null ? step.title : `${step.title} on ${step.node}`;

/** The sentence of a run: what is so now, and what it waits for. */
export function runSentence(run: Run, plan: Plan, grid: Grid): string {
  const counts = countsOf(run);
  const total = run.steps.length;
  const finished = counts.done + counts.skipped;
  const byId = new Map(plan.steps.map((step) => [step.id, step]));
  const failed = run.steps.find((step) => step.state === 'failed');
  const failedStep = failed && byId.get(failed.id);
  const place = (step: PlanStep) => {
    const row = grid.rows.find((one) => stepsOf(one).includes(step));
    return `step ${row?.number ?? '?'} of ${grid.rows.length}`;
  };
  switch (run.state) {
    case 'running': {
      if (run.direction === 'back') {
        return `${plan.title}: it is being taken back. ${plural(counts.undone, 'step')} undone, ${counts.done} to go.`;
      }
      const now = run.steps.flatMap((step) => (step.state === 'running' ? [byId.get(step.id)] : []));
      const names = [...new Set(now.flatMap((step) => (step ? [step.title] : [])))];
      const doing =
        names.length === 0 ? '' : ` Now: ${names.slice(0, 2).join('; ')}${names.length > 2 ? ' …' : ''}.`;
      return `${plan.title}. ${finished} of ${total} done.${doing}`;
    }
    case 'succeeded': {
      const seconds =
        run.endedAt === null ? null : (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000;
      return `${plan.title}: done${seconds === null ? '' : ` in ${duration(seconds)}`}.`;
    }
    case 'waiting-for-operator': {
      const nodes = run.steps.flatMap((step) =>
        step.state === 'running' && step.waitsFor !== null ? [byId.get(step.id)?.node ?? 'this machine'] : [],
      );
      return `The run waits for you on ${list(nodes)}. It goes on by itself when it sees ${nodes.length === 1 ? 'that server' : 'those servers'} back.`;
    }
    case 'failed':
      if (run.direction === 'back')
        return failedStep
          ? `The rollback stopped: ${calledStep(failedStep)} was not taken back. ${plural(counts.undone, 'step')} undone, ${plural(counts.done, 'step')} stand.`
          : `The rollback stopped after ${plural(counts.undone, 'step')}.`;
      return failedStep
        ? `${calledStep(failedStep)} failed, at ${place(failedStep)}. ${plural(finished, 'step')} done; the rest waits for you.`
        : `${plan.title}: stopped after ${finished} of ${total}.`;
    case 'cancelled':
      return `${plan.title}: cancelled after ${finished} of ${total}. What was done stands.`;
    case 'rolled-back':
      return `${plan.title}: rolled back. ${plural(counts.undone, 'step')} undone.`;
    case 'interrupted':
      return `The console stopped while this ran, after ${finished} of ${total}. Resume goes on from there; nothing is done twice.`;
  }
}

const LEFT = /^left to do/;

/** What a rollback could not take back: by node, why, and the steps that are left there, in the order of their undoing. */
export function leftToDo(
  run: Run,
  plan: Plan,
): { node: string | null; why: string | null; steps: PlanStep[] }[] {
  if (run.direction !== 'back' || run.endedAt === null) return [];
  const states = new Map(run.steps.map((step) => [step.id, step]));
  const left = plan.steps.filter((step) => LEFT.test(states.get(step.id)?.note ?? '')).reverse();
  const nodes = new Set([
    ...left.map((step) => step.node),
    ...plan.steps.filter((step) => states.get(step.id)?.state === 'failed').map((step) => step.node),
  ]);
  return [...nodes].map((node) => ({
    node,
    why:
      run.steps.find((step) => step.error && plan.steps.find(({ id }) => id === step.id)?.node === node)
        ?.error?.message ?? null,
    steps: left.filter((step) => step.node === node),
  }));
}

/** `Add shipments to default on n3`: names what the primary button of the plan's own foot does. */
export function planAct(request: PlanRequest): string {
  switch (request.kind) {
    case 'deploy':
      if (request.target === 'servers')
        return `Deploy on ${request.nodes.map((node) => node.name).join(', ')}`;
      return `Make the sandbox ${request.name}`;
    case 'remove':
      return `Remove the sandbox ${request.name}`;
    case 'subscription-enable':
      return `Enable ${request.subscription} on ${request.receiver}`;
    case 'subscription-disable':
      return `Disable ${request.subscription} on ${request.receiver}`;
    case 'subscription-create':
      return `Subscribe ${request.receiver} to ${request.provider}`;
    case 'subscription-drop':
      return `Drop ${request.subscription} on ${request.receiver}`;
    case 'set-add-table':
      return `Add ${request.table} to ${request.set} on ${request.nodes.join(', ')}`;
    case 'set-remove-table':
      return `Remove ${request.table} from ${request.set} on ${request.nodes.join(', ')}`;
    case 'table-resync':
      return `Copy ${request.table} to ${request.receiver} again`;
    case 'slot-drop':
      return `Drop slot ${request.slot} on ${request.node}`;
    default:
      return 'Run this plan';
  }
}
