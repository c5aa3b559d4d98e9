import { describe, expect, it } from 'vitest';
import { endLabels, LABEL_GAP, type LineEnd } from './end-labels.ts';

const end = (
  provider: string,
  receiver: string,
  value: number,
  y: number,
  tone: LineEnd['tone'] = 'quiet',
) => ({
  name: null,
  provider,
  receiver,
  value,
  y,
  tone,
});

describe('endLabels', () => {
  it('merges the quiet lines that lie together and bounds them by the largest', () => {
    const labels = endLabels(
      [
        end('n1', 'n3', 14.2, 60, 'warn'),
        end('n1', 'n2', 0.2, 198),
        end('n2', 'n1', 0.2, 198.5),
        end('n2', 'n3', 0.4, 197),
        end('n3', 'n1', 0.3, 199),
      ],
      10,
      200,
    );
    expect(labels.map((label) => [label.name, label.value, label.bound, label.tone])).toEqual([
      ['n1 → n3', 14.2, false, 'warn'],
      ['4 others', 0.4, true, 'quiet'],
    ]);
  });

  it('says all when every line is in one label', () => {
    const quiet = [
      end('n1', 'n2', 0.1, 99),
      end('n2', 'n3', 0.2, 98),
      end('n3', 'n1', 0.3, 97),
      end('n3', 'n2', 0, 99),
    ];
    expect(endLabels(quiet, 0, 100).map((label) => label.name)).toEqual(['all 4 links']);
  });

  it('joins loud lines to one dead node under one name', () => {
    const labels = endLabels(
      [end('n1', 'n3', 261, 20, 'strong'), end('n2', 'n3', 261, 20, 'strong')],
      0,
      100,
    );
    expect(labels).toMatchObject([{ name: 'n1, n2 → n3', bound: true, tone: 'strong' }]);
  });

  it('counts many loud lines instead of stacking names', () => {
    const down = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'].map((name) => end(name, 'n9', 500, 50, 'crit'));
    expect(endLabels(down, 0, 100).map((label) => label.name)).toEqual(['7 nodes → n9']);
    const mixed = [...down, end('n9', 'n8', 500, 50, 'crit')];
    expect(endLabels([...mixed, end('n1', 'n2', 1, 90)], 0, 100).map((label) => label.name)).toEqual([
      '8 links',
      'n1 → n2',
    ]);
  });

  it('pushes labels apart, keeps their order and keeps them inside', () => {
    const labels = endLabels(
      [end('n1', 'n2', 3, 95, 'warn'), end('n2', 'n1', 2, 97, 'crit'), end('n3', 'n1', 0.1, 100)],
      0,
      100,
    );
    expect(labels.map((label) => label.name)).toEqual(['n1 → n2', 'n2 → n1', 'n3 → n1']);
    for (const [i, label] of labels.entries()) {
      expect(label.y).toBeLessThanOrEqual(100);
      expect(label.y).toBeGreaterThanOrEqual(0);
      if (i > 0) expect(label.y - (labels[i - 1]?.y ?? 0)).toBeGreaterThanOrEqual(LABEL_GAP);
    }
  });

  it('shares no label of a line that stands for several, and keeps all apart', () => {
    const median = { ...end('', '', 0.2, 198), name: 'median' };
    const labels = endLabels([median, end('n1', 'n2', 0.2, 198), end('n2', 'n1', 0.2, 199)], 10, 200);
    expect(labels.map(({ name }) => name).sort()).toEqual(['2 others', 'median']);
    const [above, below] = labels.map(({ y }) => y).sort((a, b) => a - b);
    expect((below ?? 0) - (above ?? 0)).toBeGreaterThanOrEqual(LABEL_GAP);
  });
});
