/** Tables: into a set, out of one. */

import type { Changes } from '#core/engines/changes.ts';
import { quoteQualified } from '#core/engines/quote.ts';
import { type SqlUnit, unit } from '#core/engines/units.ts';
import { formatNames } from '#core/model/format.ts';
import type { Observed, ObservedFacts, ObservedMembership, ObservedTable } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { type ExecutablePlan, type ExecutableStep, step } from './executable.ts';
import { Grounds } from './nodes.ts';
import { rowsText } from './rows-text.ts';
import { checkReceivers } from './set-receivers.ts';

type Request<K extends PlanRequest['kind']> = Extract<PlanRequest, { kind: K }>;

/** One relation: the table, or a partition of it. A partitioned table alone replicates nothing: what is written is a partition's. */
interface Relation {
  schema: string;
  table: string;
  /** Says that partitions are not meant; only where there are some, since older versions have no such argument. */
  alone: boolean;
  memberships: ObservedMembership[];
}

function relationsOf({ schema, table }: { schema: string; table: string }, found: ObservedTable): Relation[] {
  const partitions = found.partitions ?? [];
  const alone = partitions.length > 0;
  return [
    { schema, table, alone, memberships: found.memberships },
    ...partitions.map((each) => ({ ...each, alone })),
  ];
}

const membership = (of: Relation, set: string) => of.memberships.find((each) => each.set === set) ?? null;

const addUnit = (of: Relation, set: string, { sets }: Changes): SqlUnit =>
  unit(sets.add(of, set, null), {
    scope: 'catalog',
    already: sets.isMember(of, set, true),
    undo: [sets.remove(of, set)],
  });

/** Its undo restores exactly what stood there: this relation's own columns and filter. */
const removeUnit = (of: Relation, set: string, { sets }: Changes): SqlUnit =>
  unit(sets.remove(of, set), {
    scope: 'catalog',
    already: sets.isMember(of, set, false),
    undo: [sets.add(of, set, membership(of, set))],
  });

const withPartitions = (relations: readonly Relation[]): string =>
  relations.length === 1
    ? ''
    : `, with ${relations.length - 1} partition${relations.length === 2 ? '' : 's'}`;

export function planAddTable(request: Request<'set-add-table'>, observed: Observed): ExecutablePlan {
  const { schema, table, set } = request;
  const nodes = [...new Set(request.nodes)];
  const grounds = new Grounds(observed);
  const steps: ExecutableStep[] = [];
  for (const node of nodes) {
    const found = checkTable(grounds, request, node);
    if (found === null) continue;
    const relations = relationsOf(request, found);
    const missing = relations.filter((each) => membership(each, set) === null);
    const id = `add:${node}`;
    if (missing.length === 0) grounds.ok(node, 'Member', `in ${set} already${withPartitions(relations)}`);
    else grounds.todo(node, 'Member', `not in ${set}${withPartitions(relations)}`, id);
    steps.push(
      step({
        id,
        title: `Add ${schema}.${table} to set ${set}${withPartitions(relations)}`,
        node,
        done: missing.length === 0,
        ...riskOfSending(observed, schema, table),
        undo: `Removes from ${set} what was not in it before.`,
        action: {
          type: 'sql',
          node,
          timeoutSeconds: 30,
          units: relations.map((each) => addUnit(each, set, grounds.changes)),
        },
      }),
    );
  }
  checkReceivers(grounds, request, nodes, observed);
  tellCounts(grounds, observed, nodes);
  return {
    title: `Add ${schema}.${table} to set ${set} on ${nodes.join(', ')}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps,
  };
}

/** A change of a row that a receiver has not, or has otherwise, is discarded there or writes over its own. */
function riskOfSending(observed: Observed, schema: string, table: string): Partial<ExecutableStep> {
  const rows = (observed.nodes ?? []).flatMap(({ read }) =>
    read.ok && read.facts.table !== null ? [read.facts.table.rows] : [],
  );
  if (rows.every((each) => each?.how === 'counted' && each.rows === 0)) return {};
  return {
    risk: 'data',
    riskText: `Changes of ${schema}.${table} are sent from then on: where a receiver does not have the same rows, they are discarded there, or overwrite its own.`,
  };
}

/** On all nodes, since those that take the set have rows as well. */
function tellCounts(grounds: Grounds, observed: Observed, nodes: readonly string[]): void {
  const counts = (observed.nodes ?? []).flatMap(({ name, read }) => {
    const found = read.ok ? read.facts.table : null;
    return found === null && !nodes.includes(name) ? [] : [`${name} ${rowsText(found?.rows)}`];
  });
  grounds.know(
    null,
    'Rows',
    `existing rows are not copied, only changes from then on are sent: ${counts.join(', ')}`,
  );
}

/** The set there; null, with the problem, where there is none: a slip of the pen is nothing that is done already. */
function setOf(
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

/** The table there; null, with the problem, where it cannot be put in. */
function checkTable(grounds: Grounds, request: Request<'set-add-table'>, node: string): ObservedTable | null {
  const { schema, table, set } = request;
  const facts = grounds.need(node);
  if (facts === null || !grounds.read(node, facts, 'sets') || !grounds.read(node, facts, 'table'))
    return null;
  const target = setOf(grounds, set, node, facts);
  if (target === null) return null;
  if (facts.table === null) {
    grounds.stop(node, 'Table', 'not there', {
      code: 'no-table',
      message: `${node} has no table ${quoteQualified(schema, table)}.`,
      remedy: 'Create it there first, or leave that node out.',
    });
    return null;
  }
  return checkKind(grounds, request, node, facts.table) &&
    checkKey(grounds, request, node, facts.table, target)
    ? facts.table
    : null;
}

/** spock_repset.c, replication_set_add_table: what writes no WAL of its own rows cannot be in a set. */
function checkKind(
  grounds: Grounds,
  { schema, table }: Request<'set-add-table'>,
  node: string,
  found: ObservedTable,
): boolean {
  const foreign = found.kind === 'f' || (found.partitions ?? []).some((each) => each.kind === 'f');
  const kept = found.persistence ?? 'p';
  if (!foreign && kept === 'p') {
    const children = found.children ?? [];
    if (children.length > 0) {
      grounds.know(
        node,
        'Inherited by',
        `${formatNames(children)}: not added with it, each has rows of its own`,
      );
    }
    return true;
  }
  const what = foreign
    ? 'a foreign table, or has one as a partition'
    : kept === 'u'
      ? 'unlogged'
      : 'temporary';
  grounds.stop(node, 'Kind', what, {
    code: 'not-replicable',
    message: `${schema}.${table} is ${what} on ${node}: ${grounds.changes.words.name} cannot replicate it.`,
    remedy:
      kept === 'u'
        ? 'Make it logged first (ALTER TABLE … SET LOGGED), or leave it out.'
        : 'Leave it out of replication sets.',
  });
  return false;
}

function checkKey(
  grounds: Grounds,
  { schema, table, set }: Request<'set-add-table'>,
  node: string,
  found: ObservedTable,
  target: ObservedFacts['sets'][number],
): boolean {
  if (found.hasKey || !(target.update || target.delete)) {
    grounds.ok(node, 'Key', found.hasKey ? 'there' : 'none, and not needed: the set sends INSERT only');
    return true;
  }
  const trouble = found.keyTrouble ?? null;
  grounds.stop(node, 'Key', trouble === null ? 'none' : `none: ${trouble}`, {
    code: 'no-key',
    message: `${schema}.${table} has no ${trouble === null ? 'primary key' : `key that ${grounds.changes.words.name} accepts (${trouble})`} on ${node}, and ${set} replicates UPDATE or DELETE.`,
    remedy:
      trouble === null
        ? `Add a primary key on every node, or use a set that sends INSERT only (${grounds.changes.sets.insertOnly}).`
        : `Give it a primary key that is not deferrable and REPLICA IDENTITY DEFAULT on every node, or use a set that sends INSERT only (${grounds.changes.sets.insertOnly}).`,
  });
  return false;
}

export function planRemoveTable(request: Request<'set-remove-table'>, observed: Observed): ExecutablePlan {
  const { schema, table, set } = request;
  const nodes = [...new Set(request.nodes)];
  const grounds = new Grounds(observed);
  const steps: ExecutableStep[] = [];
  for (const node of nodes) {
    const facts = grounds.need(node);
    if (facts === null || !grounds.read(node, facts, 'table')) continue;
    const found = facts.table;
    if (found === null) {
      grounds.stop(node, 'Table', 'not there', {
        code: 'no-table',
        message: `${node} has no table ${quoteQualified(schema, table)}.`,
        remedy: 'Leave that node out.',
      });
      continue;
    }
    const all = relationsOf(request, found);
    const members = all.filter((each) => membership(each, set) !== null);
    if (members.length === 0 && setOf(grounds, set, node, facts) === null) continue;
    const id = `remove:${node}`;
    if (members.length === 0) grounds.ok(node, 'Member', `not in ${set}`);
    else grounds.todo(node, 'Member', `in ${set}${withPartitions(all)}`, id);
    const special = members.some((each) => {
      const had = membership(each, set);
      return had?.columns != null || had?.rowFilter != null;
    });
    steps.push(
      step({
        id,
        title: `Remove ${schema}.${table} from set ${set}${withPartitions(all)}`,
        node,
        done: members.length === 0,
        ...(members.length === 0
          ? {}
          : {
              risk: 'data',
              riskText: `Changes of ${schema}.${table} on ${node} are no longer sent; those made meanwhile are not sent when it is added again.`,
            }),
        undo: `Adds to ${set} again what was in it${special ? ', with its columns and filter' : ''}.`,
        action: {
          type: 'sql',
          node,
          timeoutSeconds: 30,
          units: (members.length === 0 ? all : members).map((each) => removeUnit(each, set, grounds.changes)),
        },
      }),
    );
  }
  grounds.know(
    null,
    'Rows',
    'stay on every node; changes from then on are not sent, so the nodes come to differ',
  );
  return {
    title: `Remove ${schema}.${table} from set ${set} on ${nodes.join(', ')}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps,
  };
}
