import { expect, test } from 'vitest';
import type { NamedObject } from '#core/model/observed-server.ts';
import { check, codes, filled, plannedFor, server, structure, table } from '#core/testing/servers.ts';
import { inTheWay } from './in-the-way.ts';

const object = (type: string, identity: string, extension: string | null = null): NamedObject => ({
  type,
  identity,
  extension,
});

const SOURCE = [
  object('table', 'public.orders'),
  object('index', 'public.orders_pkey'),
  object('sequence', 'public.orders_id_seq'),
  object('function', 'public.total(integer)'),
  object('operator family', 'public.fam USING btree'),
  object('extension', 'citext'),
  object('type', 'public.citext', 'citext'),
  object('schema', 'reports'),
];

test('an object that the source has as well is in the way', () => {
  const own = [object('schema', 'reports'), object('operator family', 'public.fam USING btree')];
  expect(inTheWay(SOURCE, own)).toEqual(['operator family public.fam USING btree', 'schema reports']);
});

test('so is one of another kind that takes the same name', () => {
  expect(inTheWay(SOURCE, [object('view', 'public.orders')])).toEqual(['view public.orders (table there)']);
  expect(inTheWay(SOURCE, [object('type', 'public.orders')])).toEqual(['type public.orders (table there)']);
  expect(inTheWay(SOURCE, [object('materialized view', 'public.orders_pkey')])).toEqual([
    'materialized view public.orders_pkey (index there)',
  ]);
  expect(inTheWay(SOURCE, [object('procedure', 'public.total(integer)')])).toEqual([
    'procedure public.total(integer) (function there)',
  ]);
});

test('one that may have the name beside it is not', () => {
  const own = [
    object('sequence', 'public.total'),
    object('type', 'public.orders_id_seq'),
    object('function', 'public.total(text)'),
    object('schema', 'other'),
  ];
  expect(inTheWay(SOURCE, own)).toEqual([]);
});

test('members of the same extension meet nothing; of different ones, or of none, they do', () => {
  expect(
    inTheWay(SOURCE, [object('extension', 'citext'), object('type', 'public.citext', 'citext')]),
  ).toEqual([]);
  expect(inTheWay(SOURCE, [object('type', 'public.citext')])).toEqual([
    'type public.citext (of extension citext there)',
  ]);
  expect(inTheWay(SOURCE, [object('function', 'public.total(integer)', 'math')])).toEqual([
    'function public.total(integer) of extension math',
  ]);
});

test('a plan stops at them before anything is copied, and only where structure is copied', () => {
  const source = server('n1', { tables: [filled('orders')], structure: structure({ objects: SOURCE }) });
  const objects = [object('view', 'public.orders')];
  const planned = (tables = [] as ReturnType<typeof filled>[]) =>
    plannedFor([source, server('n2', { tables, structure: structure({ objects }) }), server('n3')], {
      dataFrom: 'n1',
    });
  expect(codes(planned())).toEqual(['objects-in-the-way']);
  expect(check(planned(), 'n2', 'In the way')).toMatchObject({ result: 'stop', value: '1 object' });
  expect(check(planned(), 'n3', 'In the way')).toMatchObject({ result: 'ok', value: 'nothing' });
  expect(codes(planned([table('orders')]))).not.toContain('objects-in-the-way');
});
