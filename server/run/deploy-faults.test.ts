/** A sample of `npm run trials -- deploy` and `-- rollback`: of each kind of fault, and those that once did harm. */
import { afterAll, beforeAll, test } from 'vitest';
import { ConsoleChildren } from '#server/testing/console-child.ts';
import { type DeployTrial, shownTrial, tryDeploy } from '#server/testing/deploy-trial.ts';
import { type RollbackTrial, shownRollback, tryRollback } from '#server/testing/rollback-trial.ts';

const consoles = new ConsoleChildren();
beforeAll(() => consoles.build(), 120_000);
afterAll(() => consoles.close());

const SAMPLE: DeployTrial[] = [
  { step: 'seed:n2', fault: { kind: 'cancel' }, next: 'rollback', writers: [1] },
  {
    step: 'seed:n2',
    fault: { kind: 'cut', way: 'n2-n1', mended: 'before' },
    next: 'resume',
    writers: [1, 2],
  },
  {
    step: 'subscribe:n1:n2',
    fault: { kind: 'cut', way: 'console-n1', mended: 'after' },
    next: 'rollback',
    writers: [1, 2],
  },
  { step: 'mark:n1', fault: { kind: 'cancel' }, next: 'rollback', writers: [1] },
  { step: 'links', fault: { kind: 'kill' }, next: 'resume', writers: [1, 2] },
];

for (const trial of SAMPLE) {
  test(shownTrial(trial), { timeout: 240_000 }, async () => {
    await tryDeploy(trial, consoles);
  });
}

const BACK: RollbackTrial = { step: 'seed:n2', fault: { kind: 'kill' }, writers: [1] };
test(shownRollback(BACK), { timeout: 240_000 }, async () => {
  await tryRollback(BACK, consoles);
});
