/** Tables and sequences into a set and out of it, on one node or on many: one step a node, whatever their number. */

import { countOf } from '#core/model/format.ts';
import type { Observed, ObservedFacts, ObservedSetTable } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { type ExecutablePlan, type ExecutableStep, step } from '#core/plan/executable.ts';
import { Grounds } from '#core/plan/nodes.ts';
import { checkFilter, meansIn } from './filter/check.ts';
import { isInForce } from './filter/request.ts';
import { fitting } from './fitting.ts';
import { type Choice, choose, intoSet, keyOf, outOfSet } from './members.ts';
import { checkReceivers, type Sending } from './receivers.ts';
import { checkSequences } from './sequences.ts';
import {
  filledTables,
  type NodeChange,
  nodesText,
  riskOf,
  tellCounts,
  tellMembers,
  titleTables,
  undoOf,
  whatOf,
} from './set-tables-text.ts';
import { namesOf } from './tables-words.ts';
import { type Wanted, wantedOf } from './wanted.ts';

type SetTablesRequest = Extract<PlanRequest, { kind: 'set-tables' | 'set-add-table' | 'set-remove-table' }>;

/** Statements over many tables take their locks one after the other. */
const SECONDS = 60;

export function planSetTables(request: SetTablesRequest, observed: Observed): ExecutablePlan {
  const wanted = wantedOf(request) as Wanted;
  const grounds = new Grounds(observed);
  checkRequest(grounds, request, wanted);
  const changes: NodeChange[] = [];
  const sending: Sending[] = [];
  let matched = 0;
  for (const node of wanted.nodes) {
    const facts = factsOf(grounds, wanted, node);
    if (facts === null) continue;
    const choice = choose(wanted, facts);
    matched += choice.add.length + choice.remove.length;
    const change = changeOf(grounds, observed, { wanted, node, facts, choice });
    if (change === null) continue;
    changes.push(change);
    if (change.adds.length > 0) sending.push(sendingOf(change, facts));
  }
  checkMatched(grounds, wanted, matched);
  const filled = filledTables(observed);
  const steps = changes.map((each) => stepOf(grounds, wanted, each, filled));
  checkReceivers(grounds, wanted.set, sending, observed);
  if (changes.some(({ adds }) => adds.length > 0)) tellCounts(grounds, observed, wanted.nodes, changes);
  if (changes.some(({ removes }) => removes.length > 0)) {
    grounds.know(
      null,
      'Rows',
      'stay on every node; changes from then on are not sent, so the nodes come to differ',
    );
  }
  return {
    title: `${whatOf(wanted, titleTables(wanted, changes))} on ${nodesText(wanted.nodes)}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps,
  };
}

function checkRequest(grounds: Grounds, request: SetTablesRequest, wanted: Wanted): void {
  if (request.kind !== 'set-tables') return;
  for (const [text, read] of [
    [request.pattern, wanted.pattern],
    [request.removePattern, wanted.removePattern],
  ] as const) {
    if (text === undefined || read !== null) continue;
    grounds.problem(
      null,
      'bad-pattern',
      `${text} is no pattern of table names.`,
      'Write table or schema.table, with * for any characters and ? for one, and double quotes around what has capitals or dots.',
    );
  }
  const named = [...wanted.add, ...wanted.remove, ...wanted.addSequences, ...wanted.removeSequences];
  if (named.length === 0 && request.pattern === undefined && request.removePattern === undefined) {
    grounds.problem(null, 'nothing-named', 'The request names no table.', 'Name tables, or give a pattern.');
  }
  const twice = new Set(wanted.remove.map(keyOf));
  const both = wanted.add.filter((each) => twice.has(keyOf(each)));
  if (both.length > 0) {
    grounds.problem(
      null,
      'both-ways',
      `${namesOf(both)} would be put in and taken out.`,
      'Name each table once.',
    );
  }
}

/** A pattern that matches nothing on any node is a slip of the pen, and nothing that is done already. */
function checkMatched(grounds: Grounds, wanted: Wanted, matched: number): void {
  const patterns = [wanted.pattern, wanted.removePattern].flatMap((each) => each?.text ?? []);
  const read = wanted.nodes.filter((node) => grounds.may(node)?.tables !== undefined);
  if (patterns.length === 0 || matched > 0 || read.length === 0) return;
  grounds.stop(null, 'Pattern', 'matches no table', {
    code: 'no-match',
    message: `${patterns.join(' and ')} matches no table of users on ${nodesText(read)}.`,
    remedy:
      'A pattern without a schema is of public: write schema.pattern for another, and double quotes around capitals.',
  });
}

/** What the node said; null, with the problem, where what the request needs was not read. */
function factsOf(grounds: Grounds, wanted: Wanted, node: string): ObservedFacts | null {
  const facts = grounds.need(node);
  if (facts === null) return null;
  const tables = grounds.read(node, facts, 'tables');
  const sequences =
    wanted.addSequences.length + wanted.removeSequences.length === 0 ||
    grounds.read(node, facts, 'sequences');
  const needsSet = wanted.add.length + wanted.addSequences.length > 0 || wanted.pattern !== null;
  const sets = !needsSet || grounds.read(node, facts, 'sets');
  return tables && sequences && sets ? facts : null;
}

/** The set there; null, with the problem, where there is none: a slip of the pen is nothing that is done already. */
export function setOf(
  grounds: Grounds,
  set: string,
  node: string,
  facts: ObservedFacts,
): ObservedFacts['sets'][number] | null {
  if (!grounds.read(node, facts, 'sets')) return null;
  const found = facts.sets.find((each) => each.name === set);
  if (found !== undefined) return found;
  grounds.stop(node, 'Set', `no set ${set}`, {
    code: 'no-set',
    message: `${node} has no replication set ${set}.`,
    remedy: 'Create the set there, or choose another.',
  });
  return null;
}

function changeOf(
  grounds: Grounds,
  observed: Observed,
  { wanted, node, facts, choice }: { wanted: Wanted; node: string; facts: ObservedFacts; choice: Choice },
): NodeChange | null {
  const { set } = wanted;
  const isAdding = wanted.add.length + wanted.addSequences.length > 0 || wanted.pattern !== null;
  const target = isAdding ? setOf(grounds, set, node, facts) : null;
  if (isAdding && target === null) return null;
  checkAbsent(grounds, node, wanted, choice);
  const fit =
    target === null
      ? []
      : fitting(grounds, node, set, target, choice.add).flatMap(
          (each) => checkFilter(grounds, observed, node, target, each) ?? [],
        );
  const sequences = checkSequences(grounds, node, wanted, facts);
  const outs = choice.remove.map((table) => ({ table, ...outOfSet(table, set) }));
  const ins = fit.map((each) => ({
    table: each.table,
    ...intoSet(
      each,
      set,
      (filter) => isInForce(filter, each.table, observed.nodes ?? []),
      meansIn(each.table, observed),
    ),
  }));
  const out = [...outs.flatMap((each) => each.out), ...ins.flatMap((each) => each.out)];
  // Nothing is in a set that is not there; what is to come out of one that is only written wrongly is not out of it.
  const isOut = outs.length > 0 && out.length === 0;
  if (!isAdding && isOut && setOf(grounds, set, node, facts) === null) return null;
  if (outs.length + ins.length + sequences.wanted === 0) return null;
  return {
    node,
    adds: ins.map(({ table }) => table),
    removes: outs.map(({ table }) => table),
    out,
    into: ins.flatMap((each) => each.into),
    sameIn: ins.flatMap((each) => each.same),
    sameOut: outs.flatMap((each) => each.same),
    sequences,
  };
}

function checkAbsent(grounds: Grounds, node: string, wanted: Wanted, { absent }: Choice): void {
  if (absent.length === 0) return;
  const isAdding = wanted.add.length > 0;
  grounds.stop(
    node,
    'Table',
    absent.length === 1 ? 'not there' : `${countOf(absent.length, 'table')} not there`,
    {
      code: 'no-table',
      message: `${node} has no table ${namesOf(absent)}.`,
      remedy: isAdding ? 'Create it there first, or leave that node out.' : 'Leave that node out.',
    },
  );
}

function sendingOf({ node, adds, into, sameIn }: NodeChange, facts: ObservedFacts): Sending {
  const columns = new Map<string, readonly string[]>();
  for (const each of [...sameIn, ...into]) {
    if (each.like.columns !== null) columns.set(keyOf(each), each.like.columns);
  }
  const of = (table: ObservedSetTable) => (columns.size === 0 ? null : (columns.get(keyOf(table)) ?? null));
  return { node, facts, tables: adds.map((table) => ({ table, columns: of(table) })) };
}

function stepOf(
  grounds: Grounds,
  wanted: Wanted,
  change: NodeChange,
  filled: ReadonlySet<string>,
): ExecutableStep {
  const { set } = wanted;
  const { node, adds, removes, sequences } = change;
  const isDone = change.out.length + change.into.length + sequences.into.length + sequences.out.length === 0;
  const id = `${removes.length + sequences.removes === 0 ? 'add' : adds.length + sequences.adds === 0 ? 'remove' : 'change'}:${node}`;
  tellMembers(grounds, set, change, isDone, id);
  const special = change.out.some(({ like }) => like.columns !== null || like.rowFilter !== null);
  return step({
    id,
    title: whatOf(wanted, { adds, removes, sequences }),
    node,
    done: isDone,
    ...riskOf(change, filled),
    undo: undoOf(set, change, special),
    action: {
      type: 'sql',
      node,
      timeoutSeconds: SECONDS,
      units: [
        grounds.changes.sets.change(set, {
          // Of a step that is done, what it would do, and how it is seen that it is done.
          out: isDone ? change.sameOut : change.out,
          into: isDone ? change.sameIn : change.into,
          sequencesOut: isDone ? sequences.sameOut : sequences.out,
          sequencesInto: isDone ? sequences.sameIn : sequences.into,
        }),
      ],
    },
  });
}
