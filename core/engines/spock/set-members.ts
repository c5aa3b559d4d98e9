/** What a set has in it, changed in one transaction: a statement for all relations that come or go alike. */
import type {
  LikeMembership,
  SequenceName,
  SetChange,
  SetMember,
  SetRelation,
} from '#core/engines/changes.ts';
import { quoteLiteral, quoteQualified } from '#core/engines/quote.ts';
import { type Sql, sql } from '#core/engines/sql.ts';
import { type SqlUnit, unit } from '#core/engines/units.ts';

const regclass = (names: readonly string[]): string =>
  `ARRAY[${names.map(quoteLiteral).join(', ')}]::regclass[]`;

/** One call for one relation, and one statement with as many calls for several. */
function calls(name: string, set: string, relations: readonly string[], given: string): Sql {
  const call = (relation: string) => `SELECT spock.${name}(${quoteLiteral(set)}, ${relation}${given})`;
  const [only = ''] = relations;
  return relations.length === 1
    ? sql`${call(`${quoteLiteral(only)}::regclass`)}`
    : sql`${call('r.relation')} FROM unnest(${regclass(relations)}) AS r (relation)`;
}

const nameOf = ({ schema, table }: SetRelation): string => quoteQualified(schema, table);
const sequenceOf = ({ schema, sequence }: SequenceName): string => quoteQualified(schema, sequence);

function grouped<T>(list: readonly T[], keyOf: (of: T) => unknown): [T, ...T[]][] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const each of list) {
    const key = JSON.stringify(keyOf(each));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [each]);
    else group.push(each);
  }
  return [...groups.values()];
}

const alone = (only: boolean): string => (only ? ', include_partitions := false' : '');

const array = (columns: readonly string[]): string =>
  `ARRAY[${columns.map(quoteLiteral).join(', ')}]::text[]`;

const asGiven = ({ columns, rowFilter }: LikeMembership): string =>
  `${columns === null ? '' : `, columns := ${array(columns)}`}${rowFilter === null ? '' : `, row_filter := ${quoteLiteral(rowFilter)}`}`;

export const addMembers = (set: string, members: readonly SetMember[]): Sql[] =>
  grouped(members, (each) => [each.like.columns, each.like.rowFilter, each.alone]).map((group) =>
    calls(
      'repset_add_table',
      set,
      group.map(nameOf),
      `, synchronize_data := false${asGiven(group[0].like)}${alone(group[0].alone)}`,
    ),
  );

const remove = (set: string, members: readonly SetMember[]): Sql[] =>
  grouped(members, (each) => each.alone).map((group) =>
    calls('repset_remove_table', set, group.map(nameOf), alone(group[0].alone)),
  );

export const addSequences = (set: string, sequences: readonly SequenceName[]): Sql[] =>
  sequences.length === 0
    ? []
    : [calls('repset_add_seq', set, sequences.map(sequenceOf), ', synchronize_data := false')];

const removeSequences = (set: string, sequences: readonly SequenceName[]): Sql[] =>
  sequences.length === 0 ? [] : [calls('repset_remove_seq', set, sequences.map(sequenceOf), '')];

/** Memberships `m` of this node's set. */
const members = (set: string): string =>
  `spock.replication_set_table m JOIN spock.replication_set s ON s.set_id = m.set_id AND s.set_name = ${quoteLiteral(set)} JOIN spock.local_node l ON l.node_id = s.set_nodeid`;

const sequenceMembers = (set: string): string =>
  `spock.replication_set_seq m JOIN spock.replication_set s ON s.set_id = m.set_id AND s.set_name = ${quoteLiteral(set)} JOIN spock.local_node l ON l.node_id = s.set_nodeid`;

/** No relation of these is without such a row `m`, or with one. */
const holds = (relations: readonly string[], wanted: boolean, rows: string): string =>
  `NOT EXISTS (SELECT FROM unnest(${regclass(relations)}) AS r (relation) WHERE ${wanted ? 'NOT ' : ''}EXISTS (SELECT FROM ${rows}))`;

const FILTER = 'pg_get_expr(m.set_row_filter, m.set_reloid)';

/**
 * A filter as it was typed is printed otherwise by the catalog: it is there when one is that was not there before (`was`).
 */
function isLike(of: SetChange['into'][number], was: LikeMembership | undefined): string {
  const { columns, rowFilter } = of.like;
  const list =
    columns === null
      ? 'm.set_att_list IS NULL'
      : `(SELECT array_agg(c ORDER BY c COLLATE "C") FROM unnest(m.set_att_list) c) = ${array([...columns].sort())}`;
  if (rowFilter === null) return `${list} AND m.set_row_filter IS NULL`;
  if (of.asTyped !== true) return `${list} AND ${FILTER} = ${quoteLiteral(rowFilter)}`;
  const before = was?.rowFilter ?? null;
  return `${list} AND ${before === null ? 'm.set_row_filter IS NOT NULL' : `${FILTER} <> ${quoteLiteral(before)}`}`;
}

function isSo(set: string, { out, into, sequencesOut, sequencesInto }: SetChange): Sql {
  const was = new Map(out.map((each) => [nameOf(each), each.like]));
  const stays = new Set(into.map(nameOf));
  const gone = out.filter((each) => !stays.has(nameOf(each)));
  const there = grouped(into, (each) => isLike(each, was.get(nameOf(each)))).map((group) =>
    holds(
      group.map(nameOf),
      true,
      `${members(set)} WHERE m.set_reloid = r.relation AND ${isLike(group[0], was.get(nameOf(group[0])))}`,
    ),
  );
  const conditions = [
    ...there,
    ...(gone.length === 0
      ? []
      : [holds(gone.map(nameOf), false, `${members(set)} WHERE m.set_reloid = r.relation`)]),
    ...sequenceConditions(set, sequencesInto, true),
    ...sequenceConditions(set, sequencesOut, false),
  ];
  return sql`SELECT ${conditions.join(' AND ')}`;
}

const sequenceConditions = (set: string, sequences: readonly SequenceName[], wanted: boolean): string[] =>
  sequences.length === 0
    ? []
    : [holds(sequences.map(sequenceOf), wanted, `${sequenceMembers(set)} WHERE m.set_seqoid = r.relation`)];

/** What the set sends of these relations. What is put back after somebody has changed it would write over that. */
const identityOf = (set: string, relations: readonly string[]): Sql =>
  sql`SELECT md5(string_agg(concat_ws(' ', m.set_reloid::oid, m.set_att_list, ${FILTER}), ',' ORDER BY m.set_reloid::oid)) FROM ${members(set)} WHERE m.set_reloid = ANY (${regclass(relations)})`;

export function change(set: string, of: SetChange): SqlUnit {
  const { out, into, sequencesOut, sequencesInto } = of;
  const relations = [...new Set([...out, ...into].map(nameOf))];
  return unit(
    [
      ...remove(set, out),
      ...removeSequences(set, sequencesOut),
      ...addMembers(set, into),
      ...addSequences(set, sequencesInto),
    ],
    {
      scope: 'catalog',
      transaction: true,
      already: isSo(set, of),
      ...(into.some((each) => each.asTyped === true) && { identity: identityOf(set, relations) }),
      undo: [
        ...removeSequences(set, sequencesInto),
        ...remove(set, into),
        ...addSequences(set, sequencesOut),
        ...addMembers(set, out),
      ],
    },
  );
}
