/** For tests: the parts of a console that plan and run, on a data dir of their own. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Run } from '#core/model/plan.ts';
import { type Log, silentLog } from '#server/log.ts';
import { openParts, type Parts } from '#server/parts.ts';
import { killAllIn } from '#server/sandbox/processes.ts';
import { openDatabase } from '#server/store/database.ts';
import { Asking } from './ask.ts';

export interface TestConsole extends Parts {
  /** As SIGTERM does: runs, then servers, then the store. */
  stop(): Promise<void>;
}

export function openConsole(dataDir: string, log: Log = silentLog): TestConsole {
  const db = openDatabase(dataDir);
  const parts = openParts(db, dataDir, log);
  const { watchers, runner, sandboxes } = parts;
  return {
    ...parts,
    async stop() {
      watchers.stop();
      await runner.stop();
      await sandboxes.stopAll();
      db.close();
    },
  };
}

export const newDataDir = (): string => mkdtempSync(join(tmpdir(), 'tricorder-run-'));

/** Whatever a failed test has left running there as well. */
export async function deleteDataDir(dataDir: string): Promise<void> {
  if (!existsSync(dataDir)) return;
  await killAllIn(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
}

/** The run in the state in which it ended. */
export async function ended({ runner }: Pick<TestConsole, 'runner'>, id: string): Promise<Run> {
  let last: Run | null = null;
  for await (const run of runner.events(id, AbortSignal.timeout(120_000))) last = run;
  if (last === null || last.state === 'running') throw new Error(`run ${id} did not end`);
  return last;
}

const sessions = new Asking();

/** First column of the first row, on a node of a sandbox. Throws with the server's words. */
export async function ask(
  { sandboxes }: TestConsole,
  cluster: string,
  node: string,
  text: string,
): Promise<unknown> {
  const [row] = await sessions.ask(sandboxes.get(cluster).dsn(node), text, 20_000);
  return Object.values(row ?? {})[0];
}
