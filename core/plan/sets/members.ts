/** What of a set has to change on one node, so that it holds what a request wants. */
import type { LikeMembership, SetMember } from '#core/engines/changes.ts';
import type { ObservedFacts, ObservedMembership, ObservedSetTable } from '#core/model/observed.ts';
import type { TableIntoSet } from '#core/model/requests/sets.ts';
import { matcher } from './pattern.ts';
import type { Wanted } from './wanted.ts';

/** No name holds a NUL. */
export const keyOf = ({ schema, table }: { schema: string; table: string }): string => `${schema}\0${table}`;

/** A table of one node, and what is wanted of it; null: all that stays as it is, or all rows and columns. */
export interface Chosen {
  table: ObservedSetTable;
  wanted: TableIntoSet | null;
}

export interface Choice {
  add: Chosen[];
  remove: ObservedSetTable[];
  /** Named, and not there. */
  absent: { schema: string; table: string }[];
}

/** Named tables first; a pattern brings those that are not named. */
export function choose(wanted: Wanted, facts: Pick<ObservedFacts, 'tables'>): Choice {
  const there = new Map((facts.tables ?? []).map((table) => [keyOf(table), table]));
  const named = [...wanted.add, ...wanted.remove];
  const names = new Set(named.map(keyOf));
  const matching = (pattern: Wanted['pattern']) => {
    if (pattern === null) return [];
    const matches = matcher(pattern);
    return (facts.tables ?? []).filter(
      (each) => each.partitionOf == null && !names.has(keyOf(each)) && matches(each),
    );
  };
  const found = (each: { schema: string; table: string }) => there.get(keyOf(each)) ?? [];
  return {
    add: [
      ...wanted.add.flatMap((each) => [found(each)].flat().map((table) => ({ table, wanted: each }))),
      ...matching(wanted.pattern).map((table) => ({ table, wanted: null })),
    ],
    remove: [...wanted.remove.flatMap(found), ...matching(wanted.removePattern)],
    absent: [
      ...new Map(named.filter((each) => !there.has(keyOf(each))).map((each) => [keyOf(each), each])).values(),
    ],
  };
}

/** One relation: the table, or a partition of it. A partitioned table alone replicates nothing: what is written is a partition's. */
interface Relation {
  schema: string;
  table: string;
  /** Says that partitions are not meant; only where there are some, since older versions have no such argument. */
  alone: boolean;
  memberships: ObservedMembership[];
}

export function relationsOf({ schema, table, memberships, partitions = [] }: ObservedSetTable): Relation[] {
  const alone = partitions.length > 0;
  return [{ schema, table, alone, memberships }, ...partitions.map((each) => ({ ...each, alone }))];
}

export const memberOf = (of: Pick<Relation, 'memberships'>, set: string): ObservedMembership | null =>
  of.memberships.find((each) => each.set === set) ?? null;

const ALL: LikeMembership = { columns: null, rowFilter: null };

const likeOf = (member: ObservedMembership | null): LikeMembership =>
  member === null ? ALL : { columns: member.columns, rowFilter: member.rowFilter };

const asMember = ({ schema, table, alone }: Relation, like: LikeMembership): SetMember => ({
  schema,
  table,
  alone,
  like,
});

const sameColumns = (one: readonly string[] | null, other: readonly string[] | null): boolean =>
  one === null || other === null
    ? one === other
    : one.length === other.length && one.every((each) => other.includes(each));

/** What changes for a table that is to be in the set. `same`: relations that are as wanted. */
export interface TableChange {
  out: SetMember[];
  into: (SetMember & { asTyped?: boolean })[];
  same: SetMember[];
}

/**
 * `isPrinted`: whether a filter is as some node's catalog prints it; `means`: whether two filters are the same on this node, as its
 * server reads them.
 */
export function intoSet(
  { table, wanted }: Chosen,
  set: string,
  isPrinted: (filter: string) => boolean,
  means: (one: string | null, other: string | null) => boolean,
): TableChange {
  const change: TableChange = { out: [], into: [], same: [] };
  for (const relation of relationsOf(table)) {
    const member = memberOf(relation, set);
    const was = likeOf(member);
    const like = {
      columns: wanted?.columns === undefined ? was.columns : wanted.columns,
      rowFilter: wanted?.rowFilter === undefined ? was.rowFilter : wanted.rowFilter,
    };
    const isSame = sameColumns(was.columns, like.columns) && means(was.rowFilter, like.rowFilter);
    if (member !== null && isSame) {
      change.same.push(asMember(relation, was));
      continue;
    }
    if (member !== null) change.out.push(asMember(relation, was));
    const asTyped = like.rowFilter !== null && !isPrinted(like.rowFilter);
    change.into.push({ ...asMember(relation, like), ...(asTyped && { asTyped }) });
  }
  return change;
}

/** `out`: as they are; the others are in it no more. */
export function outOfSet(table: ObservedSetTable, set: string): { out: SetMember[]; same: SetMember[] } {
  const relations = relationsOf(table);
  const members = relations.filter((each) => memberOf(each, set) !== null);
  return {
    out: members.map((each) => asMember(each, likeOf(memberOf(each, set)))),
    same: members.length === 0 ? relations.map((each) => asMember(each, ALL)) : [],
  };
}
