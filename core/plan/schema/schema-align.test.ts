import { describe, expect, test } from 'vitest';
import type { ObservedSchema, SchemaColumn, SchemaTable } from '#core/model/observed.ts';
import { planChange } from '#core/plan/planners.ts';
import { codes, known, mesh } from '#core/testing/nodes.ts';
import { differencesOf, groupsOf } from './differences.ts';

const column = (name: string, change: Partial<SchemaColumn> = {}): SchemaColumn => ({
  name,
  type: 'integer',
  notNull: false,
  default: null,
  generated: null,
  identity: null,
  collation: null,
  ...change,
});
const table = (change: Partial<SchemaTable> = {}): SchemaTable => ({
  name: 'public.t',
  persistence: 'p',
  partitionBy: null,
  partitionOf: null,
  bound: null,
  columns: [column('id')],
  constraints: [],
  indexes: [],
  ...change,
});
const schema = (change: Partial<ObservedSchema> = {}): ObservedSchema => ({
  schemas: [],
  extensions: [],
  enums: [],
  sequences: [],
  tables: [table()],
  settings: {},
  ...change,
});
const statements = (from: Partial<ObservedSchema>, to: Partial<ObservedSchema> = {}) =>
  differencesOf(schema(from), schema(to)).flatMap((each) => each.statements);

describe('statements', () => {
  test.each<[string, Partial<ObservedSchema>, Partial<ObservedSchema>, string[]]>([
    ['nothing', {}, {}, []],
    [
      'a column with all that it has',
      {
        tables: [
          table({
            columns: [
              column('id'),
              column('"A b"', { type: 'text', collation: '"C"', default: "'x'::text", notNull: true }),
            ],
          }),
        ],
      },
      {},
      [`ALTER TABLE public.t ADD COLUMN IF NOT EXISTS "A b" text COLLATE "C" DEFAULT 'x'::text NOT NULL`],
    ],
    [
      'type, default, NOT NULL',
      { tables: [table({ columns: [column('id', { type: 'bigint', notNull: true })] })] },
      { tables: [table({ columns: [column('id', { default: '5' })] })] },
      [
        'ALTER TABLE public.t ALTER COLUMN id TYPE bigint',
        'ALTER TABLE public.t ALTER COLUMN id DROP DEFAULT',
        'ALTER TABLE public.t ALTER COLUMN id SET NOT NULL',
      ],
    ],
    [
      'a partition',
      { tables: [table(), table({ name: 'public.p', partitionOf: 'public.t', bound: 'FOR VALUES IN (1)' })] },
      {},
      ['CREATE TABLE IF NOT EXISTS public.p PARTITION OF public.t FOR VALUES IN (1)'],
    ],
    [
      'an index of the same name with another definition, and one too many',
      {
        tables: [
          table({
            indexes: [
              { name: 'public.i', definition: 'CREATE INDEX i ON public.t USING btree (id)', valid: true },
            ],
          }),
        ],
      },
      {
        tables: [
          table({
            indexes: [
              { name: 'public.i', definition: 'CREATE INDEX i ON public.t USING hash (id)', valid: true },
              { name: 'public.j', definition: 'CREATE INDEX j ON public.t USING hash (id)', valid: true },
            ],
          }),
        ],
      },
      [
        'DROP INDEX IF EXISTS public.i',
        'CREATE INDEX i ON public.t USING btree (id)',
        'DROP INDEX IF EXISTS public.j',
      ],
    ],
    [
      'labels, each behind the one that it follows',
      { enums: [{ name: 'public.mood', labels: ['a', 'b', 'c', 'd'] }] },
      { enums: [{ name: 'public.mood', labels: ['b', 'd'] }] },
      [
        `ALTER TYPE public.mood ADD VALUE IF NOT EXISTS 'a' BEFORE 'b'`,
        `ALTER TYPE public.mood ADD VALUE IF NOT EXISTS 'c' AFTER 'b'`,
      ],
    ],
    [
      'what only the other has stays',
      {},
      {
        tables: [table({ columns: [column('id'), column('more')] }), table({ name: 'public.u' })],
        schemas: ['x'],
      },
      [],
    ],
    [
      'a setting is changed elsewhere',
      { settings: { wal_level: 'logical' } },
      { settings: { wal_level: 'replica' } },
      [],
    ],
  ])('%s', (_what, from, to, wanted) => {
    expect(statements(from, to)).toEqual(wanted);
  });
});

test('tables first, foreign keys last', () => {
  const fk = { name: 'k', kind: 'f', definition: 'FOREIGN KEY (id) REFERENCES public.z(id)' };
  const from = schema({
    schemas: ['s'],
    tables: [table({ name: 'public.a', constraints: [fk] }), table({ name: 'public.z' }), table()],
  });
  expect(groupsOf(differencesOf(from, schema())).map(([group]) => group)).toEqual([
    'schemas',
    'public.a',
    'public.z',
    'foreign keys',
  ]);
});

test('a plan says what differs, runs what it can, and names what it leaves', () => {
  const one = schema({ tables: [table({ columns: [column('id', { notNull: true })] })] });
  const other = schema({ tables: [table({ columns: [column('id'), column('mine')] })] });
  const request = { kind: 'schema-align' as const, cluster: 'shop', from: 'n1', to: 'n2' };
  const plan = planChange(request, mesh({ n1: { schema: one }, n2: { schema: other } }));
  expect(codes(plan)).toEqual([]);
  expect(plan.steps.map(({ id, node }) => [id, node])).toEqual([['align:public.t', 'n2']]);
  expect(known(plan)).toEqual([
    'n2 column public.t.mine: n1 none; n2 integer: is there only; what holds rows or is used by others is not dropped here',
  ]);
  const some = { ...request, objects: ['column public.t.nix'] };
  expect(codes(planChange(some, mesh({ n1: { schema: one }, n2: { schema: other } })))).toEqual([
    'no-difference',
  ]);
  expect(codes(planChange({ ...request, to: 'n1' }, mesh({ n1: { schema: one } })))).toEqual(['same-node']);
  expect(
    codes(planChange(request, mesh({ n1: { schema: one }, n2: { unread: { schema: 'timeout' } } }))),
  ).toEqual(['unread']);
});
