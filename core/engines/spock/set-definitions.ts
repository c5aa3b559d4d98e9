/** Sets themselves: made, altered, dropped. */
import type { SequenceName, SetMember, SetSends } from '#core/engines/changes.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import { type Sql, sql } from '#core/engines/sql.ts';
import { type SqlUnit, unit } from '#core/engines/units.ts';
import { addMembers, addSequences } from './set-members.ts';

const KINDS = ['insert', 'update', 'delete', 'truncate'] as const;

const given = (sends: Partial<SetSends>): string =>
  KINDS.flatMap((kind) => (sends[kind] === undefined ? [] : [`, replicate_${kind} := ${sends[kind]}`])).join(
    '',
  );

const create = (set: string, sends: SetSends): Sql =>
  sql`SELECT spock.repset_create(${quoteLiteral(set)}${given(sends)})`;
const alter = (set: string, sends: SetSends): Sql =>
  sql`SELECT spock.repset_alter(${quoteLiteral(set)}${given(sends)})`;
const drop = (set: string): Sql => sql`SELECT spock.repset_drop(${quoteLiteral(set)})`;

const own = (set: string): string =>
  `FROM spock.replication_set s JOIN spock.local_node l ON l.node_id = s.set_nodeid WHERE s.set_name = ${quoteLiteral(set)}`;

const sendsSo = (set: string, sends: SetSends): Sql =>
  sql`SELECT EXISTS (SELECT ${own(set)} AND ${KINDS.map((kind) => `s.replicate_${kind} = ${sends[kind]}`).join(' AND ')})`;

export const createSet = (set: string, sends: SetSends): SqlUnit =>
  unit(create(set, sends), {
    scope: 'catalog',
    object: `replication set ${set}`,
    already: sendsSo(set, sends),
    undo: [drop(set)],
  });

/** `was` comes back whole, so that nothing of what others have altered meanwhile is taken for this plan's. */
export const alterSet = (set: string, sends: SetSends, was: SetSends): SqlUnit =>
  unit(alter(set, sends), {
    scope: 'catalog',
    object: `replication set ${set}`,
    already: sendsSo(set, sends),
    undo: [alter(set, was)],
  });

/** With what was in it, it comes back; a receiver that lists it would be lost by then (see the planner). */
export const dropSet = (
  set: string,
  was: SetSends,
  members: readonly SetMember[],
  sequences: readonly SequenceName[],
): SqlUnit =>
  unit(drop(set), {
    scope: 'catalog',
    object: `replication set ${set}`,
    transaction: true,
    already: sql`SELECT NOT EXISTS (SELECT ${own(set)})`,
    undo: [create(set, was), ...addMembers(set, members), ...addSequences(set, sequences)],
  });
