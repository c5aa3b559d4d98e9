import { describe, expect, test } from 'vitest';
import type { ServerFacts } from '#core/model/observed-server.ts';
import { alike, check, codes, column, plannedFor, server, table } from '#core/testing/servers.ts';

describe('tables', () => {
  const all = (...tables: ReturnType<typeof table>[]): Partial<ServerFacts> => ({ tables });

  test('the same everywhere', () => {
    const planned = plannedFor(alike(all(table('a'), table('b'))));
    expect(codes(planned)).toEqual([]);
    expect(check(planned, 'n3', 'Structure')).toMatchObject({ result: 'ok', value: '2 tables' });
    expect(check(planned, 'n3', 'Keys')).toMatchObject({ result: 'ok', value: 'all have one' });
  });

  test('one that differs or is missing is said by name, and what can be done', () => {
    const other = table('a', { columns: [column('id', 'bigint'), column('more')], key: ['id', 'more'] });
    const planned = plannedFor([server('n1', all(table('a'), table('b'))), server('n2', all(other))]);
    expect(codes(planned)).toEqual(['schema-drift']);
    const { message = '' } = planned.problems[0] ?? {};
    for (const part of [
      'n2 lacks public.b',
      'column id is bigint on n2, integer on n1',
      'n2 lacks column balance',
      'n2 also has column more',
      'n2 has key (id, more), n1 key (id)',
    ]) {
      expect(message).toContain(part);
    }
    expect(check(planned, 'n2', 'Structure')).toMatchObject({ result: 'stop', value: 'lacks 1, 5 differ' });
  });

  test('a column that may be NULL on one node only differs', () => {
    const loose = table('a', {
      columns: [
        column('id'),
        column('balance', 'numeric(12,2)', { notNull: false }),
        column('text', 'text', { notNull: false }),
      ],
    });
    expect(
      plannedFor([server('n1', all(table('a'))), server('n2', all(loose))]).problems[0]?.message,
    ).toContain('column balance is nullable on n2, NOT NULL on n1');
  });

  test('of many faults the first five are told and the rest counted', () => {
    const many = Array.from({ length: 9 }, (_, index) => table(`t${index}`));
    expect(plannedFor([server('n1', all(...many)), server('n2')]).problems[0]?.message).toContain(
      'and 4 more',
    );
  });

  test('one that is asked for and stands nowhere; a set that nobody subscribes to; a source that is no node', () => {
    const one = { schema: 'public', table: 'nix', set: 'default', deltaColumns: [] };
    expect(codes(plannedFor(alike({}), { tables: [one] }))).toEqual(['no-table']);
    expect(
      codes(plannedFor(alike(all(table('a'))), { tables: [{ ...one, table: 'a', set: 'mine' }] })),
    ).toEqual(['no-set']);
    expect(codes(plannedFor(alike({}), { dataFrom: 'n9' }))).toEqual(['no-source']);
  });

  test('no key: into default_insert_only by itself, and refused in default', () => {
    const keyless = table('a', { key: [] });
    expect(check(plannedFor(alike(all(keyless))), 'n1', 'Keys')).toMatchObject({
      result: 'know',
      value: '1 without, in default_insert_only: UPDATE and DELETE there stay on their node',
    });
    const chosen = [{ schema: 'public', table: 'a', set: 'default', deltaColumns: [] }];
    expect(codes(plannedFor(alike(all(keyless)), { tables: chosen }))).toEqual(['no-replica-identity']);
    // Spock refuses it although the old row is in the WAL, also where there is a primary key.
    expect(codes(plannedFor(alike(all(table('a', { identityFull: true }))), { tables: chosen }))).toEqual([
      'no-replica-identity',
    ]);
  });

  test.each(['text', 'id', 'nix'])('column %s cannot be added up', (name) => {
    const chosen = [{ schema: 'public', table: 'a', set: 'default', deltaColumns: [name] }];
    expect(codes(plannedFor(alike(all(table('a'))), { tables: chosen }))).toEqual(['no-delta']);
  });

  test('the stand-in adds nothing up', () => {
    const chosen = [{ schema: 'public', table: 'a', set: 'default', deltaColumns: ['balance'] }];
    const standin = { extension: { available: '1.0-standin', installed: null, standin: true } };
    expect(codes(plannedFor(alike({ ...all(table('a')), ...standin }), { tables: chosen }))).toEqual([
      'standin-delta',
    ]);
  });
});
