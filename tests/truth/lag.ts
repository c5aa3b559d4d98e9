/** The lag that the console says, beside the age of the oldest row that is not there yet. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import type { Mesh } from './mesh.ts';
import { type Trial, truth } from './suite.ts';
import { TrueLag } from './true-lag.ts';

const APPLY_DELAY_SECONDS = 4;
/** A poll ends within its deadline of 2.5 s, and the next begins with the next second, however busy the machine is. */
const LONGEST_POLL_SECONDS = 4;

export function lagSuite(mesh: () => Mesh): void {
  describe('lag', () => {
    truth('is the age of the oldest row not yet there, while all is well', mesh, async (trial) => {
      await prepare(trial.mesh);
      await steady(trial, 5);
    });

    truth(
      'stays true during a large transaction',
      mesh,
      async (trial) => {
        await prepare(trial.mesh);
        await largeTransaction(trial, 200_000);
      },
      120,
      3,
    );

    truth('is 0 on an idle provider after a burst that was rolled back', mesh, async (trial) => {
      await prepare(trial.mesh);
      await uncommitted(trial);
    });

    truth('is 0 while only tables of no set are written', mesh, async (trial) => {
      await prepare(trial.mesh);
      await unreplicated(trial);
    });
  });

  describe(`lag with an apply delay of ${APPLY_DELAY_SECONDS} s`, () => {
    truth(
      'is true from the first second on',
      mesh,
      async (trial) => {
        await delayed(trial, () => steady(trial, 12, APPLY_DELAY_SECONDS));
      },
      120,
    );

    truth(
      'stays true during a transaction of a million rows',
      mesh,
      async (trial) => {
        await delayed(trial, () => largeTransaction(trial, 1_000_000));
      },
      300,
      3,
    );

    truth(
      'is 0 on an idle provider after a burst that was rolled back',
      mesh,
      async (trial) => {
        await delayed(trial, () => uncommitted(trial));
      },
      120,
    );

    truth(
      'is 0 while only tables of no set are written',
      mesh,
      async (trial) => {
        await delayed(trial, () => unreplicated(trial));
      },
      120,
    );
  });
}

async function prepare(mesh: Mesh): Promise<void> {
  if ((await mesh.value('n1', "SELECT to_regclass('beat')::text")) === null) {
    await mesh.table('beat', 'id bigint PRIMARY KEY');
    await mesh.table('burst', 'id bigint PRIMARY KEY, filler text');
    await mesh.sql('n1', 'CREATE TABLE unsent (id bigint PRIMARY KEY, filler text)');
  }
  await mesh.settled();
}

/** With n2's subscription to n1 made anew with the delay, and without it again afterwards. */
async function delayed({ mesh, need }: Trial, work: () => Promise<void>): Promise<void> {
  await prepare(mesh);
  await need('apply delay', async () => {
    await mesh.unsubscribe('n2', 'n1');
    try {
      await mesh.subscribe('n2', 'n1', `apply_delay := '${APPLY_DELAY_SECONDS} seconds'`);
    } catch (error) {
      await mesh.subscribe('n2', 'n1');
      throw error;
    }
  });
  try {
    await mesh.settled();
    await work();
  } finally {
    await mesh.unsubscribe('n2', 'n1');
    await mesh.subscribe('n2', 'n1');
    await mesh.settled();
  }
}

async function steady({ mesh }: Trial, seconds: number, expected = 0): Promise<void> {
  const lag = new TrueLag(mesh, 'n1', 'n2');
  await lag.start(100);
  await pause(seconds * 1000);
  await lag.stop();
  expectTrue(lag);
  // Otherwise nothing would have been tested.
  expect(lag.readings).toBeGreaterThan(seconds / (lag.longestPoll + 1));
  expect(lag.greatest).toBeGreaterThanOrEqual(expected * 0.7);
}

async function largeTransaction({ mesh }: Trial, rows: number): Promise<void> {
  const lag = new TrueLag(mesh, 'n1', 'n2');
  const client = await mesh.client('n1');
  try {
    await lag.start(100);
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO burst SELECT id, md5(id::text) FROM generate_series(
         (SELECT coalesce(max(id), 0) + 1 FROM burst), (SELECT coalesce(max(id), 0) + ${rows} FROM burst)) AS id`,
    );
    const mark = lag.mark();
    await client.query(mark.sql);
    await mark.commit(() => client.query('COMMIT'));
    const deadline = Date.now() + 200_000;
    const few = APPLY_DELAY_SECONDS * 10 + 10;
    while (Date.now() < deadline && (await missing(mesh, 'burst')) > 0) await pause(200);
    while (Date.now() < deadline && lag.waiting > few) await pause(200);
    await pause(2000);
  } finally {
    await lag.stop();
    await client.end();
  }
  expect(await missing(mesh, 'burst')).toBe(0);
  expectTrue(lag);
}

/** Nobody else writes; a large transaction is begun and never committed. */
async function uncommitted({ mesh }: Trial): Promise<void> {
  const lag = new TrueLag(mesh, 'n1', 'n2');
  const client = await mesh.client('n1');
  try {
    await lag.start(null);
    await client.query('BEGIN');
    await client.query('INSERT INTO burst SELECT -id, md5(id::text) FROM generate_series(1, 50000) AS id');
    await pause(3000);
    await client.query('ROLLBACK');
    await pause(5000);
  } finally {
    await lag.stop();
    await client.end();
  }
  expectTrue(lag);
  expect(new Set(lag.saidLast(2))).toEqual(new Set([0]));
}

async function unreplicated({ mesh }: Trial): Promise<void> {
  const lag = new TrueLag(mesh, 'n1', 'n2');
  const client = await mesh.client('n1');
  try {
    await lag.start(null);
    for (let written = 0; written < 60; written++) {
      await client.query("INSERT INTO unsent SELECT coalesce(max(id), 0) + 1, repeat('x', 200) FROM unsent");
      await pause(100);
    }
  } finally {
    await lag.stop();
    await client.end();
  }
  expectTrue(lag);
}

/** What was shown is as true as its age allows, and that age is what the console promises. */
function expectTrue(lag: TrueLag): void {
  expect(lag.wrong()).toEqual([]);
  expect(lag.longestPoll).toBeLessThan(LONGEST_POLL_SECONDS);
}

async function missing(mesh: Mesh, table: string): Promise<number> {
  const [here, there] = await Promise.all(
    ['n1', 'n2'].map((node) => mesh.value(node, `SELECT count(*)::int FROM ${table}`)),
  );
  return Number(here) - Number(there);
}
