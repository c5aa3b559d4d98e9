/** A server that somebody restarts: the run says how, waits, and goes on by itself when the settings are in force. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './sql-steps.ts';
import type { Executor } from './step-context.ts';
import { StepCancelled } from './step-failure.ts';

const LOOK_MS = 500;

export const restart: Executor<'restart'> = {
  again: false,
  async run({ node, inForce, how }, context) {
    let skipped = true;
    for (;;) {
      const outcome = await context.sessions.with(context.dsn(node), (connection) =>
        ask(connection, inForce, context),
      );
      if (outcome.ok && outcome.value) {
        context.waitFor(null);
        context.note(skipped ? 'in force' : 'back, settings in force');
        return { skipped };
      }
      skipped = false;
      context.waitFor(`Restart PostgreSQL on the host of ${node}: ${how}`);
      context.note(
        outcome.ok ? 'runs with the settings of before' : `does not answer: ${outcome.error.message}`,
      );
      if (context.signal.aborted) throw new StepCancelled();
      await sleep(LOOK_MS, undefined, { signal: context.signal }).catch(() => undefined);
    }
  },
  async undo() {},
};
