import { expect, test } from 'vitest';
import { ProviderSamples } from './provider-samples.ts';

/** One sample a second, 1000 bytes a second. */
function filled(seconds: number): ProviderSamples {
  const samples = new ProviderSamples();
  for (let second = 0; second <= seconds; second += 1)
    samples.record('a', second * 1000, BigInt(second) * 1000n);
  return samples;
}

test('a position between two samples is interpolated', () => {
  expect(filled(10).passed(4250n)).toMatchObject({ at: 4250, before: false });
});

test('a position at or after the newest was not passed yet', () => {
  const samples = filled(10);
  expect(samples.passed(10_000n)).toBeNull();
  expect(samples.passed(11_000n)).toBeNull();
});

test('a position before the oldest sample was passed before it', () => {
  const samples = new ProviderSamples();
  samples.record('a', 5000, 900n);
  samples.record('a', 6000, 950n);
  expect(samples.passed(100n)).toMatchObject({ at: 5000, before: true });
});

test('after a standstill a position is passed where the next sample saw it gone by', () => {
  const samples = new ProviderSamples();
  for (let second = 0; second <= 100; second += 1) samples.record('a', second * 1000, 500n);
  samples.record('a', 101_000, 700n);
  expect(samples.count).toBe(3);
  expect(samples.passed(500n)).toMatchObject({ at: 100_000, before: false });
  // Within a second in which the writing began: nobody knows when.
  expect(samples.passed(600n)).toMatchObject({ at: 100_000, from: 100_000, before: false });
});

test('two days are kept in bounds: every second for 15 min, then every 15 s, then every 5 min', () => {
  const samples = filled(2 * 86_400);
  expect(samples.count).toBeLessThan(900 + 300 + 5760 + 300 + 20);
  const now = 2 * 86_400_000;
  for (const [ago, within] of [
    [600_000, 1],
    [3 * 3_600_000, 1],
    [40 * 3_600_000, 1],
  ] as const) {
    // Writing was steady, so interpolation over a thinned stretch is as exact.
    const passed = samples.passed(BigInt(now - ago));
    expect(passed?.before).toBe(false);
    expect(Math.abs((passed?.at ?? 0) - (now - ago))).toBeLessThan(within);
  }
});

test('after 31 days the oldest samples are gone, and a position from then was passed before', () => {
  const samples = new ProviderSamples();
  for (let minute = 0; minute <= 31 * 1440; minute += 1)
    samples.record('a', minute * 60_000, BigInt(minute) * 60_000n);
  expect(samples.passed(3_600_000n)?.before).toBe(true);
});

test('positions of a server that has written petabytes keep their bytes', () => {
  const samples = new ProviderSamples();
  const far = 2n ** 60n;
  samples.record('a', 0, far);
  samples.record('a', 1000, far + 10n);
  expect(samples.passed(far + 5n)).toMatchObject({ at: 500, before: false });
  expect(samples.newest).toBe(far + 10n);
});

test('the rate of a window is that of its ends, and unknown with one sample', () => {
  const samples = new ProviderSamples();
  samples.record('a', 0, 0n);
  expect(samples.rate(60_000)).toBeNull();
  samples.record('a', 10_000, 5_000n);
  expect(samples.rate(60_000)).toBe(500);
  samples.record('a', 100_000, 5_000n);
  expect(samples.rate(60_000)).toBe(0);
});
