import { describe, expect, test } from 'vitest';
import { alike, check, codes, draftFor, filled, NODES, oneFilled, server, table } from './test-servers.ts';

describe('rows', () => {
  test('of a source go to the empty, with its structure; room on disk is named as not known', () => {
    const draft = draftFor(oneFilled({ tables: [filled('a')] }), { dataFrom: 'n1' });
    expect(codes(draft)).toEqual([]);
    expect(check(draft, 'n1', 'Rows')).toMatchObject({ result: 'ok', value: 'source of the data, 977 kB' });
    for (const name of ['Structure', 'Rows', 'Disk']) {
      expect(check(draft, 'n2', name)).toMatchObject({ result: 'todo', step: 'seed:n2' });
    }
    expect(check(draft, 'n2', 'Roles')).toMatchObject({ result: 'ok', value: 'app' });
  });

  test('a structure needs its roles and extensions', () => {
    const source = {
      tables: [filled('a', { owner: 'boss' })],
      neededRoles: ['reader'],
      extensions: ['plpgsql', 'spock', 'postgis'],
    };
    const draft = draftFor(oneFilled(source), { dataFrom: 'n1' });
    expect(codes(draft)).toEqual(['no-role', 'no-extension']);
    expect(draft.problems.find(({ code }) => code === 'no-role')?.message).toContain('n2 lacks reader, boss');
    expect(check(draft, 'n3', 'Extensions')).toMatchObject({ result: 'stop', value: 'lacks postgis' });
  });

  test('the stand-in copies no structure', () => {
    const standin = { extension: { available: '1.0-standin', installed: null, standin: true } };
    expect(codes(draftFor(oneFilled({ tables: [filled('a')] }, standin), { dataFrom: 'n1' }))).toEqual([
      'standin-structure',
    ]);
  });

  test('on both sides of a copy stop it', () => {
    const draft = draftFor(
      [server('n1', { tables: [filled('a')] }), server('n2', { tables: [filled('a')] })],
      { dataFrom: 'n1' },
    );
    expect(codes(draft)).toEqual(['rows-on-both']);
    expect(draft.problems[0]?.remedy).toContain('TRUNCATE');
  });

  test('of an earlier try are no obstacle', () => {
    const subscriptions = [{ name: 'sub_n2n1', provider: 'n1', enabled: true }];
    const draft = draftFor(
      [
        server('n1', { nodeName: 'n1', tables: [filled('a')] }),
        server('n2', { nodeName: 'n2', tables: [filled('a')], subscriptions }),
      ],
      { dataFrom: 'n1' },
    );
    expect(codes(draft)).toEqual([]);
    expect(check(draft, 'n2', 'Rows')).toMatchObject({ result: 'ok', value: 'from n1, of an earlier try' });
  });

  test('on one node only, and nobody is to get them', () => {
    const draft = draftFor([server('n1', { tables: [filled('a')] }), server('n2', { tables: [table('a')] })]);
    expect(codes(draft)).toEqual(['rows-differ']);
    expect(draft.problems[0]?.remedy).toContain('Choose n1');
  });

  test('on all nodes are compared at the end', () => {
    expect(check(draftFor(alike({ tables: [filled('a')] })), 'n2', 'Rows')).toMatchObject({
      result: 'todo',
      step: 'compare',
    });
  });

  test('of a source without tables are none, and nothing is copied', () => {
    const draft = draftFor(alike({}), { dataFrom: 'n1' });
    expect(check(draft, 'n2', 'Rows')).toMatchObject({ result: 'ok', value: 'none' });
    expect(draft.steps.some(({ id }) => id.startsWith('seed:'))).toBe(false);
  });
});

describe('sequences', () => {
  const sequences = [{ schema: 'public', sequence: 'a_id_seq', usedBy: 'public.a.id', snowflake: false }];
  const chosen = [{ schema: 'public', sequence: 'a_id_seq' }];

  test('are to do where snowflake is to be had', () => {
    expect(check(draftFor(alike({ sequences }), { sequences: chosen }), 'n3', 'Sequences')).toMatchObject({
      result: 'todo',
      step: 'sequences:n3',
    });
  });

  test('stop where it is not, or where one is missing', () => {
    expect(codes(draftFor(alike({ sequences, snowflake: false }), { sequences: chosen }))).toEqual([
      'no-snowflake',
    ]);
    const draft = draftFor(
      NODES.map((name) => server(name, name === 'n2' ? {} : { sequences })),
      { sequences: chosen },
    );
    expect(codes(draft)).toEqual(['no-sequence']);
    expect(check(draft, 'n2', 'Sequences')).toMatchObject({ result: 'stop', value: 'lacks 1' });
  });

  test('come with a structure that is copied', () => {
    const draft = draftFor(oneFilled({ tables: [filled('a')], sequences }), {
      dataFrom: 'n1',
      sequences: chosen,
    });
    expect(codes(draft)).toEqual([]);
  });
});
