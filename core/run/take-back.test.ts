import { describe, expect, test } from 'vitest';
import { type Inventory, nameOfObject } from '#core/plan/servers/inventory.ts';
import { othersIn, type TableLook } from './others-rows.ts';
import { restoredBy } from './restore.ts';
import { dropStatements, mayHaveCome, takeBack } from './take-back.ts';

const object = (id: string, kind: string, type: string, identity: string, ...made: string[]) => ({
  id,
  kind,
  type,
  identity,
  made,
});
const table = (id: string, name: string, ...made: string[]) =>
  object(id, 'pg_class', 'table', `public.${name}`, ...made);
const link = (id: string, on: string, part = false) => ({ id, on, part });

const NOW: Inventory = {
  objects: [
    object('s', 'pg_namespace', 'schema', 'old', '5'),
    table('a', 'a', '700', '701'),
    object('ai', 'pg_class', 'index', 'public.a_pkey', '701'),
    table('b', 'b', '700'),
    object('f', 'pg_proc', 'function', 'public.f(public.a)', '700'),
    table('mine', 'mine', '720'),
  ],
  links: [link('ai', 'a', true), link('f', 'a'), link('b', 'a')],
};
const COPIED = {
  before: new Set(['s']),
  now: NOW,
  restore: new Set(['700', '701']),
  own: new Set<string>(),
  rowsOfOthers: new Map(),
};
const taken = (change: Partial<typeof COPIED> = {}) => {
  const { drop, kept } = takeBack({ ...COPIED, ...change });
  return { drop: drop.map(nameOfObject), kept: kept.map((each) => `${each.code} ${each.object}`) };
};
const more = (...objects: Inventory['objects']): Inventory => ({
  ...NOW,
  objects: [...NOW.objects, ...objects],
});

describe('what is taken back', () => {
  test('is what the restore made, what hangs on others first, and nothing else', () => {
    const { drop, kept } = taken();
    expect(kept).toEqual([]);
    expect([...drop].sort()).toEqual(['function public.f(public.a)', 'table public.a', 'table public.b']);
    expect(drop.at(-1)).toBe('table public.a');
  });

  test('is nothing where no transaction is proved to be the restore’s', () => {
    expect(taken({ restore: new Set() })).toEqual({ drop: [], kept: [] });
  });

  test('where it is not proved, what the source has as well is said, and all that is new where that cannot be asked', () => {
    const objects = [table('x', 'a', '1'), table('y', 'b', '1')];
    const said = (restore: string[], source: Inventory | null) =>
      mayHaveCome({ ...COPIED, restore: new Set(restore) }, source).map(({ code, object: name }) => [
        code,
        name,
      ]);
    const here = { objects, links: [] };
    expect(said([], here)).toEqual([
      ['not-known', 'table public.a'],
      ['not-known', 'table public.b'],
    ]);
    expect(said(['700'], here)).toEqual([]);
    expect(said(['700'], null)).toEqual([['not-known', 'table public.mine']]);
  });

  test('keeps what others hang on it, and what that needs', () => {
    const now = more(object('v', 'pg_class', 'view', 'public.v', '720'));
    expect(taken({ now: { ...now, links: [...NOW.links, link('v', 'b')] } })).toEqual({
      drop: ['function public.f(public.a)'],
      kept: ['others-depend table public.b', 'after-others table public.a'],
    });
  });

  test('keeps a table that others gave an index, but not one that the run gave it', () => {
    const now = more(object('bi', 'pg_class', 'index', 'public.bi', '720'));
    const given = { ...now, links: [...NOW.links, link('bi', 'b', true)] };
    expect(taken({ now: given }).kept).toContain('others-depend table public.b');
    expect(taken({ now: given, own: new Set(['720']) }).kept).toEqual([]);
  });

  test('keeps a table in which others have written', () => {
    const rowsOfOthers = new Map([['public.b', { code: 'written-since' as const, why: '1 row' }]]);
    expect(taken({ rowsOfOthers }).kept).toEqual([
      'written-since table public.b',
      'after-others table public.a',
    ]);
  });

  test('never with CASCADE, and a subscription without its slot', () => {
    const subscription = object('x', 'pg_subscription', 'subscription', 'sub');
    expect(dropStatements(subscription)).toEqual([
      'ALTER SUBSCRIPTION sub DISABLE',
      'ALTER SUBSCRIPTION sub SET (slot_name = NONE)',
      'DROP SUBSCRIPTION sub',
    ]);
    const mapping = object('m', 'pg_user_mapping', 'user mapping', 'app on server sv');
    expect(dropStatements(mapping)).toEqual(['DROP USER MAPPING FOR "app" SERVER "sv"']);
  });
});

test('the restore’s transactions are those that are proved', () => {
  const evidence = { before: new Set(['s']), now: NOW, source: null, tablesMadeBy: ['700'] };
  expect(restoredBy({ ...evidence, state: 'data' })).toEqual(['700']);
  expect(restoredBy({ ...evidence, state: 'structure' })).toEqual([]);
  expect(restoredBy({ ...evidence, state: 'data', tablesMadeBy: ['700', '720'] })).toEqual([]);
  const source: Inventory = { objects: NOW.objects.filter(({ id }) => id !== 'mine'), links: NOW.links };
  expect(restoredBy({ ...evidence, source, state: 'done' })).toEqual(['700', '701']);
  // The state was lost in a crash: all that the source has was made by one transaction.
  expect(restoredBy({ ...evidence, source, state: 'structure' })).toEqual(['700']);
  const lacking = { ...NOW, objects: NOW.objects.filter(({ id }) => id !== 'b') };
  expect(restoredBy({ ...evidence, now: lacking, source, state: 'structure' })).toEqual([]);
});

test('whose the rows of a table are', () => {
  const begun = { relfilenode: '1', inserted: 0, changed: 3, applied: 1, started: 'x' };
  const mark = { ...begun, inserted: 10, changed: 5, applied: 3 };
  const look: TableLook = { theirs: 0, unknown: 0, begun, ended: mark, now: mark, rewritten: null };
  const code = (change: Partial<TableLook>, own: string[] = []) =>
    othersIn({ ...look, ...change }, own)?.code ?? null;
  expect(code({})).toBeNull();
  expect(code({ theirs: 1 })).toBe('written-since');
  expect(code({ unknown: 1 })).toBe('not-known');
  expect(code({ now: { ...mark, changed: 6 } })).toBe('written-since');
  expect(code({ now: { ...mark, changed: 7, applied: 5 } })).toBeNull();
  expect(code({ now: { ...mark, applied: null } })).toBe('not-known');
  expect(code({ now: { ...mark, started: 'y', applied: 0 } })).toBe('not-known');
  // What links applied before the copy had ended does not hide what others deleted afterwards.
  expect(code({ now: { ...mark, changed: 6, applied: 3 } })).toBe('written-since');
  expect(code({ now: { ...mark, inserted: 0 } })).toBe('not-known');
  const rewritten = { ...mark, relfilenode: '2' };
  expect(code({ now: rewritten, rewritten: { made: '9', origin: '0' } })).toBe('not-known');
  expect(code({ now: rewritten, rewritten: { made: '9', origin: '0' } }, ['9'])).toBeNull();
  expect(code({ now: rewritten, rewritten: { made: '9', origin: '49708' } })).toBeNull();
  expect(code({ ended: null, now: { ...mark, changed: 9 } })).toBeNull();
});
