import { describe, expect, it } from 'vitest';
import type { ActivityItem } from '#core/contract/history.ts';
import type { Finding } from '#core/model/finding.ts';
import { type ChartMark, eventMarks } from './event-marks.ts';
import { groupMarks, groupWords } from './mark-groups.ts';

const T0 = Date.parse('2025-11-20T14:00:00Z');
const iso = (second: number) => new Date(T0 + second * 1000).toISOString();
const item = (second: number, text: string, more: Partial<ActivityItem> = {}): ActivityItem => ({
  id: `${second} ${text}`,
  at: iso(second),
  cluster: 'c',
  kind: 'link',
  severity: 'warning',
  text,
  subject: null,
  run: null,
  finding: null,
  ...more,
});
const finding = (second: number, title: string, more: Partial<Finding> = {}): Finding => ({
  id: 'f',
  code: 'slot-bloat',
  severity: 'critical',
  effect: 'hygiene',
  subject: { node: 'n1' },
  title,
  detail: '',
  evidence: [],
  remedy: null,
  since: iso(second),
  ...more,
});
const texts = (items: ActivityItem[], findings: Finding[] = [], to = 900) =>
  eventMarks(items, findings, T0, T0 + to * 1000).map((mark) => `${(mark.at - T0) / 1000} ${mark.text}`);

describe('eventMarks', () => {
  it('marks what stands where it began, once, whatever its title was when it was told', () => {
    const told = item(62, 'n1 holds 1 GB', { kind: 'finding', finding: 'f' });
    expect(texts([told], [finding(60, 'n1 holds 3 GB')])).toEqual(['60 n1 holds 3 GB']);
  });

  it('marks one of before with its begin and its end, beside the one that stands', () => {
    const items = [
      item(300, 'n1 holds 1 GB', { kind: 'finding', finding: 'f' }),
      item(200, 'No longer: n1 holds 2 GB', { kind: 'finding', finding: 'f', severity: 'info' }),
      item(100, 'n1 holds 1 GB', { kind: 'finding', finding: 'f' }),
    ];
    expect(texts(items, [finding(300, 'n1 holds 3 GB')])).toEqual([
      '300 n1 holds 3 GB',
      '200 No longer: n1 holds 2 GB',
      '100 n1 holds 1 GB',
    ]);
    expect(texts(items.slice(1))).toEqual(['200 No longer: n1 holds 2 GB', '100 n1 holds 1 GB']);
  });

  it('leaves a silent node to its own line, and marks it where that line is not', () => {
    const silent = finding(100, 'n3 is unreachable', { code: 'node-unreachable', subject: { node: 'n3' } });
    const line = item(101, 'n3 does not answer', { kind: 'node', subject: { node: 'n3' } });
    expect(texts([line], [silent])).toEqual(['101 n3 does not answer']);
    expect(texts([], [silent])).toEqual(['100 n3 is unreachable']);
  });

  it('keeps to the range, and leaves out conflicts', () => {
    const items = [item(901, 'late'), item(900, 'in'), item(5, 'rows', { kind: 'conflict' })];
    expect(texts(items, [finding(-1, 'early')])).toEqual(['900 in']);
  });

  it('has the tone of its severity', () => {
    const [info, warning, critical] = (['info', 'warning', 'critical'] as const).map(
      (severity, second) => eventMarks([item(second, 'x', { severity })], [], T0, T0 + 9000)[0]?.tone,
    );
    expect([info, warning, critical]).toEqual(['plain', 'warn', 'crit']);
  });
});

describe('groupMarks', () => {
  const mark = (at: number, text: string, tone: ChartMark['tone'] = 'plain'): ChartMark => ({
    at,
    text,
    tone,
    kind: 'link',
  });
  const group = (marks: ChartMark[]) => groupMarks(marks, (at) => at);

  it('makes one of those that are near, at its most serious', () => {
    const groups = group([mark(300, 'far'), mark(104, 'worst', 'crit'), mark(100, 'a'), mark(110, 'b')]);
    expect(groups.map(({ x, tone, marks }) => [x, tone, marks.map(({ text }) => text)])).toEqual([
      [104, 'crit', ['worst', 'b', 'a']],
      [300, 'plain', ['far']],
    ]);
    expect(groups.map(groupWords)).toEqual(['worst, 2 more', 'far']);
  });

  it('does not chain: what spreads over the whole chart stays several', () => {
    const groups = group(Array.from({ length: 500 }, (_, at) => mark(at * 2, String(at))));
    expect(groups).toHaveLength(63);
    expect(groups.every(({ marks }) => marks.length <= 8)).toBe(true);
  });

  it('draws a vertical for the most serious ones only, where there are many', () => {
    const many = Array.from({ length: 20 }, (_, at) => mark(at * 40, 'x', at === 3 ? 'crit' : 'plain'));
    const lines = group(many).filter(({ line }) => line);
    expect(lines).toHaveLength(8);
    expect(lines[0]?.tone).toBe('crit');
    expect(lines.at(-1)?.x).toBe(760);
  });

  it('cuts long words, and leaves the whole to the head', () => {
    const [one] = group([mark(0, 'long '.repeat(20))]);
    expect(one && groupWords(one).length).toBeLessThanOrEqual(44);
    expect(one?.marks[0].text).toHaveLength(100);
  });
});
