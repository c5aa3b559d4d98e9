import { describe, expect, it } from 'vitest';
import { aLink, at } from '#core/testing/two-nodes.ts';
import { cellLabel, cellText } from './cell.ts';

const plain = (value: string): string => value.replaceAll('\u00a0', ' ');
const said = (change: Parameters<typeof aLink>[2]) => {
  const text = cellText(aLink('n1', 'n3', change));
  return {
    state: text.state,
    value: plain(text.value),
    lines: text.lines.map((line) => plain(line.text)),
    text,
  };
};
const nothing = { lagSeconds: null, lagBytes: null, walHeldBytes: null };

describe('a cell of the matrix', () => {
  it('shows lag, bytes and WAL held of a link that replicates', () => {
    expect(said({})).toMatchObject({
      state: 'replicating',
      value: '0.2 s',
      lines: ['1 kB behind', '4 kB WAL held'],
    });
  });
  it('says behind by the threshold that the console knows', () => {
    expect(said({ behind: true, lagSeconds: 14.2 })).toMatchObject({ state: 'behind', value: '14.2 s' });
  });
  it('shows a zero that was measured', () => {
    expect(said({ lagSeconds: 0, lagBytes: 0 })).toMatchObject({
      value: '0 s',
      lines: ['0 bytes behind', '4 kB WAL held'],
    });
  });
  it('marks a bound as a bound', () => {
    expect(said({ lagSeconds: 52.2, lagAtLeast: true }).value).toBe('≥ 52.2 s');
    expect(plain(cellLabel(aLink('n1', 'n3', { lagSeconds: 52.2, lagAtLeast: true })))).toContain(
      'at least 52.2 s',
    );
  });
  it('has a word and no number where the lag could not be read', () => {
    const { value, text, lines } = said({ ...nothing });
    expect(value).toBe('lag unknown');
    expect(text.measured).toBe(false);
    expect(lines).toEqual(['bytes behind unknown', 'WAL held unknown']);
  });
  it('dates what is unknown, and has no number', () => {
    const { value, lines, text } = said({ ...nothing, state: 'unknown', since: at(-261) });
    expect(value).toBe('unknown');
    expect(lines).toEqual(['no data', 'since']);
    expect(text.lines[1]?.at).toBe(at(-261));
    expect([value, ...lines].join(' ')).not.toMatch(/\d/);
  });
  it('still shows what the slot of an unknown link says, marked as such', () => {
    const { lines, text } = said({ state: 'unknown', lagSeconds: 261 });
    expect(lines).toEqual(['4 m 21 s behind', '4 kB WAL held']);
    expect(text.lines[0]?.strong).toBe(true);
  });
  it('says never read where it never was', () => {
    expect(said({ ...nothing, state: 'unknown', since: null, observedAt: null }).lines).toEqual([
      'never read',
    ]);
  });
  it('keeps the lag of a link that is disabled or down beside its word', () => {
    expect(said({ state: 'disabled', lagSeconds: 7200 })).toMatchObject({
      value: 'disabled',
      lines: ['2 h behind', '4 kB WAL held'],
    });
    expect(said({ ...nothing, state: 'down', reason: 'slot inactive' }).lines).toEqual([
      'slot inactive',
      'WAL held unknown',
    ]);
  });
  it('says that nothing stands there', () => {
    expect(said({ ...nothing, state: 'missing', subscriptions: [] })).toMatchObject({
      value: 'missing',
      lines: ['no subscription'],
    });
  });
});
