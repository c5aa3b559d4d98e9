import { beforeAll, describe, expect, it } from 'vitest';
import { changesOf } from '#core/engines/registry.ts';
import { renderSql } from '#core/engines/sql.ts';
import type { SimCluster } from '#mocks/world/model.ts';
import { execute } from '#mocks/world/statements.ts';
import { mockWorld } from './node.ts';

describe('a statement on a simulated server', () => {
  const { sets, subscriptions } = changesOf('spock');
  let cluster: SimCluster;
  beforeAll(() => {
    cluster = mockWorld('healthy').world.need('orders').cluster;
  }, 60_000);

  const run = (statement: Parameters<typeof renderSql>[0]) =>
    execute(
      cluster,
      'n1',
      renderSql(statement, () => ''),
    );
  const first = () => {
    const table = cluster.nodes[0]?.tables[0];
    if (!table) throw new Error('n1 has no table');
    return { ...table, table: table.name, alone: true };
  };

  it('puts a table into a set as it was there, and takes it out', () => {
    const table = first();
    const mark = cluster.nodes[0]?.catalogMark ?? 0;
    const like = { columns: ['id', "o'clock", 'a, b)'], rowFilter: String.raw`note <> 'it''s \ (x)'` };
    expect(run(sets.add(table, "s'1", like))).toBe(true);
    expect(first().sets.at(-1)).toEqual({ set: "s'1", ...like });
    expect(run(sets.add(table, "s'1", null))).toBe(false);
    expect(run(sets.remove(table, "s'1"))).toBe(true);
    expect(first().sets).toEqual(table.sets);
    expect(run(sets.remove(table, "s'1"))).toBe(false);
    expect(cluster.nodes[0]?.catalogMark).toBe(mark + 2);
  });

  it('enables and disables, and says whether that changed anything', () => {
    const sub = cluster.subscriptions.find(({ receiver }) => receiver === 'n1');
    const name = sub?.name ?? '';
    expect(run(subscriptions.disable(name))).toBe(true);
    expect(sub?.enabled).toBe(false);
    expect(run(subscriptions.disable(name))).toBe(false);
    expect(run(subscriptions.enable(name))).toBe(true);
    expect(sub?.enabled).toBe(true);
  });

  it('takes and leaves sets', () => {
    const sub = cluster.subscriptions.find(({ receiver }) => receiver === 'n1');
    const before = sub?.replicationSets;
    const { statements, undo } = subscriptions.changeSets(sub?.name ?? '', {
      add: ["s'1"],
      remove: ['default'],
    });
    expect(statements.map(run)).toEqual([true, true]);
    expect(sub?.replicationSets).toContain("s'1");
    expect(sub?.replicationSets).not.toContain('default');
    expect(statements.map(run)).toEqual([false, false]);
    for (const statement of undo ?? []) run(statement);
    expect(sub?.replicationSets.toSorted()).toEqual(before?.toSorted());
  });

  it('fails as a server does where there is no such thing', () => {
    expect(() => run(sets.remove({ schema: 'no', table: 'such', alone: false }, 'default'))).toThrow(
      'relation "no.such" does not exist',
    );
    expect(() => run(subscriptions.enable('nobody'))).toThrow("subscription 'nobody' not found");
    expect(() => execute(cluster, 'n1', 'SELECT pg_no_such_thing()')).toThrow('has no function for');
  });
});
