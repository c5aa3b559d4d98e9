import { describe, expect, it } from 'vitest';
import { aLink, aNode } from '#core/testing/two-nodes.ts';
import { placeLabels } from './label-places.ts';
import {
  barShare,
  cellsOf,
  deadNodes,
  lookOf,
  looksIn,
  manyFrame,
  pairAt,
  rowPaths,
  rowsOfLooks,
  steps,
  worstLinks,
  worstOut,
} from './many-layout.ts';
import { regionEdges, regionsOf } from './regions.ts';
import { BOX, edge, frameFor, nodePoints, strokeFor } from './topology-geometry.ts';

const thresholds = { lagSeconds: 10, walHeldBytes: 2 ** 30 };

describe('the topology', () => {
  it.each([2, 3, 4, 5, 8, 12])('has room for %d boxes, none on another', (count) => {
    const frame = frameFor(count);
    const points = nodePoints(count, frame);
    for (const [at, a] of points.entries()) {
      expect(a.x - BOX.width / 2).toBeGreaterThanOrEqual(0);
      expect(a.x + BOX.width / 2).toBeLessThanOrEqual(frame.width);
      expect(a.y - BOX.height / 2).toBeGreaterThanOrEqual(0);
      expect(a.y + BOX.height / 2).toBeLessThanOrEqual(frame.height);
      for (const b of points.slice(at + 1))
        expect(Math.abs(a.x - b.x) >= BOX.width || Math.abs(a.y - b.y) >= BOX.height).toBe(true);
    }
  });

  it('keeps the two edges of a pair apart', () => {
    const [a = { x: 0, y: 0 }, b = { x: 0, y: 0 }] = nodePoints(2, frameFor(2));
    const there = edge(a, b).at(0.5);
    const back = edge(b, a).at(0.5);
    expect(Math.hypot(there.x - back.x, there.y - back.y)).toBeGreaterThan(36);
  });

  it('draws a rate between 1.25 and 4 px', () => {
    expect([null, 0, 5e5, 3.3e6, 1e12].map(strokeFor)).toEqual([1.25, 1.25, 1.25, 2.25, 4]);
  });

  it('moves a label off what it would cover', () => {
    const straight = (share: number) => ({ x: share * 200, y: 0 });
    const one = { best: 0.5, at: straight, width: 40, height: 16 };
    const [first, second] = placeLabels([one, one], []);
    expect(first).toEqual({ x: 100, y: 0, covered: 0 });
    expect(Math.abs((second?.x ?? 0) - 100)).toBeGreaterThanOrEqual(40);
  });
});

describe('the matrix of many', () => {
  const nodes = Array.from({ length: 20 }, (_, at) =>
    aNode(`n${String(at + 1).padStart(2, '0')}`, { location: at < 8 ? 'eu' : 'us' }),
  );
  const regions = regionsOf(nodes);
  const frame = manyFrame(regions);

  it('groups by region, or by eight where no node says where it is', () => {
    expect(regions.map((region) => [region.name, region.nodes.length, region.range])).toEqual([
      ['eu', 8, 'n01–n08'],
      ['us', 12, 'n09–n20'],
    ]);
    expect(
      regionsOf(nodes.map((node) => ({ ...node, location: null }))).map((region) => region.nodes.length),
    ).toEqual([8, 8, 4]);
  });

  it('finds the pair under the pointer, and none on the diagonal or in a gap', () => {
    const inside = (name: string) => (frame.at.get(name) ?? 0) + 1;
    expect(pairAt(inside('n09'), inside('n01'), frame)).toEqual({ provider: 'n01', receiver: 'n09' });
    expect(pairAt(inside('n01'), inside('n01'), frame)).toBeNull();
    expect(pairAt((frame.at.get('n09') ?? 0) - 2, inside('n01'), frame)).toBeNull();
  });

  it('gives unknown its own look, whatever number is left', () => {
    const look = (change: Parameters<typeof aLink>[2]) =>
      lookOf(aLink('n01', 'n02', change), 'lag', steps('lag', thresholds));
    expect(look({ state: 'unknown', lagSeconds: 0 })).toBe('unknown');
    expect(look({ lagSeconds: null })).toBe('no-value');
    expect([0.5, 5, 20, 90].map((lagSeconds) => look({ lagSeconds }))).toEqual([
      'least',
      'some',
      'over',
      'far-over',
    ]);
    expect(look({ state: 'missing', lagSeconds: null })).toBe('missing');
  });

  it('draws one path a row and look, and a row whose looks are the same the same', () => {
    const links = [
      aLink('n01', 'n02'),
      aLink('n02', 'n01'),
      aLink('n01', 'n03', { state: 'down' }),
      aLink('n01', 'n04'),
      aLink('n01', 'gone'),
    ];
    const cells = cellsOf(links, frame);
    const rows = rowsOfLooks(links, cells, frame, 'lag', thresholds);
    expect(rows).toHaveLength(20);
    const [first = '', second = '', third = ''] = rows;
    const paths = rowPaths(first, frame);
    expect([...paths.keys()]).toEqual(['least', 'down']);
    expect(paths.get('least')?.match(/M/g)).toHaveLength(2);
    expect(paths.get('least')).toMatch(new RegExp(`^M${(frame.at.get('n02') ?? 0) + (frame.cell - 4) / 2} `));
    expect([...rowPaths(second, frame).keys()]).toEqual(['least']);
    expect(rowPaths(third, frame).size).toBe(0);
    expect([...looksIn(first)]).toEqual(['least', 'down']);
    const later = links.map((link) => ({ ...link, lagSeconds: (link.lagSeconds ?? 0) + 0.1 }));
    expect(rowsOfLooks(later, cells, frame, 'lag', thresholds)).toEqual(rows);
  });

  it('knows the worst lag out of a node, and that nothing of a node is known', () => {
    const links = [
      aLink('a', 'b', { lagSeconds: 3 }),
      aLink('a', 'c', { lagSeconds: 20, behind: true }),
      aLink('b', 'a', { state: 'unknown', lagSeconds: null }),
    ];
    expect(worstOut(links, ['a', 'b'])).toEqual([
      { node: 'a', lagSeconds: 20, tone: 'warn' },
      { node: 'b', lagSeconds: null, tone: 'plain' },
    ]);
    expect(barShare(1200)).toBe(1);
  });

  it('lists what needs somebody, worst first, and no link that is only unknown', () => {
    const links = [
      aLink('a', 'b', { behind: true, lagSeconds: 20 }),
      aLink('a', 'c', { behind: true, lagSeconds: 90 }),
      aLink('b', 'a', { state: 'unknown' }),
      aLink('b', 'c', { state: 'missing', lagSeconds: null }),
      aLink('c', 'a', { state: 'down' }),
      aLink('c', 'b'),
    ];
    expect(worstLinks(links).map((link) => `${link.provider}${link.receiver}`)).toEqual([
      'ca',
      'bc',
      'ac',
      'ab',
    ]);
  });

  it('leaves out what follows from a node that is down', () => {
    const links = [
      aLink('a', 'x', { state: 'down', lagSeconds: 500 }),
      aLink('a', 'b', { behind: true, lagSeconds: 20 }),
    ];
    const dead = deadNodes([aNode('a'), aNode('b'), aNode('x', { state: 'down' })]);
    expect(links.map((link) => lookOf(link, 'lag', steps('lag', thresholds), dead))).toEqual([
      'follows',
      'over',
    ]);
    expect(worstLinks(links, dead).map((link) => link.receiver)).toEqual(['b']);
    expect(worstOut(links, ['a'], dead)).toEqual([{ node: 'a', lagSeconds: 20, tone: 'warn' }]);
  });

  it('puts links between regions together', () => {
    const links = [
      aLink('n01', 'n09', { behind: true, lagSeconds: 20 }),
      aLink('n02', 'n10', { behind: true, lagSeconds: 30 }),
      aLink('n01', 'n02', { state: 'down' }),
      aLink('n03', 'n04'),
    ];
    expect(regionEdges(regions, links)).toEqual([
      { from: 'eu', to: 'eu', state: 'down', count: 1, lagSeconds: 0.2 },
      { from: 'eu', to: 'us', state: 'behind', count: 2, lagSeconds: 30 },
    ]);
  });
});
