/** For tests: trials as tests, those that TRIAL_ONLY and TRIAL_SHARE choose, TRIAL_AT_ONCE side by side; of one that fails all is kept that explains it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { findEngines } from '#server/sandbox/engines.ts';
import { ConsoleChildren } from './console-child.ts';
import { TrialFailure } from './trial-ground.ts';

const only = new RegExp(process.env.TRIAL_ONLY ?? '');
const [share = 1, shares = 1] = (process.env.TRIAL_SHARE ?? '1/1').split('/').map(Number);

/** Most of a trial is waiting. */
const concurrent = Number(process.env.TRIAL_AT_ONCE ?? 1) > 1;

/** What is needed to understand a failure stays in build/, by the trial's name. */
function keep(name: string, notes: Record<string, string>): void {
  const folder = join('build', 'trials', 'failed', name.replace(/[^a-z0-9]+/gi, '-'));
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(notes)) writeFileSync(join(folder, file), text);
}

/** Declares a test for each; those that are not chosen count as skipped. What `run` resolves to stands in the report. */
export function declareTrials<T>(
  trials: Iterable<T>,
  shown: (trial: T) => string,
  run: (trial: T, consoles: ConsoleChildren) => Promise<object>,
): void {
  const consoles = new ConsoleChildren();
  let engine = '';
  beforeAll(async () => {
    const found = (await findEngines(async () => tmpdir(), process.env.TRICORDER_PG_BIN)).engine;
    const spock = found?.spockVersion ?? null;
    engine = `${spock === null ? 'the stand-in' : `Spock ${spock}`}, PostgreSQL ${found?.serverVersion}`;
    await consoles.build();
  }, 120_000);
  afterAll(() => consoles.close());
  [...trials].forEach((trial, index) => {
    const name = shown(trial);
    const chosen = index % shares === share - 1 && only.test(name);
    test.runIf(chosen)(name, { concurrent }, async ({ task }) => {
      Object.assign(task.meta, { engine });
      try {
        Object.assign(task.meta, await run(trial, consoles));
      } catch (error) {
        if (error instanceof TrialFailure) keep(name, error.notes);
        throw error;
      }
    });
  });
}
