import { describe, expect, it } from 'vitest';
import { aLink, aSnapshot } from '#core/testing/two-nodes.ts';
import { clusterItems, fitness, type PaletteItem, search } from './palette-items.ts';

const item = (group: PaletteItem['group'], text: string, note?: string): PaletteItem => ({
  id: `${group}:${text}`,
  group,
  text,
  note,
});
const items = [
  item('Pages', 'Nodes', 'orders'),
  item('Nodes', 'n1', '10.3.0.1:5432/orders'),
  item('Nodes', 'n13', '10.3.0.13:5432/orders'),
  item('Links', 'n3 → n1'),
  item('Links', 'n1 → n3'),
  item('Subscriptions', 'sub_n1n3', 'on n1'),
];

describe('the palette', () => {
  it('puts the exact name first', () => {
    expect(search(items, 'n1')[0]?.text).toBe('n1');
  });
  it('reads two names as a link, in their order', () => {
    const links = search(items, 'n1 n3').filter((found) => found.group === 'Links');
    expect(links.map((found) => found.text)).toEqual(['n1 → n3', 'n3 → n1']);
    expect(search(items, 'n1>n3')).toEqual(search(items, 'n1 n3'));
  });
  it('finds a node by its address, and nothing by what no item has', () => {
    expect(search(items, '10.3.0.13').map((found) => found.text)).toEqual(['n13']);
    expect(fitness(items[0] as PaletteItem, 'zzz')).toBeNull();
  });
  it('shows pages and nodes, not every link, while nothing is typed', () => {
    expect(search(items, '  ').map((found) => found.group)).toEqual(['Pages', 'Nodes', 'Nodes']);
  });
  it('offers what a cluster lacks, and nothing that it does not', () => {
    const finding = {
      id: 'f',
      code: 'disabled-by-exception',
      severity: 'critical',
      effect: 'stops-data',
      subject: { provider: 'n1', receiver: 'n2', subscription: 'sub_n2n1' },
      title: '',
      detail: '',
      evidence: [],
      since: '2026-11-28T00:00:00.000Z',
      remedy: null,
    } as const;
    const whole = aSnapshot({
      links: [aLink('n1', 'n2', { subscriptions: ['sub_n2n1'] }), aLink('n2', 'n1', { subscriptions: [] })],
    });
    const of = (snapshot: typeof whole, id: string) =>
      clusterItems('orders', snapshot).find((found) => found.id === id);
    expect(of(whole, 'do:mesh-complete')).toBeUndefined();
    expect(of(whole, 'prove:n1>n2')?.to).toContain('sub_n2n1');
    expect(of(whole, 'prove:n2>n1')).toBeUndefined();
    expect(of(whole, 'node-settings:n2')?.to).toMatch(/n2\?do=setting$/);
    const broken = {
      ...whole,
      links: [aLink('n1', 'n2', { state: 'missing' })],
      findings: [{ ...finding, evidence: [] }],
    };
    expect(of(broken, 'do:mesh-complete')?.plan).toEqual({ kind: 'mesh-complete', cluster: 'orders' });
    expect(of(broken, 'subscription-skip:n2/sub_n2n1')?.to).toMatch(/exceptions\?node=n2&since=all$/);
  });
});
