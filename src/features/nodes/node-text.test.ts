import { describe, expect, it } from 'vitest';
import { clockText, nodesSentence } from './node-text.ts';

const node = (name: string, state: 'up' | 'down' | 'unknown', more = {}) => ({
  name,
  state,
  readOnly: false,
  engineVersion: '5.0.11',
  ...more,
});

describe('nodesSentence', () => {
  it('says the worst last', () => {
    expect(nodesSentence('Spock', [node('n1', 'up'), node('n2', 'up')])).toBe('All 2 nodes answer.');
    expect(
      nodesSentence('Spock', [node('n1', 'up'), node('n2', 'up', { readOnly: true }), node('n3', 'down')]),
    ).toBe('2 of 3 nodes answer. n2 is read-only. n3 does not.');
    expect(nodesSentence('Spock', [node('n1', 'unknown'), node('n2', 'unknown')])).toBe(
      'None of 2 nodes has been polled yet.',
    );
    expect(
      nodesSentence('Spock', [node('n1', 'up'), node('n2', 'up', { engineVersion: '6.0.0' })]),
    ).toContain('2 versions of Spock: 5.0.11 and 6.0.0');
  });
});

describe('clockText', () => {
  it('keeps the sign and gives the uncertainty in the same unit', () => {
    expect(clockText({ clockOffsetSeconds: -0.0021, clockUncertaintySeconds: 0.0019 })).toEqual({
      value: '−2.1',
      unit: 'ms',
      plusMinus: '±1.9',
    });
    expect(clockText({ clockOffsetSeconds: 4.1, clockUncertaintySeconds: 0.2 })).toEqual({
      value: '+4.1',
      unit: 's',
      plusMinus: '±0.2',
    });
  });
  it('is not known when it was not measured', () => {
    expect(clockText({ clockOffsetSeconds: null, clockUncertaintySeconds: null })).toBeNull();
  });
});
