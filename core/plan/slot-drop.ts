/** A slot that nobody needs any more. A wrong one would have to be paid with a node: see the rule below. */
import { quoteLiteral } from '#core/engines/quote.ts';
import { sql } from '#core/engines/sql.ts';
import { unit } from '#core/engines/units.ts';
import { formatBytes, formatNames } from '#core/model/format.ts';
import type {
  Observed,
  ObservedFacts,
  ObservedNode,
  ObservedSlot,
  ObservedSubscription,
} from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { type ExecutablePlan, step } from './executable.ts';
import { Grounds } from './nodes.ts';

/**
 * Only a slot that is inactive, of this database, and that no subscription of any node names; and only when every node
 * that the cluster's catalogs know was read for this plan, since one that was not may be the one that needs it.
 */
export function planSlotDrop(
  request: Extract<PlanRequest, { kind: 'slot-drop' }>,
  observed: Observed,
): ExecutablePlan {
  const { node, slot: name } = request;
  const grounds = new Grounds(observed);
  const read = grounds.need(node);
  const facts = read !== null && grounds.read(node, read, 'slots') ? read : null;
  const slot = facts?.slots.find((each) => each.name === name);
  if (facts !== null && slot === undefined) {
    grounds.problem(node, 'no-slot', `${node} has no slot ${name}.`, 'It was dropped already.');
  }
  if (facts !== null && slot !== undefined) {
    checkSlot(grounds, node, facts, slot);
    checkJoin(grounds, observed, node, slot);
    checkNobodyNeeds(grounds, observed, name);
    tellLost(grounds, node, slot);
  }
  return {
    title: `Drop slot ${name} on ${node}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps:
      slot === undefined
        ? []
        : [
            step({
              id: 'drop',
              title: `Drop slot ${name}`,
              node,
              risk: 'data',
              riskText:
                'A receiver that still needs it can never continue: its subscription must be created again.',
              undo: 'Nothing: the WAL that it held is gone with it.',
              action: {
                type: 'sql',
                node,
                timeoutSeconds: 30,
                units: [
                  unit(sql`SELECT pg_drop_replication_slot(${quoteLiteral(name)})`, {
                    scope: 'catalog',
                    stays: `The slot ${name} is dropped, and the WAL that it held is gone with it.`,
                    already: sql`SELECT NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = ${quoteLiteral(name)})`,
                  }),
                ],
              },
            }),
          ],
  };
}

/** What the slot itself says. */
function checkSlot(grounds: Grounds, node: string, facts: ObservedFacts, slot: ObservedSlot): void {
  const { name } = slot;
  if (slot.active) {
    grounds.stop(node, 'In use', 'active', {
      code: 'slot-active',
      message: `${name} is in use: a receiver is connected to it.`,
      remedy: 'Drop the subscription on that receiver; its slot is dropped with it.',
    });
  } else grounds.ok(node, 'In use', 'no');
  if (slot.database !== facts.database) {
    grounds.stop(node, 'Database', slot.database ?? 'none: a physical slot', {
      code: 'other-database',
      message: `${name} belongs to ${slot.database === null ? 'a physical standby' : `database ${slot.database}`}, which this console does not watch here.`,
      remedy: 'Ask whoever runs that; this console cannot tell who needs the slot.',
    });
  } else grounds.ok(node, 'Database', facts.database);
  if (NATIVE_COPY.test(name)) {
    grounds.stop(node, 'Kind', "of a table's copy", {
      code: 'copying',
      message: `${name} is the slot of a table copy by PostgreSQL's own replication.`,
      remedy: 'Wait until the table is copied: PostgreSQL drops the slot itself.',
    });
  }
  const kept = grounds.changes.slots.keeps(name);
  if (kept !== null) grounds.stop(node, 'Kind', kept.kind, kept);
}

/** PostgreSQL's own (tablesync.c, ReplicationSlotNameForTablesync): of a subscription, a table and the subscriber's system. */
const NATIVE_COPY = /^pg_\d+_sync_\d+_\d+$/;

/**
 * While a copy or a join is under way its slots have no reader, and their subscriptions may not be there yet: a slot without a
 * position is being made, and sessions called …_snap, …_copy make one or read by it, on whatever node.
 */
function checkJoin(grounds: Grounds, observed: Observed, node: string, slot: ObservedSlot): void {
  if (slot.begun === true) {
    grounds.stop(node, 'Made', 'not yet', {
      code: 'copying',
      message: `${slot.name} is being created: it has no position yet. A copy starts that way.`,
      remedy: 'Wait until it is created, or stop what creates it.',
    });
  }
  const copies = (observed.nodes ?? []).flatMap(({ name, read }) =>
    read.ok ? (read.facts.copies ?? []).map((session) => `${session} on ${name}`) : [],
  );
  const begun = (observed.nodes ?? []).flatMap(({ name, read }) =>
    read.ok
      ? read.facts.slots
          .filter((each) => each.begun === true && each.name !== slot.name)
          .map((each) => `slot ${each.name} on ${name}`)
      : [],
  );
  const signs = [...copies, ...begun];
  if (signs.length === 0) {
    grounds.ok(null, 'Copies', 'none under way');
    return;
  }
  grounds.stop(null, 'Copies', formatNames(signs), {
    code: 'copying',
    message: `A copy is under way (${formatNames(signs)}). Until a node has joined, its slots have no reader and no subscription.`,
    remedy: 'Wait until it has ended, then plan again.',
  });
}

/**
 * Somebody reads from this cluster whom no node of it knows: then any slot that nobody names may be of that reader, on whatever
 * node, and none is an orphan.
 */
function checkUnknownReaders(grounds: Grounds, all: readonly ObservedNode[], wanted: string): void {
  const nodes = all.flatMap(({ name, read }) => (read.ok ? [{ name, facts: read.facts }] : []));
  const named = nodes.flatMap(({ facts }) => facts.subscriptions);
  const { slots } = grounds.changes;
  const unknown = nodes.flatMap(({ name, facts }) =>
    facts.slots
      .filter(
        (slot) =>
          slot.active &&
          slot.name !== wanted &&
          slot.physical !== true &&
          slot.database === facts.database &&
          slots.mayBeOurs(slot.name) &&
          !named.some((sub) => needs(slot.name, sub, grounds)),
      )
      .map((slot) => `${slot.name} on ${name}`),
  );
  if (unknown.length === 0) {
    grounds.ok(null, 'Readers', 'each that reads now is known');
    return;
  }
  grounds.stop(null, 'Readers', `unknown: ${formatNames(unknown)}`, {
    code: 'unknown-reader',
    message: `Somebody reads by ${formatNames(unknown)}, and no node of this cluster names ${unknown.length === 1 ? 'that slot' : 'those slots'}: the one that is to be dropped may be of the same reader.`,
    remedy: 'Find out who reads there (pg_stat_replication), and watch that node too. Then plan again.',
  });
}

function tellLost(grounds: Grounds, node: string, slot: ObservedSlot): void {
  if (slot.active) return;
  if (slot.decodedBytes === 0) {
    grounds.know(
      node,
      'Read',
      `nobody has read from ${slot.name} as far as ${node} knows: it may have been made for a node that somebody is about to add`,
    );
  }
  const held = slot.walHeldBytes ?? null;
  grounds.know(
    node,
    'Reader',
    `a reader that no node of this cluster knows (another console's, a program's) loses its place; ${held === null ? 'how much WAL it holds is not known' : `it holds ${formatBytes(held)} of WAL`}`,
  );
}

/** By name, or as the slot of a table's copy; the name alone is not enough to be of another database. */
const needs = (slot: string, sub: ObservedSubscription, grounds: Grounds): boolean =>
  grounds.changesFor(sub).slots.isOf(slot, sub.slot);

function checkNobodyNeeds(grounds: Grounds, observed: Observed, slot: string): void {
  const nodes = observed.nodes ?? [];
  let needed = false;
  for (const node of nodes) {
    const needing = node.read.ok
      ? node.read.facts.subscriptions.find((each) => needs(slot, each, grounds))
      : undefined;
    if (needing === undefined) continue;
    needed = true;
    const copy = needing.slot !== slot;
    grounds.stop(node.name, 'Needed by', needing.name, {
      code: 'slot-needed',
      message: `${needing.name} on ${node.name} needs ${slot}${copy ? ': it is the slot of a copy of one of its tables' : ''}.`,
      remedy: copy
        ? `Wait until the table is copied; ${grounds.changes.words.name} drops the slot itself.`
        : `Drop ${needing.name} on ${node.name} instead; the slot is dropped with it.`,
    });
  }
  if (needed) return;
  if (!checkAllRead(grounds, nodes, slot)) return;
  grounds.ok(null, 'Needed by', `no subscription, read on ${nodes.length} of ${nodes.length} nodes`);
  checkUnknownReaders(grounds, nodes, slot);
}

/** A node that was not read may be the one that needs it, and one that the catalogs know and the console does not. */
function checkAllRead(grounds: Grounds, nodes: readonly ObservedNode[], slot: string): boolean {
  const names = new Set(
    nodes.map((node) => (node.read.ok ? (node.read.facts.nodeName ?? node.name) : node.name)),
  );
  const unread = nodes
    .filter(
      ({ read }) =>
        !read.ok || read.facts.recovery === true || read.facts.unread?.subscriptions !== undefined,
    )
    .map((node) => node.name);
  const watched = nodes.flatMap(({ name, read }) => (read.ok ? [{ name, facts: read.facts }] : []));
  const foreign = [
    ...new Set(watched.flatMap(({ facts }) => facts.knows).filter((each) => !names.has(each))),
  ].sort();
  if (unread.length + foreign.length === 0) return true;
  const missing = [...unread, ...foreign];
  const subscriptions = watched.flatMap(({ name, facts }) =>
    facts.subscriptions
      .filter((each) => each.provider !== null && foreign.includes(each.provider))
      .map((each) => `${each.name} on ${name}`),
  );
  grounds.stop(null, 'Needed by', `unknown: ${missing.join(', ')} not read`, {
    code: 'nodes-unread',
    message: `${missing.join(', ')} could not be asked whether a subscription there needs ${slot}. The slot of a stopped node is not an orphan.`,
    remedy: [
      ...(unread.length > 0
        ? [
            `Bring ${formatNames(unread)} back; or, if gone for good, drop the subscriptions to ${unread.length === 1 ? 'it' : 'them'} on the other nodes first, then remove ${unread.length === 1 ? 'it' : 'them'} from this console's cluster.`,
          ]
        : []),
      ...(foreign.length > 0
        ? [
            subscriptions.length > 0
              ? `${formatNames(foreign)}: add to this console; or, if gone for good, drop ${formatNames(subscriptions)} first: ${grounds.changes.words.name} forgets a node with the last subscription to it.`
              : `${formatNames(foreign)}: add to this console; or, if gone for good, drop the node there (${grounds.changes.nodes.dropText()}).`,
          ]
        : []),
      'Then plan again.',
    ].join(' '),
  });
  return false;
}
