/** Sentences about a plan and about what became of a run. */

import { formatNames } from '#core/model/format.ts';
import type { Plan, PlanStep, Run } from '#core/model/plan.ts';
import { isFinished } from '#core/run/machine.ts';
import { planAfterwards } from '#src/lib/plan-words.ts';
import { countsOf, standing } from '#src/lib/run-counts.ts';
import { duration, plural } from '#src/lib/units.ts';
import { type Grid, stepsOf } from './grid.ts';
import { knowsOf, stepKnows, thingsToKnow } from './know.ts';
import { leftByNode } from './left-words.ts';

/** "PostgreSQL restarts on n2 and n3." or that nothing is deleted; and how much there is to know. */
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
  if (restarts.length > 0) said.push(`PostgreSQL restarts on ${formatNames(restarts)}.`);
  if (data.length > 0) said.push(`Data is at risk on ${formatNames(data)}.`);
  const known = knowsOf(plan).length;
  const risks = said.length === 0 ? 'No restart, and no data is deleted.' : said.join(' ');
  return known === 0 ? risks : `${risks.slice(0, -1)}; ${thingsToKnow(known)}.`;
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
    .map((step) => `Already done: ${name(step)}`);
  const checks = after.checks
    .filter((check) => {
      const old = before.checks.find((one) => one.name === check.name && one.node === check.node);
      return old === undefined || old.result !== check.result || old.value !== check.value;
    })
    .map((check) => `${check.name}${check.node === null ? '' : ` on ${check.node}`}: ${check.value}`);
  return [...added, ...gone, ...done, ...checks];
}

/** `28 steps on 3 nodes`: what one node does is a step, in the plan as in its run; a row of the grid may hold several. */
export function stepsWords(plan: Plan, grid: Grid): string {
  const steps = plural(plan.steps.length, 'step');
  return grid.nodes.length > 1 ? `${steps} on ${plural(grid.nodes.length, 'node')}` : steps;
}

/** `Create the node on n2`: a step as a sentence speaks of it. */
export const calledStep = (step: PlanStep): string =>
  step.node === null ? step.title : `${step.title} on ${step.node}`;

/** The sentence of a run: what is so now, and what it waits for. */
export function runSentence(run: Run, plan: Plan, grid: Grid): string {
  const counts = countsOf(run);
  const total = run.steps.length;
  const finished = run.steps.filter(isFinished).length;
  const byId = new Map(plan.steps.map((step) => [step.id, step]));
  const failed = run.steps.find((step) => step.state === 'failed');
  const failedStep = failed && byId.get(failed.id);
  const place = (step: PlanStep) => {
    const row = grid.rows.find((one) => stepsOf(one).includes(step));
    return `row ${row?.number ?? '?'} of ${grid.rows.length}`;
  };
  switch (run.state) {
    case 'running': {
      if (run.direction === 'back') {
        return `${plan.title}: it is being rolled back. ${plural(counts.undone, 'step')} undone, ${standing(run).length} to go.`;
      }
      const now = run.steps.flatMap((step) => (step.state === 'running' ? [byId.get(step.id)] : []));
      const names = [...new Set(now.flatMap((step) => (step ? [step.title] : [])))];
      const doing =
        names.length === 0 ? '' : ` Now: ${names.slice(0, 2).join('; ')}${names.length > 2 ? ' …' : ''}.`;
      return `${plan.title}. ${finished} of ${plural(total, 'step')} done.${doing}`;
    }
    case 'succeeded': {
      const seconds =
        run.endedAt === null ? null : (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000;
      const done = `${plan.title}: done${seconds === null ? '' : ` in ${duration(seconds)}`}`;
      const known = counts.know === 0 ? '' : `; ${thingsToKnow(stepKnows(run, plan).length)}`;
      const afterwards = planAfterwards(plan.request);
      return `${done}${known}.${afterwards === null ? '' : ` ${afterwards}`}`;
    }
    case 'waiting-for-operator': {
      const nodes = run.steps.flatMap((step) =>
        step.state === 'running' && step.waitsFor !== null ? [byId.get(step.id)?.node ?? 'this machine'] : [],
      );
      return `The run waits for you on ${formatNames(nodes)}. It continues by itself when ${nodes.length === 1 ? 'that server is' : 'those servers are'} back.`;
    }
    case 'failed':
      if (run.direction === 'back') {
        const where = leftByNode(run).map(({ node }) => node ?? 'this machine');
        const left = where.length === 0 ? '' : ` Something is left to do on ${formatNames(where)}.`;
        return failedStep
          ? `The rollback stopped: ${calledStep(failedStep)} was not undone. ${plural(counts.undone, 'step')} undone.${left}`
          : `The rollback stopped after ${plural(counts.undone, 'step')}.${left}`;
      }
      return failedStep
        ? `${calledStep(failedStep)} failed, in ${place(failedStep)}. ${finished} of ${plural(total, 'step')} done; the rest waits for you.`
        : `${plan.title}: stopped after ${finished} of ${plural(total, 'step')}.`;
    case 'cancelled':
      return `${plan.title}: cancelled after ${finished} of ${plural(total, 'step')}. What was done stays.`;
    case 'rolled-back':
      return `${plan.title}: rolled back. ${plural(counts.undone, 'step')} undone${run.leftToDo.length === 0 ? '.' : `; ${plural(run.leftToDo.length, 'thing')} left to do by hand.`}`;
    case 'interrupted':
      return `The console stopped while this ran, after ${finished} of ${plural(total, 'step')}. Resume continues from there; nothing is done twice.`;
  }
}
