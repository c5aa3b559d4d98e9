/** Where one node's schema is not another's, and the statements that make it so. Pure. */
import { quoteLiteral } from '#core/engines/quote.ts';
import type { ObservedSchema, SchemaColumn, SchemaTable } from '#core/model/observed.ts';

/** One object; `from` and `to` say how the two nodes have it, null: not at all. */
export interface Difference {
  /** `column public.orders.note`. */
  object: string;
  from: string | null;
  to: string | null;
  /** What is done together, in one transaction: a table, or all objects of a kind. */
  group: string;
  /** Each does no harm when it is run twice. Empty: nothing is done about it. */
  statements: string[];
  /** Restores it; null: nothing does. */
  undo: string[] | null;
  /** Why no statement is given, or what one does to rows. */
  say: string | null;
}

const GROUPS = ['schemas', 'extensions', 'types', 'sequences'] as const;

/** Of objects that are made in this order: what a later one needs is there by then. Foreign keys come last. */
export function differencesOf(from: ObservedSchema, to: ObservedSchema): Difference[] {
  return [
    ...named(from.schemas, to.schemas, (name) => name).map(({ name, one }) =>
      difference('schema', name, one === undefined ? null : '', one === undefined ? '' : null, 'schemas', {
        statements: one === undefined ? [] : [`CREATE SCHEMA IF NOT EXISTS ${name}`],
        undo: one === undefined ? null : [`DROP SCHEMA ${name}`],
        say: one === undefined ? EXTRA : null,
      }),
    ),
    ...extensions(from, to),
    ...enums(from, to),
    ...sequences(from, to),
    ...tables(from, to),
    ...settings(from, to),
  ];
}

/** The groups in which statements are run. */
export const groupsOf = (differences: readonly Difference[]): [group: string, of: Difference[]][] => {
  const groups = new Map<string, Difference[]>(GROUPS.map((name) => [name, []]));
  for (const each of differences) groups.set(each.group, [...(groups.get(each.group) ?? []), each]);
  const last = groups.get(FOREIGN_KEYS) ?? [];
  groups.delete(FOREIGN_KEYS);
  return [...groups, [FOREIGN_KEYS, last] as [string, Difference[]]].filter(([, of]) => of.length > 0);
};

const FOREIGN_KEYS = 'foreign keys';
const EXTRA = 'is there only; what holds rows or is used by others is not dropped here';

function difference(
  kind: string,
  name: string,
  from: string | null,
  to: string | null,
  group: string,
  more: Partial<Pick<Difference, 'statements' | 'undo' | 'say'>> = {},
): Difference {
  return { object: `${kind} ${name}`, from, to, group, statements: [], undo: null, say: null, ...more };
}

/** All names of both, with what each has by it; those that are the same text are left out. */
function named<T>(
  from: readonly T[],
  to: readonly T[],
  nameOf: (of: T) => string,
): { name: string; one: T | undefined; other: T | undefined }[] {
  const [ones, others] = [from, to].map((list) => new Map(list.map((each) => [nameOf(each), each])));
  return [...new Set([...(ones?.keys() ?? []), ...(others?.keys() ?? [])])]
    .map((name) => ({ name, one: ones?.get(name), other: others?.get(name) }))
    .filter(({ one, other }) => JSON.stringify(one) !== JSON.stringify(other));
}

const extensions = (from: ObservedSchema, to: ObservedSchema): Difference[] =>
  named(from.extensions, to.extensions, ({ name }) => name).map(({ name, one, other }) =>
    difference('extension', name, one?.version ?? null, other?.version ?? null, 'extensions', {
      statements:
        one === undefined
          ? []
          : other === undefined
            ? [`CREATE EXTENSION IF NOT EXISTS ${name} VERSION ${quoteLiteral(one.version)}`]
            : [],
      undo: one !== undefined && other === undefined ? [`DROP EXTENSION IF EXISTS ${name}`] : null,
      say:
        one === undefined
          ? EXTRA
          : other === undefined
            ? null
            : 'is updated by ALTER EXTENSION, where the package has that version',
    }),
  );

const enums = (from: ObservedSchema, to: ObservedSchema): Difference[] =>
  named(from.enums, to.enums, ({ name }) => name).map(({ name, one, other }) => {
    const text = (of: typeof one) => (of === undefined ? null : of.labels.join(', '));
    const statements =
      one === undefined
        ? []
        : other === undefined
          ? [`CREATE TYPE ${name} AS ENUM (${one.labels.map(quoteLiteral).join(', ')})`]
          : labels(name, one.labels, other.labels);
    const more = other?.labels.filter((each) => one?.labels.includes(each) === false) ?? [];
    return difference('type', name, text(one), text(other), 'types', {
      statements,
      undo: one !== undefined && other === undefined ? [`DROP TYPE IF EXISTS ${name}`] : null,
      say:
        one === undefined
          ? EXTRA
          : more.length > 0
            ? `labels cannot be dropped: ${more.join(', ')}`
            : statements.length === 0
              ? 'labels in another order, which no statement changes'
              : null,
    });
  });

/** Each new label behind the one that it follows. */
const labels = (name: string, wanted: readonly string[], there: readonly string[]): string[] =>
  wanted.flatMap((label, index) => {
    if (there.includes(label)) return [];
    const before = wanted[index - 1];
    const next = wanted[index + 1];
    const place =
      before !== undefined
        ? ` AFTER ${quoteLiteral(before)}`
        : next !== undefined
          ? ` BEFORE ${quoteLiteral(wanted.find((each) => there.includes(each)) ?? next)}`
          : '';
    return [`ALTER TYPE ${name} ADD VALUE IF NOT EXISTS ${quoteLiteral(label)}${place}`];
  });

const sequences = (from: ObservedSchema, to: ObservedSchema): Difference[] =>
  named(from.sequences, to.sequences, ({ name }) => name)
    // Where it starts matters at its making only, and is often meant to differ.
    .filter(({ one, other }) => one?.definition !== other?.definition)
    .map(({ name, one, other }) =>
      difference('sequence', name, one?.definition ?? null, other?.definition ?? null, 'sequences', {
        statements:
          one === undefined
            ? []
            : other === undefined
              ? [`CREATE SEQUENCE IF NOT EXISTS ${name} ${one.definition} START WITH ${one.start}`]
              : [`ALTER SEQUENCE ${name} ${one.definition}`],
        undo:
          one === undefined
            ? null
            : other === undefined
              ? [`DROP SEQUENCE IF EXISTS ${name}`]
              : [`ALTER SEQUENCE ${name} ${other.definition}`],
        say: one === undefined ? EXTRA : null,
      }),
    );

const settings = (from: ObservedSchema, to: ObservedSchema): Difference[] =>
  named(Object.entries(from.settings), Object.entries(to.settings), ([name]) => name).map(
    ({ name, one, other }) =>
      difference('setting', name, one?.[1] ?? null, other?.[1] ?? null, 'settings', {
        say: 'is a setting of the server: change it by a plan of settings',
      }),
  );

function tables(from: ObservedSchema, to: ObservedSchema): Difference[] {
  return named(from.tables, to.tables, ({ name }) => name).flatMap(({ name, one, other }): Difference[] => {
    if (one === undefined) return [difference('table', name, null, 'there', name, { say: EXTRA })];
    if (other === undefined) {
      return [
        difference('table', name, tableText(one), null, name, {
          statements: [createTable(one), ...one.indexes.map(({ definition }) => ifNotExists(definition))],
          say: 'is made empty and is in no replication set: copy its rows and add it to its sets afterwards',
        }),
        ...foreignKeys(one, []),
      ];
    }
    return [
      ...(one.persistence === other.persistence &&
      one.partitionBy === other.partitionBy &&
      one.partitionOf === other.partitionOf &&
      one.bound === other.bound
        ? []
        : [
            difference('table', name, tableText(one), tableText(other), name, {
              say: 'is another kind of table, which no statement changes',
            }),
          ]),
      ...columns(one, other),
      ...constraints(one, other),
      ...indexes(one, other),
    ];
  });
}

const tableText = ({ columns: all, partitionOf, partitionBy, persistence }: SchemaTable): string =>
  [
    `${all.length} columns`,
    ...(persistence === 'u' ? ['unlogged'] : []),
    ...(partitionOf === null ? [] : [`partition of ${partitionOf}`]),
    ...(partitionBy === null ? [] : [`partitioned by ${partitionBy}`]),
  ].join(', ');

function createTable({
  name,
  columns: all,
  constraints: rules,
  partitionBy,
  partitionOf,
  bound,
  persistence,
}: SchemaTable): string {
  const kind = persistence === 'u' ? 'UNLOGGED TABLE' : 'TABLE';
  const by = partitionBy === null ? '' : ` PARTITION BY ${partitionBy}`;
  if (partitionOf !== null)
    return `CREATE ${kind} IF NOT EXISTS ${name} PARTITION OF ${partitionOf} ${bound ?? ''}${by}`;
  const parts = [
    ...all.map(columnDefinition),
    ...rules.filter(({ kind: of }) => of !== 'f').map((each) => `CONSTRAINT ${each.name} ${each.definition}`),
  ];
  return `CREATE ${kind} IF NOT EXISTS ${name} (${parts.join(', ')})${by}`;
}

const IDENTITY: Record<string, string> = {
  a: ' GENERATED ALWAYS AS IDENTITY',
  d: ' GENERATED BY DEFAULT AS IDENTITY',
};

const columnDefinition = ({
  name,
  type,
  collation,
  notNull,
  default: value,
  generated,
  identity,
}: SchemaColumn): string =>
  `${name} ${type}${collation === null ? '' : ` COLLATE ${collation}`}${generated === null ? '' : ` GENERATED ALWAYS AS (${generated}) STORED`}${value === null ? '' : ` DEFAULT ${value}`}${IDENTITY[identity ?? ''] ?? ''}${notNull ? ' NOT NULL' : ''}`;

function columns(one: SchemaTable, other: SchemaTable): Difference[] {
  const alter = (text: string) => `ALTER TABLE ${one.name} ${text}`;
  return named(one.columns, other.columns, ({ name }) => name).map(({ name, one: own, other: there }) => {
    const text = (of: typeof own) => (of === undefined ? null : columnDefinition(of).slice(name.length + 1));
    const make = (more: Parameters<typeof difference>[5]) =>
      difference('column', `${one.name}.${name}`, text(own), text(there), one.name, more);
    if (own === undefined) return make({ say: EXTRA });
    if (there === undefined) {
      return make({
        statements: [alter(`ADD COLUMN IF NOT EXISTS ${columnDefinition(own)}`)],
        say:
          own.notNull && own.default === null
            ? 'NOT NULL without a default: it can be added to an empty table only'
            : null,
      });
    }
    if (
      own.generated !== there.generated ||
      own.identity !== there.identity ||
      own.collation !== there.collation
    ) {
      return make({ say: 'is generated, an identity or collated otherwise: change it by hand' });
    }
    const sets = (to: SchemaColumn, was: SchemaColumn) => [
      ...(to.default === was.default
        ? []
        : [
            alter(
              `ALTER COLUMN ${name} ${to.default === null ? 'DROP DEFAULT' : `SET DEFAULT ${to.default}`}`,
            ),
          ]),
      ...(to.notNull === was.notNull
        ? []
        : [alter(`ALTER COLUMN ${name} ${to.notNull ? 'SET' : 'DROP'} NOT NULL`)]),
    ];
    const isOtherType = own.type !== there.type;
    return make({
      statements: [
        ...(isOtherType ? [alter(`ALTER COLUMN ${name} TYPE ${own.type}`)] : []),
        ...sets(own, there),
      ],
      undo: isOtherType ? null : sets(there, own),
      say: isOtherType
        ? 'the table may be written anew under ACCESS EXCLUSIVE; it fails where a value does not fit'
        : null,
    });
  });
}

function constraints(one: SchemaTable, other: SchemaTable): Difference[] {
  const plain = ({ constraints: all }: SchemaTable) => all.filter(({ kind }) => kind !== 'f');
  return [
    ...named(plain(one), plain(other), ({ name }) => name).map(({ name, one: own, other: there }) =>
      ruleDifference(one.name, name, own?.definition, there?.definition, one.name),
    ),
    ...foreignKeys(one, other.constraints),
  ];
}

function foreignKeys(one: SchemaTable, there: SchemaTable['constraints']): Difference[] {
  const keys = (all: SchemaTable['constraints']) => all.filter(({ kind }) => kind === 'f');
  return named(keys(one.constraints), keys(there), ({ name }) => name).map(({ name, one: own, other }) =>
    ruleDifference(one.name, name, own?.definition, other?.definition, FOREIGN_KEYS),
  );
}

function ruleDifference(
  table: string,
  name: string,
  own: string | undefined,
  there: string | undefined,
  group: string,
): Difference {
  const to = (definition: string | undefined) => [
    `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${name}${definition === undefined ? '' : `, ADD CONSTRAINT ${name} ${definition}`}`,
  ];
  return difference('constraint', `${name} of ${table}`, own ?? null, there ?? null, group, {
    statements: to(own),
    undo: to(there),
  });
}

const ifNotExists = (definition: string): string =>
  definition.replace(/^CREATE (UNIQUE )?INDEX /, (_, unique = '') => `CREATE ${unique}INDEX IF NOT EXISTS `);

function indexes(one: SchemaTable, other: SchemaTable): Difference[] {
  return named(one.indexes, other.indexes, ({ name }) => name).map(({ name, one: own, other: there }) => {
    const to = (of: typeof own) => [
      `DROP INDEX IF EXISTS ${name}`,
      ...(of === undefined ? [] : [of.definition]),
    ];
    const text = (of: typeof own) =>
      of === undefined ? null : `${of.definition.replace(/^CREATE /, '')}${of.valid ? '' : ' (not valid)'}`;
    return difference('index', name, text(own), text(there), one.name, {
      statements: own?.valid === false ? [] : to(own),
      undo: own?.valid === false ? null : to(there),
      say: own?.valid === false ? 'is not valid there: build it anew there first' : null,
    });
  });
}
