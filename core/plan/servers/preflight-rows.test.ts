import { describe, expect, test } from 'vitest';
import {
  alike,
  check,
  codes,
  filled,
  NODES,
  oneFilled,
  plannedFor,
  sequence,
  server,
  table,
} from '#core/testing/servers.ts';

describe('rows', () => {
  test('of a source go to the empty, with its structure; room on disk is named as not known', () => {
    const planned = plannedFor(oneFilled({ tables: [filled('a')] }), { dataFrom: 'n1' });
    expect(codes(planned)).toEqual([]);
    expect(check(planned, 'n1', 'Rows')).toMatchObject({ result: 'ok', value: 'source of the data, 977 kB' });
    for (const name of ['Structure', 'Rows']) {
      expect(check(planned, 'n2', name)).toMatchObject({ result: 'todo', step: 'seed:n2' });
    }
    expect(check(planned, 'n2', 'Disk')).toMatchObject({
      result: 'know',
      value: '977 kB to be copied; PostgreSQL cannot report the free space',
    });
    expect(check(planned, 'n2', 'Roles')).toMatchObject({ result: 'ok', value: 'app' });
  });

  test('a structure needs its roles and extensions', () => {
    const source = {
      tables: [filled('a', { owner: 'boss' })],
      neededRoles: ['reader'],
      extensions: ['plpgsql', 'spock', 'postgis'],
    };
    const planned = plannedFor(oneFilled(source), { dataFrom: 'n1' });
    expect(codes(planned)).toEqual(['no-role', 'no-extension']);
    expect(planned.problems.find(({ code }) => code === 'no-role')?.message).toContain(
      'n2 lacks reader, boss',
    );
    expect(check(planned, 'n3', 'Extensions')).toMatchObject({ result: 'stop', value: 'lacks postgis' });
  });

  test('the stand-in copies no structure', () => {
    const standin = { extension: { available: '1.0-standin', installed: null, standin: true } };
    expect(codes(plannedFor(oneFilled({ tables: [filled('a')] }, standin), { dataFrom: 'n1' }))).toEqual([
      'standin-structure',
    ]);
  });

  test('on both sides of a copy stop it', () => {
    const planned = plannedFor(
      [server('n1', { tables: [filled('a')] }), server('n2', { tables: [filled('a')] })],
      { dataFrom: 'n1' },
    );
    expect(codes(planned)).toEqual(['rows-on-both']);
    expect(planned.problems[0]?.remedy).toContain('TRUNCATE');
  });

  test('by an earlier attempt are no obstacle', () => {
    const subscriptions = [{ name: 'sub_n2n1', provider: 'n1', enabled: true }];
    const planned = plannedFor(
      [
        server('n1', { nodeName: 'n1', tables: [filled('a')] }),
        server('n2', { nodeName: 'n2', tables: [filled('a')], subscriptions }),
      ],
      { dataFrom: 'n1' },
    );
    expect(codes(planned)).toEqual([]);
    expect(check(planned, 'n2', 'Rows')).toMatchObject({
      result: 'ok',
      value: 'from n1, by an earlier attempt',
    });
  });

  test('on one node only, and nobody is to get them', () => {
    const planned = plannedFor([
      server('n1', { tables: [filled('a')] }),
      server('n2', { tables: [table('a')] }),
    ]);
    expect(codes(planned)).toEqual(['rows-differ']);
    expect(planned.problems[0]?.remedy).toContain('Choose n1');
  });

  test('on all nodes are not copied: said with their numbers', () => {
    const planned = plannedFor(
      [10, 8].map((rows, index) => server(`n${index + 1}`, { tables: [filled('a', { rows }), table('b')] })),
    );
    expect(check(planned, 'n2', 'Rows')).toMatchObject({
      result: 'know',
      value: 'existing rows are not copied: n1 10, n2 8; compared at the end',
    });
    const many = plannedFor([1, 2].map((n) => server(`n${n}`, { tables: [filled('a', { rows: 250_000 })] })));
    expect(check(many, 'n1', 'Rows')?.value).toContain('n1 about 250,000, n2 about 250,000');
  });

  test('that nobody could look for are neither there nor not there', () => {
    const held = filled('a', { rowsUnread: 'locked by a session (pid 4711)' });
    const planned = plannedFor([server('n1', { tables: [held] }), server('n2')], { dataFrom: 'n1' });
    expect(codes(planned)).toEqual(['rows-not-known']);
    expect(planned.problems[0]).toMatchObject({
      node: 'n1',
      message: 'It is not known whether n1 has rows in public.a (locked by a session (pid 4711)).',
    });
    // Of a table that is left out nobody has to know.
    const without = plannedFor([server('n1', { tables: [held] }), server('n2')], { tables: 'none' });
    expect(codes(without)).toEqual([]);
  });

  test('of a source without tables are none, and nothing is copied', () => {
    const planned = plannedFor(alike({}), { dataFrom: 'n1' });
    expect(check(planned, 'n2', 'Rows')).toMatchObject({ result: 'ok', value: 'none' });
    expect(planned.steps.some(({ id }) => id.startsWith('seed:'))).toBe(false);
  });
});

describe('sequences', () => {
  const sequences = [sequence('a_id_seq')];
  const chosen = [{ schema: 'public', sequence: 'a_id_seq' }];

  test('are to do where snowflake is to be had', () => {
    expect(check(plannedFor(alike({ sequences }), { sequences: chosen }), 'n3', 'Sequences')).toMatchObject({
      result: 'todo',
      step: 'sequences:n3',
    });
  });

  test('stop where it is not, or where one is missing', () => {
    expect(codes(plannedFor(alike({ sequences, snowflake: false }), { sequences: chosen }))).toEqual([
      'no-snowflake',
    ]);
    const planned = plannedFor(
      NODES.map((name) => server(name, name === 'n2' ? {} : { sequences })),
      { sequences: chosen },
    );
    expect(codes(planned)).toEqual(['no-sequence']);
    expect(check(planned, 'n2', 'Sequences')).toMatchObject({ result: 'stop', value: 'lacks 1' });
  });

  test('come with a structure that is copied', () => {
    const planned = plannedFor(oneFilled({ tables: [filled('a')], sequences }), {
      dataFrom: 'n1',
      sequences: chosen,
    });
    expect(codes(planned)).toEqual([]);
  });
});
