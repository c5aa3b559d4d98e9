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
  const members = () => {
    const [one, two, three] = cluster.nodes[0]?.tables ?? [];
    if (!one || !two || !three) throw new Error('n1 has too few tables');
    const member = ({ schema, name }: typeof one) => ({ schema, table: name, alone: true });
    return [member(one), member(two), member(three)] as const;
  };

  it('puts tables into a set as they were there, and takes them out', () => {
    const mark = cluster.nodes[0]?.catalogMark ?? 0;
    const before = cluster.nodes[0]?.tables.slice(0, 3).map(({ sets: own }) => own) ?? [];
    const like = { columns: ['id', "o'clock", 'a, b)'], rowFilter: String.raw`note <> 'it''s \ (x)'` };
    const all = { columns: null, rowFilter: null };
    const [first, second, third] = members();
    const change = {
      out: [],
      into: [
        { ...first, like },
        { ...second, like: all },
        { ...third, like: all },
      ],
      sequencesOut: [],
      sequencesInto: [{ schema: 'public', sequence: "it's" }],
    };
    const unit = sets.change('default_insert_only', change);
    expect(unit.statements.map(run)).toEqual([true, true, true]);
    const now = () => cluster.nodes[0]?.tables.slice(0, 3).map(({ sets: own }) => own.at(-1));
    expect(now()).toEqual([like, all, all].map((each) => ({ set: 'default_insert_only', ...each })));
    expect(unit.statements.map(run)).toEqual([false, false, false]);
    expect(unit.undo?.map(run)).toEqual([true, true]);
    expect(cluster.nodes[0]?.tables.slice(0, 3).map(({ sets: own }) => own)).toEqual(before);
    expect(unit.undo?.map(run)).toEqual([false, false]);
    expect(cluster.nodes[0]?.catalogMark).toBe(mark + 8);
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
    const none = { schema: 'no', table: 'such', alone: false, like: { columns: null, rowFilter: null } };
    const unit = sets.change('default', { out: [none], into: [], sequencesOut: [], sequencesInto: [] });
    expect(() => unit.statements.map(run)).toThrow('relation "no.such" does not exist');
    expect(() => run(subscriptions.enable('nobody'))).toThrow("subscription 'nobody' not found");
    expect(() => execute(cluster, 'n1', 'SELECT pg_no_such_thing()')).toThrow('has no function for');
  });
});
