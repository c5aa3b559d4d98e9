/** Whether one node's table takes what another's sends: columns, and rules that only the one that takes has. */
import type { ObservedColumn, ObservedRule, ObservedTable } from '#core/model/observed.ts';

/** Each in words, for a sentence: `n2 has no column note`. Empty: it takes all. */
export function columnTrouble(
  provider: { name: string; table: Pick<ObservedTable, 'columns'> },
  receiver: { name: string; table: Pick<ObservedTable, 'columns'> },
  sent: readonly string[] | null,
): string[] {
  const theirs = new Map((provider.table.columns ?? []).map((each) => [each.name, each]));
  const own = new Map((receiver.table.columns ?? []).map((each) => [each.name, each]));
  const names = sent ?? [...theirs.keys()];
  const trouble = names.flatMap((name) => {
    const from = theirs.get(name);
    if (from === undefined || from.filledBy === 'generated') return [];
    const to = own.get(name);
    if (to === undefined) return [`${receiver.name} has no column ${name}`];
    if (to.filledBy === 'generated') return [`column ${name} is generated on ${receiver.name} only`];
    if (!takes(from.type, to.type)) {
      return [`column ${name} is ${from.type} on ${provider.name} and ${to.type} on ${receiver.name}`];
    }
    return to.notNull && !from.notNull ? [`column ${name} is NOT NULL on ${receiver.name} only`] : [];
  });
  const unfilled = [...own.values()].filter(
    (each) => !names.includes(each.name) && each.notNull && each.filledBy === 'nothing',
  );
  return [
    ...trouble,
    ...unfilled.map((each) => `column ${each.name} of ${receiver.name} is NOT NULL, and nothing fills it`),
  ];
}

const INTEGERS = ['smallint', 'integer', 'bigint', 'numeric'];

/** Every value of the one type is one of the other's: integers into wider ones, strings into text or a longer varchar. */
function takes(from: string, to: string): boolean {
  if (from === to) return true;
  const [narrow, wide] = [INTEGERS.indexOf(from), INTEGERS.indexOf(to)];
  if (narrow !== -1 && wide !== -1) return wide >= narrow;
  const length = /^character varying\((\d+)\)$/;
  const [shorter, longer] = [length.exec(from), length.exec(to)];
  if (shorter !== null && longer !== null) return Number(longer[1]) >= Number(shorter[1]);
  return shorter !== null && (to === 'text' || to === 'character varying');
}

export const generatedColumns = (table: ObservedTable): ObservedColumn[] =>
  (table.columns ?? []).filter((each) => each.filledBy === 'generated');

/**
 * Rules of the receiver that can refuse a row which the provider's rules allow. Foreign keys are not among them: copies and
 * changes that come are not held against them (session_replication_role is replica, spock_sync.c and spock_apply.c).
 */
export function rulesOfReceiverOnly(provider: ObservedTable, receiver: ObservedTable): ObservedRule[] {
  const narrowing = ['check', 'unique', 'exclusion', 'domain'];
  const known = new Set((provider.rules ?? []).map(rule));
  return (receiver.rules ?? []).filter((each) => narrowing.includes(each.kind) && !known.has(rule(each)));
}

/** Labels of enums, and partitions' bounds: what the provider may send and the receiver has no place for. */
export function placesOfProviderOnly(provider: ObservedTable, receiver: ObservedTable): ObservedRule[] {
  const known = new Set((receiver.rules ?? []).map((each) => `${each.kind} ${each.definition}`));
  const anywhere = (receiver.rules ?? []).some(
    (each) => each.kind === 'bounds' && each.definition === 'DEFAULT',
  );
  const enums = new Set(
    (receiver.rules ?? []).filter((each) => each.kind === 'enum').map((each) => column(each)),
  );
  return (provider.rules ?? []).filter((each) => {
    if (known.has(`${each.kind} ${each.definition}`)) return false;
    if (each.kind === 'bounds') return !anywhere;
    // A column that is an enum here and text there takes all.
    return each.kind === 'enum' && enums.has(column(each));
  });
}

const column = (each: ObservedRule): string => each.definition.slice(0, each.definition.indexOf(" '"));

export const foreignKeysOfReceiverOnly = (
  provider: ObservedTable,
  receiver: ObservedTable,
): ObservedRule[] => {
  const known = new Set((provider.rules ?? []).map(rule));
  return (receiver.rules ?? []).filter((each) => each.kind === 'foreign key' && !known.has(rule(each)));
};

const rule = ({ table, kind, definition }: ObservedRule): string => `${table} ${kind} ${definition}`;
