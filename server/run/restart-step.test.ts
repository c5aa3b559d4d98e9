/** A wait for a restart that says when no restart helps. */
import { expect, it } from 'vitest';
import { sql } from '#core/engines/sql.ts';
import { startBareServers } from '#server/testing/bare-servers.ts';
import { until } from '#server/testing/servers.ts';
import { contextOn } from '#server/testing/step-context.ts';
import { restart } from './restart-step.ts';
import { StepCancelled } from './step-failure.ts';

it('names the settings that come from the command line, and goes on when they are right', async () => {
  const servers = await startBareServers(1, { prepared: true, commandLine: ['-c', 'max_wal_senders=5'] });
  const { context, cancel, close } = contextOn(servers);
  try {
    await servers.sql(1, 'ALTER SYSTEM SET max_wal_senders = 12');
    const asked: (string | null)[] = [];
    const waited = restart.run(
      {
        type: 'restart',
        node: 'n1',
        how: 'pg_ctl restart',
        inForce: sql`SELECT setting::int = 12 FROM pg_settings WHERE name = 'max_wal_senders'`,
      },
      { ...context, waitFor: (text) => asked.push(text) },
    );
    waited.catch(() => undefined);
    await until('it is said', async () =>
      asked.some((text) => text?.includes('max_wal_senders (from the command line)')),
    );
    expect(asked.at(-1)).toBe(
      'Change where max_wal_senders (from the command line) on n1 is set, since that wins over ALTER SYSTEM, then restart PostgreSQL there: pg_ctl restart',
    );
    await servers.restart(1);
    cancel();
    await expect(waited).rejects.toThrow(StepCancelled);
  } finally {
    cancel();
    close();
    await servers.stop();
  }
}, 120_000);

it('asks for a restart where one helps', async () => {
  const servers = await startBareServers(1, { prepared: true });
  const { context, cancel, close } = contextOn(servers);
  try {
    await servers.sql(1, 'ALTER SYSTEM SET max_wal_senders = 12');
    const asked: (string | null)[] = [];
    const waited = restart.run(
      {
        type: 'restart',
        node: 'n1',
        how: 'pg_ctl restart',
        inForce: sql`SELECT setting::int = 12 FROM pg_settings WHERE name = 'max_wal_senders'`,
      },
      { ...context, waitFor: (text) => asked.push(text) },
    );
    await until('it is said', async () => asked.length > 0);
    expect(asked[0]).toBe('Restart PostgreSQL on the host of n1: pg_ctl restart');
    await servers.restart(1);
    expect(await waited).toEqual({ skipped: false });
    expect(asked.at(-1)).toBeNull();
  } finally {
    cancel();
    close();
    await servers.stop();
  }
}, 120_000);
