/**
 * A console among 10,000 servers that go wrong, some in each phase of a connection; what must hold is in
 * server/testing/fuzz-run.ts. TRIAL_FROM and TRIAL_COUNT: other seeds. A seed that fails is printed, and can be given again.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConsoleProcess } from '#server/testing/console-process.ts';
import { answersOfNode, fuzzConsole } from '#server/testing/fuzz-run.ts';

const FROM = Number(process.env.TRIAL_FROM ?? 1000);
const COUNT = Number(process.env.TRIAL_COUNT ?? 10_000);
/** Seeds of one test. */
const PART = 1000;

const tricorder = new ConsoleProcess();
let answers: Buffer[];

beforeAll(async () => {
  [answers] = await Promise.all([answersOfNode(), tricorder.build()]);
  await tricorder.start();
}, 180_000);
afterAll(() => tricorder.close());

const parts = Array.from({ length: Math.ceil(COUNT / PART) }, (_, n) => FROM + n * PART);
test.each(parts)('seeds from %i', { timeout: 1_800_000 }, async (from) => {
  const report = await fuzzConsole(tricorder, answers, { from, count: Math.min(PART, FROM + COUNT - from) });
  process.stdout.write(`${JSON.stringify({ from, ...report })}\n`);
  expect(report.faults).toEqual([]);
  expect(report.health.bad).toEqual([]);
  expect(report.health.worstMs).toBeLessThan(1000);
  expect(report.health.worstRanMs).toBeLessThan(1000);
});
