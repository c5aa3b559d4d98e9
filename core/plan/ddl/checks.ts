/** What each node says against DDL, and what of it is only to be known. */
import { bytesIn, countOf, formatNames, formatSeconds, quantityText } from '#core/model/format.ts';
import type { ObservedDdl } from '#core/model/observed.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import { STOPS } from './locks.ts';
import { subscriptionTo } from './steps.ts';
import type { DdlNode, DdlWork } from './work.ts';

export function checkNodes(grounds: Grounds, work: DdlWork): void {
  tellLocks(grounds, work);
  for (const each of work.nodes) {
    if (each.facts.readOnly != null) {
      grounds.stop(each.node, 'Writes', `read-only (${each.facts.readOnly})`, {
        code: 'read-only',
        message: `${each.node} takes no writes.`,
        remedy: 'Allow writes there first.',
      });
    }
    checkObjects(grounds, work, each);
    tellHolders(grounds, each.node, each.ddl.holders);
  }
  const made = work.statements.filter(({ name }) => name === 'CREATE TABLE').flatMap(({ makes }) => makes);
  if (made.length > 0) {
    grounds.know(
      null,
      'Sets',
      `${formatNames(made)} ${made.length === 1 ? 'is' : 'are'} in no replication set afterwards: rows stay where they are written until ${made.length === 1 ? 'it is' : 'they are'} added to one on every node`,
    );
  }
}

function tellLocks(grounds: Grounds, { statements, nodes }: DdlWork): void {
  const told = new Set<string>();
  for (const { name, tables, whole } of statements) {
    for (const { table, lock } of tables) {
      const sizes = nodes.flatMap(({ node, ddl }) => {
        const bytes = ddl.tables.find((each) => each.table === table)?.bytes ?? null;
        return bytes === null ? [] : [`${node} ${quantityText(bytesIn(bytes))}`];
      });
      const size = whole === null ? '' : `; it is ${whole} meanwhile: ${sizes.join(', ')}`;
      told.add(`${name} takes ${lock} on ${table}, which ${STOPS[lock]} while it is held${size}`);
    }
  }
  for (const text of told) grounds.know(null, 'Lock', text);
}

function checkObjects(grounds: Grounds, { statements, how, nodes }: DdlWork, { node, ddl }: DdlNode): void {
  const isDone = ddl.so.every((each) => each === true);
  const missing = ddl.tables.filter(({ there }) => !there).map(({ table }) => table);
  const dropped = new Set(statements.flatMap(({ drops }) => drops));
  const lacked = missing.filter((each) => !(isDone && dropped.has(each)));
  // A table that an earlier statement of the same text makes.
  const made = new Set(statements.flatMap(({ makes }) => makes));
  const unknown = lacked.filter((each) => !made.has(each) && !isDone);
  if (unknown.length > 0) {
    grounds.stop(node, 'Table', `no ${formatNames(unknown)}`, {
      code: 'no-table',
      message: `${node} has no table ${formatNames(unknown)}.`,
      remedy: 'Write it with its schema, or create it there first.',
    });
  }
  const isAlike = nodes.every((each) => JSON.stringify(each.ddl.so) === JSON.stringify(ddl.so));
  const isThere = ddl.made.length > 0 && !(isDone && (how === 'local' || isAlike));
  if (isThere || (how === 'replicated' && isDone && !isAlike)) {
    const what = ddl.made.length > 0 ? `${formatNames(ddl.made)} is there` : 'it is so already';
    grounds.stop(node, 'Exists', what, {
      code: 'exists',
      message: `On ${node} ${what}: the statement would fail there, or the node would be left with something else.`,
      remedy:
        'Compare the schemas and make them alike, or run it locally, which leaves out nodes that have it.',
    });
  }
  const members = ddl.tables.filter(({ table, sets }) => dropped.has(table) && sets.length > 0);
  if (members.length > 0) {
    grounds.stop(node, 'Sets', `${formatNames(members.map(({ table }) => table))} in a set`, {
      code: 'in-a-set',
      message: `${formatNames(members.map(({ table, sets }) => `${table} is in set ${formatNames(sets.map(({ set }) => set))}`))} of ${node}: ${grounds.changes.words.name} refuses to drop it.`,
      remedy: 'Remove it from its sets on all nodes first.',
    });
  }
}

/** A transaction that has been open for so long does not end by itself in the next moment. */
const LONG_SECONDS = 10;

/** Whoever holds a lock that the statement would wait for, the longest first. */
function tellHolders(grounds: Grounds, node: string, holders: ObservedDdl['holders']): void {
  const [first] = holders;
  if (first === undefined) {
    grounds.ok(node, 'Who would block it', 'nobody now');
    return;
  }
  const who = [first.user, first.application || null].filter((each) => each !== null).join(', ');
  const since = first.seconds === null ? '' : ` for ${formatSeconds(first.seconds)}`;
  const more = holders.length === 1 ? '' : `, and ${countOf(holders.length - 1, 'other')}`;
  const text = `process ${first.pid} (${who || (first.type ?? 'unknown')}${first.state === null ? '' : `, ${first.state}`}), in a transaction${since}${more}`;
  // One of a moment comes and goes: it would make another plan of each.
  if ((first.seconds ?? 0) < LONG_SECONDS) grounds.ok(node, 'Who would block it', text);
  else grounds.know(node, 'Who would block it', text);
}

/** Each of the others has to get it from the first. */
export function checkReceivers(grounds: Grounds, work: DdlWork): void {
  const { ddl, words } = grounds.changes;
  const [first, ...others] = work.nodes;
  if (first === undefined) return;
  for (const { node, facts, ddl: own } of others) {
    const sub = subscriptionTo(first, facts);
    const trouble =
      sub === null
        ? `${node} does not subscribe to ${first.node}`
        : !sub.enabled
          ? `${sub.name} of ${node} is disabled`
          : !sub.sets.includes(ddl.set)
            ? `${sub.name} of ${node} does not take set ${ddl.set}`
            : sub.status !== 'replicating'
              ? `${sub.name} of ${node} is ${sub.status}`
              : null;
    if (trouble !== null) {
      grounds.stop(node, 'Link', trouble, {
        code: 'no-link',
        message: `${trouble}: the statement would not reach it.`,
        remedy: 'Repair the link first, or begin on another node.',
      });
    } else grounds.ok(node, 'Link', `${sub?.name ?? ''} takes it from ${first.node}`);
    const role = first.facts.role?.name;
    if (role !== undefined && own.roles.length > 0 && !own.roles.includes(role)) {
      grounds.stop(node, 'Role', `no role ${role}`, {
        code: 'no-role',
        message: `${node} has no role ${role}, as which the statement is run there: it would be discarded.`,
        remedy: `Create the role ${role} on ${node}.`,
      });
    }
    if (own.lockTimeoutMs > 0 && ddl.lockTimeoutDiscards(facts.engineVersion)) {
      grounds.stop(node, 'lock_timeout', `${own.lockTimeoutMs} ms`, {
        code: 'lock-timeout',
        message: `lock_timeout is ${own.lockTimeoutMs} ms on ${node}: where the statement waits that long, ${words.name} ${facts.engineVersion} discards it there.`,
        remedy: `Reset lock_timeout of the server ${node} for this run, or run the statement locally.`,
      });
    }
  }
}
