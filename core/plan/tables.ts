/** Tables: into a set, out of one, copied anew. */
import { quoteLiteral, quoteQualified, quoteRegclass } from '#core/engines/quote.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { type Draft, type DraftStep, type SqlUnit, step, unit } from './draft.ts';
import { Grounds } from './nodes.ts';
import type { Observed, ObservedMembership } from './observed.ts';
import { type Sql, sql } from './sql.ts';

type Request<K extends PlanRequest['kind']> = Extract<PlanRequest, { kind: K }>;
type SetRequest = Request<'set-add-table'> | Request<'set-remove-table'>;

const isMember = ({ schema, table, set }: SetRequest, wanted: boolean): Sql =>
  sql`SELECT ${wanted ? '' : 'NOT '}EXISTS (SELECT FROM spock.tables WHERE nspname = ${quoteLiteral(schema)} AND relname = ${quoteLiteral(table)} AND set_name = ${quoteLiteral(set)})`;

const remove = ({ set, schema, table }: SetRequest): Sql =>
  sql`SELECT spock.repset_remove_table(${quoteLiteral(set)}, ${quoteRegclass(schema, table)})`;

function add({ set, schema, table }: SetRequest, like: ObservedMembership | null): Sql {
  const columns =
    like?.columns == null ? '' : `, columns := ARRAY[${like.columns.map(quoteLiteral).join(', ')}]::text[]`;
  const filter = like?.rowFilter == null ? '' : `, row_filter := ${quoteLiteral(like.rowFilter)}`;
  return sql`SELECT spock.repset_add_table(${quoteLiteral(set)}, ${quoteRegclass(schema, table)}, synchronize_data := false${columns}${filter})`;
}

export function planAddTable(request: Request<'set-add-table'>, observed: Observed): Draft {
  const { nodes, schema, table, set } = request;
  const grounds = new Grounds(observed);
  const steps: DraftStep[] = [];
  for (const node of new Set(nodes)) {
    const member = checkTable(grounds, request, node);
    if (member === null) continue;
    const id = `add:${node}`;
    if (member) grounds.ok(node, 'Member', `in ${set} already`);
    else grounds.todo(node, 'Member', `not in ${set}`, id);
    steps.push(
      step({
        id,
        title: `Put ${schema}.${table} into set ${set}`,
        node,
        done: member,
        undo: `Takes it out of ${set} again.`,
        action: {
          type: 'sql',
          node,
          timeoutSeconds: 30,
          units: [unit(add(request, null), { already: isMember(request, true), undo: [remove(request)] })],
        },
      }),
    );
  }
  grounds.ok(null, 'Rows', 'those that are there now are not copied: only changes from then on are sent');
  return {
    title: `Put ${schema}.${table} into set ${set} on ${[...new Set(nodes)].join(', ')}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps,
  };
}

/** Whether the table is in the set there; null, with the problem, where it cannot be put in. */
function checkTable(grounds: Grounds, request: Request<'set-add-table'>, node: string): boolean | null {
  const { schema, table, set } = request;
  const facts = grounds.need(node);
  if (facts === null) return null;
  const target = facts.sets.find((each) => each.name === set);
  if (target === undefined) {
    grounds.stop(node, 'Set', `no set ${set}`, {
      code: 'no-set',
      message: `${node} has no replication set ${set}.`,
      remedy: 'Create the set there, or choose another.',
    });
    return null;
  }
  if (facts.table === null) {
    grounds.stop(node, 'Table', 'not there', {
      code: 'no-table',
      message: `${node} has no table ${quoteQualified(schema, table)}.`,
      remedy: 'Create it there first, or leave that node out.',
    });
    return null;
  }
  if (!facts.table.hasKey && (target.update || target.delete)) {
    grounds.stop(node, 'Key', 'none', {
      code: 'no-key',
      message: `${schema}.${table} has no primary key on ${node}, and ${set} replicates UPDATE or DELETE.`,
      remedy: 'Add a primary key on every node, or use a set of INSERT only (default_insert_only).',
    });
    return null;
  }
  grounds.ok(node, 'Key', facts.table.hasKey ? 'there' : 'none, and not needed: the set sends INSERT only');
  return facts.table.memberships.some((each) => each.set === set);
}

export function planRemoveTable(request: Request<'set-remove-table'>, observed: Observed): Draft {
  const { nodes, schema, table, set } = request;
  const grounds = new Grounds(observed);
  const steps: DraftStep[] = [];
  for (const node of new Set(nodes)) {
    const facts = grounds.need(node);
    if (facts === null) continue;
    const member = facts.table?.memberships.find((each) => each.set === set);
    const id = `remove:${node}`;
    if (member === undefined) grounds.ok(node, 'Member', `not in ${set}`);
    else grounds.todo(node, 'Member', `in ${set}`, id);
    steps.push(
      step({
        id,
        title: `Take ${schema}.${table} out of set ${set}`,
        node,
        done: member === undefined,
        undo: `Puts it back into ${set}${member?.columns || member?.rowFilter ? ', with its columns and filter' : ''}.`,
        action: {
          type: 'sql',
          node,
          timeoutSeconds: 30,
          units: [
            unit(remove(request), {
              already: isMember(request, false),
              undo: [add(request, member ?? null)],
            }),
          ],
        },
      }),
    );
  }
  grounds.ok(null, 'Rows', 'stay on every node; changes from then on are not sent');
  return {
    title: `Take ${schema}.${table} out of set ${set} on ${[...new Set(nodes)].join(', ')}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps,
  };
}

const RESYNC_WITHIN_SECONDS = 6 * 3600;

export function planResync(request: Request<'table-resync'>, observed: Observed): Draft {
  const { receiver, subscription: name, schema, table } = request;
  const grounds = new Grounds(observed);
  const found = grounds.subscription(receiver, name);
  const provider = found?.provider ?? 'the provider';
  if (found !== null) checkResync(grounds, request, found);
  return {
    title: `Copy ${schema}.${table} anew from ${provider} to ${receiver}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps:
      grounds.problems.length > 0
        ? []
        : [
            step({
              id: 'resync',
              title: `Copy ${schema}.${table} anew`,
              node: receiver,
              risk: 'data',
              riskText: `All rows of ${schema}.${table} on ${receiver} are deleted, then copied from ${provider}; rows that only ${receiver} has are lost there.`,
              undo: 'Nothing: the rows that were deleted do not come back.',
              action: {
                type: 'sql',
                node: receiver,
                timeoutSeconds: 60,
                units: [resyncUnit(request, grounds.may(receiver)?.standin === true)],
              },
            }),
            step({
              id: 'wait',
              title: 'Wait until it is copied',
              node: receiver,
              after: ['resync'],
              action: {
                type: 'wait',
                timeoutSeconds: RESYNC_WITHIN_SECONDS,
                awaited: [
                  {
                    node: receiver,
                    text: `${schema}.${table} is synchronized on ${receiver}`,
                    query: sql`SELECT sync_status IN ('y', 'r') ${syncRow(request)}`,
                  },
                ],
              },
            }),
          ],
  };
}

const syncRow = ({ subscription, schema, table }: Request<'table-resync'>): Sql =>
  sql`FROM spock.local_sync_status WHERE sync_subid = (SELECT sub_id FROM spock.subscription WHERE sub_name = ${quoteLiteral(subscription)}) AND sync_nspname = ${quoteLiteral(schema)} AND sync_relname = ${quoteLiteral(table)}`;

/**
 * Repair mode keeps the TRUNCATE on the receiver. Without it Spock 4.0.11 sends it to the receiver's own subscribers: seen in
 * a mesh of three, the table was empty on all of them, and there was nothing left to copy. 5.0.11 and 6.0.0 do it themselves;
 * the stand-in does too, and has no repair mode.
 */
function resyncUnit(request: Request<'table-resync'>, standin: boolean): SqlUnit {
  const { subscription, schema, table } = request;
  const resync = sql`SELECT spock.sub_resync_table(${quoteLiteral(subscription)}, ${quoteRegclass(schema, table)}, true)`;
  return unit(standin ? [resync] : [sql`SELECT spock.repair_mode(true)`, resync], {
    transaction: !standin,
    // A copy under way is not begun a second time: Spock refuses that.
    already: sql`SELECT EXISTS (SELECT ${syncRow(request)} AND sync_status NOT IN ('y', 'r'))`,
  });
}

function checkResync(
  grounds: Grounds,
  { receiver, schema, table }: Request<'table-resync'>,
  found: { name: string; provider: string | null; enabled: boolean; sets: string[] },
): void {
  if (!found.enabled) {
    grounds.problem(
      receiver,
      'disabled',
      `${found.name} is disabled: nothing would be copied.`,
      'Enable it first.',
    );
  }
  const referencing = grounds.may(receiver)?.table?.referencedBy ?? [];
  if (referencing.length > 0) {
    grounds.stop(receiver, 'Referenced by', referencing.join(', '), {
      code: 'referenced',
      message: `${schema}.${table} is referenced by ${referencing.join(', ')} on ${receiver}, and Spock empties it with TRUNCATE … CASCADE: these would be emptied too, and not copied.`,
      remedy: `Drop those foreign keys on ${receiver} first, copy the table, and make them again.`,
    });
  }
  if (grounds.may(receiver)?.table === null) {
    grounds.stop(receiver, 'Table', 'not there', {
      code: 'no-table',
      message: `${receiver} has no table ${quoteQualified(schema, table)}.`,
      remedy: 'Create it there first.',
    });
  }
  if (found.provider === null) return;
  const source = grounds.need(found.provider);
  if (source === null) return;
  const sent = source.table?.memberships.filter((each) => found.sets.includes(each.set)) ?? [];
  if (sent.length > 0) {
    grounds.ok(found.provider, 'Sent by', sent.map((each) => each.set).join(', '));
    return;
  }
  grounds.stop(found.provider, 'Sent by', 'no set of this subscription', {
    code: 'not-sent',
    message: `${found.provider} sends ${schema}.${table} in none of the sets of ${found.name}, so there is nothing to copy.`,
    remedy: `Put the table into one of ${found.sets.join(', ')} on ${found.provider} first.`,
  });
}
