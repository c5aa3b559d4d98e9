/** For tests: what must hold on both servers after a deploy that met a fault. Each throws what does not hold. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Run } from '#core/model/plan.ts';
import type { Ground } from './deploy-ground.ts';
import type { Photo } from './photo.ts';
import { COUNTERS_NOW, NOTHING_WRONG, ROWS_OF_WRITERS, tally, type Writer } from './writers.ts';

const ARRIVES_WITHIN_MS = 30_000;

export const saidOf = (run: Run): string =>
  JSON.stringify({
    state: run.state,
    errors: run.steps.flatMap(({ id, error }) => (error ? [[id, error]] : [])),
    left: run.leftToDo,
  });

async function settledWriters(ground: Ground): Promise<void> {
  await Promise.all(ground.writers.map((writer) => writer.stop()));
}

async function rowsWrong(ground: Ground, n: number, writers: readonly Writer[]) {
  const rows = (await ground.ask(n, ROWS_OF_WRITERS)) as { node: number; seq: number; v: number }[];
  const counters = (await ground.ask(n, COUNTERS_NOW)) as { id: number; n: number }[];
  return tally(writers, rows, counters);
}

const isWritten = (table: string): boolean => /written|counter/.test(table);

const withoutWritten = ({ rows }: Photo): Record<string, string> =>
  Object.fromEntries(Object.entries(rows).filter(([table]) => !isWritten(table)));

/** n1 has all that it had, whatever became of the run. */
export async function sourceHolds(ground: Ground): Promise<void> {
  const now = withoutWritten(await ground.photo(1));
  expect(now, 'rows of the source').toEqual(withoutWritten(ground.before[0] as Photo));
}

const withoutRows = ({ rows: _rows, ...rest }: Photo) => rest;

/** What a sequence may be ahead by after a crash: so many values PostgreSQL logs at once (SEQ_LOG_VALS). */
const LOGGED_AHEAD = 32;

/** As `now`, with the sequences of `before` where a crash of the server explains the difference. */
function withoutLoggedAhead(now: Photo, before: Photo): Photo {
  const sequences = now.sequences.map((sequence, index) => {
    const [is, was] = [sequence, before.sequences[index]] as { last_value: string | null }[];
    const ahead = Number(is?.last_value) - Number(was?.last_value);
    return ahead > 0 && ahead <= LOGGED_AHEAD ? { ...is, last_value: was?.last_value } : sequence;
  });
  return { ...now, sequences };
}

/**
 * All as before on both nodes, but for what the applications wrote. `mayKeep`: the receiver may keep tables, which are named, until
 * the operator says otherwise; it lets go of them then.
 */
export async function holdsAsBefore(
  ground: Ground,
  run: Run,
  mayKeep: boolean,
  drop: () => Promise<Run>,
): Promise<void> {
  await settledWriters(ground);
  await sourceHolds(ground);
  const said = saidOf(run);
  const own = (n: number) => ground.writers.filter(({ node }) => node === n);
  expect(await rowsWrong(ground, 1, own(1)), said).toEqual(NOTHING_WRONG);
  if (own(2).length > 0) {
    // What n2's application wrote is there; rows that came by the run's links may be or not.
    const wrong = await rowsWrong(ground, 2, own(2));
    expect({ ...wrong, extra: [], counters: [] }, said).toEqual(NOTHING_WRONG);
  }
  let last = run;
  if (run.state !== 'rolled-back') {
    // The stand-in does not count what its links delete.
    const countsNot = ground.servers.engine.spockVersion === null && own(1).length > 0;
    expect(mayKeep || countsNot, said).toBe(true);
    const names = run.leftToDo.flatMap(({ code, object }) =>
      code === 'written-since' || code === 'not-known' ? [object] : [],
    );
    expect(names.length, said).toBeGreaterThan(0);
    for (const n of [1, 2]) {
      const { slots, engine } = await ground.photo(n);
      expect(slots, `n${n}: ${said}`).toEqual(ground.before[n - 1]?.slots);
      expect(engine?.subscriptions ?? [], `n${n}: ${said}`).toEqual([]);
    }
    last = await drop();
    expect(last.state, saidOf(last)).toBe('rolled-back');
    await sourceHolds(ground);
  }
  expect(last.leftToDo, saidOf(last)).toEqual([]);
  for (const n of [1, 2]) {
    const before = ground.before[n - 1] as Photo;
    const photo = await ground.photo(n);
    const now = ground.crashed.has(n) ? withoutLoggedAhead(photo, before) : photo;
    expect(withoutRows(now), `n${n}: ${said}`).toEqual(withoutRows(before));
    if (n === 2 && last !== run) expect(now.rows, `n2: ${said}`).toEqual(before.rows);
    else expect(withoutWritten(now), `n${n}: ${said}`).toEqual(withoutWritten(before));
  }
}

/** By which the stand-in keeps statements local. */
const isStandIns = (origin: unknown): boolean =>
  String((origin as { roname?: unknown }).roname).startsWith('spock_standin');

/** Both nodes have the same rows, all that applications committed among them, and what is written now arrives. */
export async function holdsAsCluster(ground: Ground): Promise<void> {
  await settledWriters(ground);
  for (const [from, to] of [
    [1, 2],
    [2, 1],
  ] as const) {
    await ground.ask(from, `INSERT INTO written VALUES (${from}, 0, 1)`);
    await until(ground, from, to, 1);
    await ground.ask(from, `DELETE FROM written WHERE node = ${from} AND seq = 0`);
    await until(ground, from, to, 0);
  }
  for (const n of [1, 2]) {
    expect(await rowsWrong(ground, n, ground.writers), `n${n}`).toEqual(NOTHING_WRONG);
  }
  const photos = [await ground.photo(1), await ground.photo(2)] as const;
  expect(photos[1].rows).toEqual(photos[0].rows);
  expect(withoutWritten(photos[0])).toEqual(withoutWritten(ground.before[0] as Photo));
  for (const [index, photo] of photos.entries()) {
    // One subscription each way, and of slots and origins no more than they need.
    const { slots, origins } = ground.before[index] as Photo;
    const now = photo.origins.filter((origin) => !isStandIns(origin));
    expect(photo.engine?.subscriptions, `n${index + 1}`).toHaveLength(1);
    expect(photo.slots, `n${index + 1}`).toEqual(expect.arrayContaining(slots));
    expect(photo.slots, `n${index + 1}`).toHaveLength(slots.length + 1);
    expect(now, `n${index + 1}`).toEqual(expect.arrayContaining(origins));
    expect(now, `n${index + 1}`).toHaveLength(origins.length + 1);
  }
}

async function until(ground: Ground, from: number, to: number, count: number): Promise<void> {
  const deadline = Date.now() + ARRIVES_WITHIN_MS;
  for (;;) {
    const rows = await ground.ask(to, `SELECT FROM written WHERE node = ${from} AND seq = 0`);
    if (rows.length === count) return;
    if (Date.now() > deadline)
      throw new Error(`what was written on n${from} did not reach n${to} within ${ARRIVES_WITHIN_MS} ms`);
    await sleep(50);
  }
}
