import { expect, test } from 'vitest';
import { columnsOfFilter } from './row-filter.ts';

const columns = [
  'id integer',
  'region text',
  'time timestamp without time zone',
  'year integer',
  'My Col text',
  'c "C"',
  'lower text',
];

test.each([
  ["(region = 'eu'::text)", ['region']],
  ['(id > 10)', ['id']],
  ["((region = 'id'::text) AND (id < 3))", ['region', 'id']],
  ["(lower(region) = 'x'::character varying(3))", ['region']],
  ["(lower = 'x'::text)", ['lower']],
  ['(("My Col" = \'a "time" b\'::text) OR ("time" IS NULL))', ['My Col', 'time']],
  ["('2025-01-01 00:00:00'::timestamp without time zone < now())", []],
  ["('12:00:00'::time without time zone <> '1'::time)", []],
  ['(EXTRACT(year FROM "time") = (2025)::numeric)', ['time']],
  ['(year = 2025)', ['year']],
  ["(region = ANY (ARRAY['eu'::text, 'us'::text]))", ['region']],
  ["((region COLLATE \"C\") > 'it''s'::text)", ['region']],
  ['(public.year(id) > 1)', ['id']],
  ['true', []],
])('%s', (filter, wanted) => expect(columnsOfFilter(filter, columns)).toEqual(wanted));
