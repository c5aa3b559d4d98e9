/**
 * DDL on all nodes of a cluster. Locally, node by node, where a node that has it and one that has not take each other's rows all the
 * same: with a lock time-out, tries, and a stop at the first node that fails. All else through the engine, which runs it on each
 * node in the order of the changes of the node where it began; there it waits for locks without end, and is watched.
 */
import { countOf, formatNames } from '#core/model/format.ts';
import type { Observed } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import type { ExecutablePlan } from '#core/plan/executable.ts';
import { Grounds } from '#core/plan/nodes.ts';
import { checkNodes, checkReceivers } from './checks.ts';
import { type ReadStatement, readDdl, statementText } from './read.ts';
import { localSteps, replicatedSteps } from './steps.ts';
import type { DdlWork } from './work.ts';

type DdlRequest = Extract<PlanRequest, { kind: 'ddl' }>;

export function planDdl(request: DdlRequest, observed: Observed): ExecutablePlan {
  const grounds = new Grounds(observed);
  const statements = checkStatements(grounds, request, observed);
  const names = orderOf(request, observed);
  const nodes = names.flatMap((node) => {
    const facts = grounds.need(node);
    if (facts === null || statements === null || !grounds.read(node, facts, 'ddl')) return [];
    return facts.ddl === undefined ? [] : [{ node, facts, ddl: facts.ddl }];
  });
  const title = `${titleOf(statements ?? [])} on ${countOf(names.length, 'node')}`;
  if (statements === null || nodes.length < names.length || nodes.length === 0) {
    return { title, checks: grounds.checks, problems: grounds.problems, steps: [] };
  }
  const work: DdlWork = {
    text: statementText(request.sql),
    statements,
    how: request.how ?? chosenHow(statements),
    nodes,
  };
  tellHow(grounds, work);
  checkNodes(grounds, work);
  if (work.how === 'replicated') checkReceivers(grounds, work);
  const steps =
    grounds.problems.length > 0
      ? []
      : work.how === 'local'
        ? localSteps(grounds, work)
        : replicatedSteps(grounds, work);
  return { title, checks: grounds.checks, problems: grounds.problems, steps };
}

const chosenHow = (statements: readonly ReadStatement[]): DdlWork['how'] =>
  statements.every((each) => each.quiet || each.alone) ? 'local' : 'replicated';

const titleOf = (statements: readonly ReadStatement[]): string => {
  const names = [...new Set(statements.map(({ name }) => name))];
  return names.length === 0 ? 'DDL' : formatNames(names);
};

function orderOf({ first }: DdlRequest, { nodes }: Observed): string[] {
  const names = (nodes ?? []).map(({ name }) => name);
  return first === undefined ? names : [first, ...names.filter((each) => each !== first)];
}

/** Null, with the problem: nothing that such a plan can run. */
function checkStatements(
  grounds: Grounds,
  { sql, how }: DdlRequest,
  { parsed = {} }: Observed,
): ReadStatement[] | null {
  const found = parsed[sql];
  if (found?.ok !== true) {
    const at = found?.at == null ? '' : ` (character ${found.at + 1})`;
    grounds.problem(
      null,
      'ddl-not-sql',
      `The statement cannot be parsed: ${found?.message ?? 'it was not read'}${at}.`,
      'Correct it, then plan again.',
    );
    return null;
  }
  const statements = readDdl(found.tree);
  if (statements.length === 0) {
    grounds.problem(null, 'ddl-empty', 'There is no statement.', 'Type one.');
    return null;
  }
  let good = true;
  const refuse = (code: string, message: string, remedy: string) => {
    good = false;
    grounds.problem(null, code, message, remedy);
  };
  const { extension } = grounds.changes.words;
  for (const { name, refused } of statements) {
    if (refused !== null)
      refuse('not-ddl', `${name} is not taken here: ${refused.why}.`, `${refused.remedy}`);
    if (name === `EXTENSION ${extension}`)
      refuse(
        'not-ddl',
        `${name} is what replicates.`,
        'Install and update it by the plans that are made for it.',
      );
  }
  const alone = statements.filter((each) => each.alone);
  const [one] = alone;
  if (one !== undefined && statements.length > 1)
    refuse('not-alone', `${one.name} cannot run in a transaction with others.`, 'Plan it by itself.');
  if (one !== undefined && how === 'replicated')
    refuse(
      'not-alone',
      `${one.name} cannot run in a transaction, as ${grounds.changes.ddl.replicatedBy} needs it.`,
      'Run it locally on each node.',
    );
  return good ? statements : null;
}

function tellHow(grounds: Grounds, { how, statements, nodes: [first] }: DdlWork): void {
  const { name } = grounds.changes.words;
  const breaks = statements.flatMap((each) => each.breaks ?? []);
  grounds.ok(
    null,
    'How',
    how === 'local'
      ? `on each node by itself, one after the other; ${name} does not send it`
      : `on ${first?.node ?? ''}, whose changes carry it to the others in order (${grounds.changes.ddl.replicatedBy})`,
  );
  const made = statements.filter(
    (each) => each.name === 'ALTER TABLE' && each.breaks === null && !each.quiet,
  );
  if (how === 'local' && made.length > 0)
    breaks.push('a row that is written with a new column is discarded on nodes that have not got it yet');
  if (breaks.length > 0) {
    grounds.know(
      null,
      'Rows',
      `until every node has it, of what is written meanwhile: ${[...new Set(breaks)].join('; ')}. Pause writes to the table on all nodes until the run has ended`,
    );
  }
}
