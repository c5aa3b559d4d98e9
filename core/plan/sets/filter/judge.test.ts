import { parse } from 'libpg-query';
import { describe, expect, test } from 'vitest';
import type { ObservedColumn } from '#core/model/observed.ts';
import { judgeFilter } from './judge.ts';
import { onlyExpression } from './tree.ts';

const column = (name: string, type: string, change: Partial<ObservedColumn> = {}): ObservedColumn => ({
  name,
  type,
  notNull: false,
  filledBy: 'nothing',
  ...change,
});
const COLUMNS = [
  column('id', 'integer'),
  column('big', 'bigint'),
  column('amount', 'numeric(10,2)'),
  column('ratio', 'double precision'),
  column('region', 'text'),
  column('code', 'character varying(8)'),
  column('Day', 'date'),
  column('at', 'timestamp with time zone'),
  column('live', 'boolean'),
  column('doc', 'jsonb'),
  column('twice', 'integer', { filledBy: 'generated' }),
];

async function judged(filter: string) {
  const tree = onlyExpression(await parse(`SELECT (${filter}\n)`));
  if (tree === null) return 'not one expression';
  const judgement = judgeFilter(tree, COLUMNS);
  return judgement.ok ? judgement.filter : judgement.why;
}

describe('a filter that gives a value for every row', () => {
  test.each<[string, string]>([
    [`region = 'eu'`, `("region" OPERATOR(pg_catalog.=) 'eu'::pg_catalog.text)`],
    [`(region = 'eu'::text)`, `("region" OPERATOR(pg_catalog.=) 'eu'::pg_catalog.text)`],
    [`code = 'x'`, `("code"::pg_catalog.text OPERATOR(pg_catalog.=) 'x'::pg_catalog.text)`],
    [`((code)::text = 'x'::text)`, `("code"::pg_catalog.text OPERATOR(pg_catalog.=) 'x'::pg_catalog.text)`],
    [
      `id > 5 AND big <= 3000000000`,
      `(("id" OPERATOR(pg_catalog.>) 5) AND ("big" OPERATOR(pg_catalog.<=) (3000000000)))`,
    ],
    [`id % 4 = 0`, `(("id" OPERATOR(pg_catalog.%) 4) OPERATOR(pg_catalog.=) 0)`],
    [
      `region IN ('a', 'b')`,
      `(("region" OPERATOR(pg_catalog.=) 'a'::pg_catalog.text) OR ("region" OPERATOR(pg_catalog.=) 'b'::pg_catalog.text))`,
    ],
    [`live`, `"live"`],
    [`NOT live OR live IS NOT TRUE`, `((NOT "live") OR ("live" IS NOT TRUE))`],
    [`"Day" >= '2024-01-01'`, `("Day" OPERATOR(pg_catalog.>=) '2024-01-01'::pg_catalog.date)`],
    [
      `lower(region) LIKE 'eu%'`,
      `(pg_catalog."lower"("region") OPERATOR(pg_catalog.~~) 'eu%'::pg_catalog.text)`,
    ],
    [
      `coalesce(region, '') <> 'x'`,
      `(COALESCE("region", ''::pg_catalog.text) OPERATOR(pg_catalog.<>) 'x'::pg_catalog.text)`,
    ],
    [`amount > 5`, `("amount" OPERATOR(pg_catalog.>) 5::pg_catalog.numeric)`],
    [`id = 1 -- what follows is a comment`, `("id" OPERATOR(pg_catalog.=) 1)`],
  ])('%s', async (filter, text) => {
    expect(await judged(filter)).toMatchObject({ text });
  });

  test('says what it looks at and calls', async () => {
    expect(await judged(`lower(region) = 'eu' AND id > 5`)).toMatchObject({
      columns: ['region', 'id'],
      operators: ['=(text,text)', '>(integer,integer)'],
      functions: ['lower(text)'],
      matched: [],
    });
  });
});

describe('refused, with why', () => {
  test.each<[string, RegExp | string]>([
    ['10 / id = 1', /divisor is 0/],
    ['id % id = 1', /whole number other than 0/],
    ['id % 0 = 1', /whole number other than 0/],
    ['id + 1 > 2', /out of range/],
    ['random() < 0.5', /function random is not on the list/],
    ['public.mine(id)', /public.mine/],
    ['pg_catalog.pg_sleep(1) IS NULL', /pg_sleep/],
    ['now() > at', /function now/],
    ['current_date > "Day"', /not immutable/],
    [`"Day" < 'now'`, /write the day itself/],
    ['"Day" < at', /depends on settings/],
    ['ratio > amount', /can fail/],
    ['region::integer = 1', /cast from text to integer can fail/],
    ['big::integer = 1', /cast from bigint to integer can fail/],
    ['id = (SELECT 1)', 'it has a subquery'],
    [`doc ->> 'a' = 'b'`, /JSON/],
    [`doc IS NOT NULL`, /type jsonb/],
    [`region ~ 'a('`, /regular expression/],
    [`region LIKE code`, /constant pattern/],
    [String.raw`region LIKE 'a\'`, /backslash/],
    [`region = code`, /collations/],
    [`region`, /not true or false/],
    [`nothing = 1`, /no column nothing/],
    [`twice = 1`, /generated/],
    [`t.id = 1`, /column alone/],
    [`id OPERATOR(public.=) 1`, /not of pg_catalog/],
    [`length(region) FILTER (WHERE true) = 1`, /length/],
    ['id = 1) , (2 = 2', 'not one expression'],
    ['id = 1) FROM t WHERE (2 = 2', 'not one expression'],
    ['id = 1) AS a, (true', 'not one expression'],
    ['true); DROP TABLE t; SELECT (true', 'not one expression'],
  ])('%s', async (filter, why) => {
    const found = await judged(filter);
    if (typeof why === 'string') expect(found).toBe(why);
    else expect(found).toMatch(why);
  });
});
