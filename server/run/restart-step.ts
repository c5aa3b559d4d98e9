/** A server that somebody restarts: the run says how, waits, and goes on by itself when the settings are in force. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './sql-steps.ts';
import type { Executor, StepContext } from './step-context.ts';
import { StepCancelled } from './step-failure.ts';

const LOOK_MS = 500;
const ANSWER_MS = 5000;

/**
 * What was written by ALTER SYSTEM and is overruled, so that no restart brings it: by the command line, the environment or a role
 * (pg_settings.source, view-pg-settings.html); or it cannot be taken as it is written (pg_file_settings.error).
 */
const OVERRULED = `SELECT string_agg(format('%s (%s)', name, why), ', ') AS names FROM (
  SELECT DISTINCT s.name, CASE WHEN s.source NOT IN ('configuration file', 'default') THEN 'from the ' || s.source
                               WHEN f.error <> 'setting could not be applied' THEN f.error END AS why
    FROM pg_file_settings f JOIN pg_settings s ON s.name = f.name WHERE f.sourcefile LIKE '%postgresql.auto.conf') w
 WHERE why IS NOT NULL`;

export const restart: Executor<'restart'> = {
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
      const overruled = outcome.ok ? await overruledOn(node, context) : null;
      context.waitFor(
        overruled === null
          ? `Restart PostgreSQL on the host of ${node}: ${how}`
          : `Change where ${overruled} on ${node} is set, since that wins over ALTER SYSTEM, then restart PostgreSQL there: ${how}`,
      );
      context.note(
        outcome.ok ? 'runs with the previous settings' : `does not answer: ${outcome.error.message}`,
      );
      if (context.signal.aborted) throw new StepCancelled();
      await sleep(LOOK_MS, undefined, { signal: context.signal }).catch(() => undefined);
    }
  },
  async undo() {},
};

/** Names and where they come from; null: none, or not known. */
async function overruledOn(node: string, context: StepContext): Promise<string | null> {
  const outcome = await context.sessions.statement(context.dsn(node), OVERRULED, ANSWER_MS);
  const names = outcome.ok ? outcome.value.at(-1)?.rows[0]?.names : null;
  return typeof names === 'string' ? names : null;
}
