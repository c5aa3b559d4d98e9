import { describe, expect, test } from 'vitest';
import { changesOf } from '#core/engines/registry.ts';
import { renderSql } from '#core/engines/sql.ts';
import { allReplicate, inChains, pairsOf, subscriptionName, wakesOf } from './mesh.ts';

const text = (query: Parameters<typeof renderSql>[0]) => renderSql(query, () => '');

describe('names of subscriptions', () => {
  test('are those of pgEdge where nodes have plain names', () => {
    expect(subscriptionName('n2', 'n1', [])).toBe('sub_n1n2');
    expect(pairsOf(['n1', 'n2', 'n3']).map(({ name }) => name)).toEqual([
      'sub_n1n2',
      'sub_n2n3',
      'sub_n3n1',
      'sub_n1n3',
      'sub_n2n1',
      'sub_n3n2',
    ]);
  });

  test('hold what Spock takes, within 63 characters, and give way to those that are taken', () => {
    expect(subscriptionName('Größe', 'it\'s "1"', [])).toBe('sub_it_s_1_gr_e');
    const long = subscriptionName('p'.repeat(63), 'r'.repeat(63), []);
    expect(long).toHaveLength(63);
    expect(subscriptionName('p'.repeat(63), 'r'.repeat(63), [long])).toBe(`${long.slice(0, 61)}_2`);
  });

  test('are different throughout a cluster: a provider names its slots after them', () => {
    for (const nodes of [
      ['n-1', 'n_1', 'N.1'],
      ['日本', '中国', '한국'],
      Array.from({ length: 16 }, (_, index) => `${'x'.repeat(61)}${index + 10}`),
    ]) {
      const names = pairsOf(nodes).map(({ name }) => name);
      expect(new Set(names).size).toBe(nodes.length * (nodes.length - 1));
    }
  });
});

describe('the mesh', () => {
  test('has each ordered pair once, and in one turn each node receives once and provides once', () => {
    const nodes = ['a', 'b', 'c', 'd'];
    const pairs = pairsOf(nodes);
    expect(new Set(pairs.map(({ provider, receiver }) => `${provider}>${receiver}`)).size).toBe(12);
    for (let turn = 0; turn < 3; turn++) {
      const now = pairs.slice(turn * 4, turn * 4 + 4);
      expect(new Set(now.map(({ provider }) => provider)).size).toBe(4);
      expect(new Set(now.map(({ receiver }) => receiver)).size).toBe(4);
    }
    for (const { pair, after } of inChains(pairs)) {
      if (after !== null) expect(after.receiver).toBe(pair.receiver);
    }
  });

  test('replicates when both ends of all links say so, whoever else reads from a node', () => {
    const [subscriptions, slots] = allReplicate(['a', 'b', 'c'], changesOf());
    expect(subscriptions && text(subscriptions.query)).toContain(
      "count(*) = 2 FROM spock.sub_show_status() WHERE status = 'replicating'",
    );
    expect(slots && text(slots.query)).toContain("starts_with(slot_name, 'spk_')");
    expect(allReplicate(['a', 'b'], changesOf())[0]?.text).toBe(
      'the subscriptions of a to its peer replicate',
    );
  });

  test('is woken by the first subscription of each receiver', () => {
    expect(
      wakesOf(pairsOf(['a', 'b', 'c']), changesOf()).map(({ node, statement }) => [node, text(statement)]),
    ).toEqual([
      ['a', "SELECT spock.sub_enable('sub_ab')"],
      ['b', "SELECT spock.sub_enable('sub_bc')"],
      ['c', "SELECT spock.sub_enable('sub_ca')"],
    ]);
  });
});
