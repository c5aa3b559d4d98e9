import { describe, expect, test } from 'vitest';
import type { HoldAction } from '#core/plan/executable.ts';
import {
  alike,
  facts,
  filled,
  ids,
  oneFilled,
  plannedFor,
  server,
  sqlOf,
  stepOf,
  table,
} from '#core/testing/servers.ts';

type Drawn = ReturnType<typeof plannedFor>;
const holdOf = (planned: Drawn, id: string): HoldAction => {
  const { action } = stepOf(planned, id);
  if (action.type !== 'hold') throw new Error(`${id} is no hold`);
  return action;
};
const slotsOf = (planned: Drawn, id: string) =>
  holdOf(planned, id).nodes.flatMap(({ slots }) =>
    slots.map(({ provider, receiver }) => `${provider}→${receiver}`),
  );
const saidOf = (planned: Drawn, name = 'Writes') =>
  planned.checks
    .filter((check) => check.name === name)
    .map(({ node, result, value }) => ({ node, result, value }));
const comesAfter = (planned: Drawn, id: string, earlier: string): boolean =>
  stepOf(planned, id).after.some((each) => each === earlier || comesAfter(planned, each, earlier));
const empty = () => [
  server('n1', { tables: [filled('a')] }),
  server('n2', { tables: [table('a')] }),
  server('n3', { tables: [table('a')] }),
];

describe('what is written on a receiver', () => {
  test('is kept for all others from before the copy on, where its tables are there', () => {
    const planned = plannedFor(empty(), { dataFrom: 'n1' });
    expect(ids(planned).filter((id) => id.startsWith('hold'))).toEqual(['hold:n2', 'hold:n3']);
    expect(slotsOf(planned, 'hold:n2')).toEqual(['n2→n1', 'n2→n3']);
    expect(holdOf(planned, 'hold:n2').nodes[0]?.look).toBe('empty');
    for (const seed of ['seed:n2', 'seed:n3']) {
      for (const hold of ['hold:n2', 'hold:n3']) expect(comesAfter(planned, seed, hold)).toBe(true);
    }
  });

  test('comes to nobody before every copy is read: it would come twice', () => {
    for (const planned of [
      plannedFor(empty(), { dataFrom: 'n1' }),
      plannedFor(oneFilled({ tables: [filled('a')] }, {}), { dataFrom: 'n1' }),
    ]) {
      const links = ids(planned).filter((id) => id.startsWith('subscribe:'));
      expect(links).toHaveLength(4);
      for (const link of links) {
        for (const earlier of ['seed:n2', 'seed:n3', 'hold:n2', 'hold:n3'])
          expect(comesAfter(planned, link, earlier)).toBe(true);
      }
    }
  });

  test('is looked for where the copy makes the tables, and too much to be looked through is said', () => {
    const small = plannedFor(oneFilled({ tables: [filled('a')] }, {}), { dataFrom: 'n1' });
    expect(comesAfter(small, 'hold:n2', 'sets:n2')).toBe(true);
    expect(comesAfter(small, 'sets:n2', 'seed:n2')).toBe(true);
    expect(holdOf(small, 'hold:n2').nodes[0]?.look).toBe('copied');
    const large = plannedFor(oneFilled({ tables: [filled('a', { bytes: 5_000_000_000 })] }, {}), {
      dataFrom: 'n1',
    });
    expect(holdOf(large, 'hold:n2').nodes[0]?.look).toBe('none');
    expect(saidOf(large)[0]).toEqual({
      node: 'n2',
      result: 'know',
      value: expect.stringMatching(
        /^to the tables that are copied must pause until the slots for n1 and n3 are created\. .*4\.\d GB is too much to read in that step/,
      ),
    });
  });

  test('keeps WAL for as long as the copy takes, and that is said', () => {
    expect(
      saidOf(plannedFor(empty(), { dataFrom: 'n1' }), 'WAL').map(({ node, result }) => [node, result]),
    ).toEqual([
      ['n2', 'know'],
      ['n3', 'know'],
    ]);
  });
});

describe('without a source', () => {
  test('all nodes are held at the same moment, and their rows compared meanwhile', () => {
    const planned = plannedFor(alike({ tables: [filled('a')] }));
    expect(slotsOf(planned, 'hold')).toHaveLength(6);
    expect(holdOf(planned, 'hold').equal).toHaveLength(1);
    expect(saidOf(planned)).toEqual([
      {
        node: null,
        result: 'know',
        value: expect.stringMatching(/^wait on n1, n2 and n3 at the same time, about 0\.\d s/),
      },
    ]);
    for (const id of ids(planned).filter((each) => each.startsWith('subscribe:')))
      expect(comesAfter(planned, id, 'hold')).toBe(true);
  });

  test('rows that take longer are not compared meanwhile: writes have to pause, and that is said', () => {
    const planned = plannedFor(alike({ tables: [filled('a', { bytes: 5_000_000_000 })] }));
    expect(holdOf(planned, 'hold').equal).toEqual([]);
    expect(saidOf(planned)[0]?.value).toMatch(/^must pause on n1, n2 and n3 from now until/);
  });

  test('nothing is held where nothing is sent', () => {
    const planned = plannedFor(alike({}));
    expect(ids(planned).filter((id) => id.startsWith('hold'))).toEqual([]);
    expect(sqlOf(planned, 'subscribe:n2:n1')[0]).toMatch(/^SELECT pg_create_logical_replication_slot\(/);
  });
});

test('Spock 4.0 has no subscription that goes on from a slot: it subscribes as ever, and writes have to pause', () => {
  const extension = { available: '4.0.11', installed: null, standin: false };
  const planned = plannedFor(alike({ tables: [filled('a')], extension }));
  expect(ids(planned)).not.toContain('hold');
  expect(sqlOf(planned, 'subscribe:n2:n1').join()).not.toContain('enabled');
  expect(sqlOf(planned, 'subscribe:n2:n1').join()).not.toContain('slot');
  expect(saidOf(planned)[0]?.value).toMatch(/^must pause on n1, n2 and n3 until all links replicate/);
});

describe('nodes in use', () => {
  const extension = { available: '5.0.11', installed: '5.0.11', standin: false };
  const node = (name: string, providers: string[]) =>
    server(name, {
      extension,
      nodeName: name,
      tables: [table('a', { sets: ['default'] })],
      subscriptions: providers.map((provider) => ({
        name: `sub_${name}${provider}`,
        provider,
        enabled: true,
      })),
    });
  const codes = (servers: Parameters<typeof plannedFor>[0]) =>
    plannedFor(servers).problems.map(({ code, node: of }) => [of, code]);

  test('take no new node in by a deploy', () => {
    expect(codes([node('n1', ['n2']), node('n2', ['n1']), server('n3', { tables: [table('a')] })])).toEqual([
      ['n3', 'in-use'],
    ]);
    expect(codes([node('n1', ['n2']), node('n2', ['n1']), node('n3', [])])).toEqual([['n3', 'in-use']]);
    expect(facts('n3').subscriptions).toEqual([]);
  });

  test('are another try of the same, wherever the first one ended', () => {
    // The order in which links are made: each receiver's own one after the other.
    const links: [string, string][] = [
      ['n1', 'n2'],
      ['n2', 'n3'],
      ['n3', 'n1'],
      ['n1', 'n3'],
      ['n2', 'n1'],
      ['n3', 'n2'],
    ];
    const done = new Map<string, string[]>([
      ['n1', []],
      ['n2', []],
      ['n3', []],
    ]);
    // Every number of links that each receiver may have made when it ended.
    for (let each = 0; each < 27; each++) {
      const upTo = { n1: each % 3, n2: Math.floor(each / 3) % 3, n3: Math.floor(each / 9) };
      for (const [name, count] of Object.entries(upTo)) {
        done.set(
          name,
          links
            .filter(([receiver]) => receiver === name)
            .slice(0, count)
            .map(([, provider]) => provider),
        );
      }
      const servers = ['n1', 'n2', 'n3'].map((name) => node(name, done.get(name) ?? []));
      expect(codes(servers), JSON.stringify(upTo)).toEqual([]);
    }
  });
});
