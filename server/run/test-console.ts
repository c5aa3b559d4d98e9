/** For tests: the parts of a console that plan and run, on a data dir of their own. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spock } from '#core/engines/spock/spock.ts';
import type { Run } from '#core/model/plan.ts';
import { silentLog } from '#server/log.ts';
import { Watchers } from '#server/observe/watchers.ts';
import { openConnection } from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import { killAllIn } from '#server/sandbox/processes.ts';
import { Sandboxes } from '#server/sandbox/sandboxes.ts';
import { ActivityLog } from '#server/store/activity.ts';
import { openDatabase } from '#server/store/database.ts';
import { DeployStore } from '#server/store/deploys.ts';
import { LagHistory } from '#server/store/history.ts';
import { Registry } from '#server/store/registry.ts';
import { openSeal } from '#server/store/seal.ts';
import { WatchStates } from '#server/store/watch-state.ts';
import { Runner } from './runner.ts';

export interface TestConsole {
  registry: Registry;
  activity: ActivityLog;
  sandboxes: Sandboxes;
  deploys: DeployStore;
  runner: Runner;
  /** As SIGTERM does: runs, then servers, then the store. */
  stop(): Promise<void>;
}

export function openConsole(dataDir: string): TestConsole {
  const db = openDatabase(dataDir);
  const seal = openSeal(dataDir);
  const registry = new Registry(db, seal);
  const deploys = new DeployStore(db, seal);
  const activity = new ActivityLog(db);
  const sandboxes = new Sandboxes({ dataDir, registry, activity, log: silentLog });
  const watchers = new Watchers({
    engine: spock,
    log: silentLog,
    registry,
    activity,
    history: new LagHistory(db),
    states: new WatchStates(db),
    machineRoom: (cluster) => sandboxes.room(cluster),
  });
  const runner = new Runner({
    db,
    seal,
    registry,
    deploys,
    sandboxes,
    activity,
    log: silentLog,
    refreshed: (cluster) => watchers.refreshed(cluster),
  });
  watchers.setRunUnderWay((cluster) => runner.isUnderWay(cluster));
  return {
    registry,
    activity,
    sandboxes,
    deploys,
    runner,
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
export async function ended({ runner }: TestConsole, id: string): Promise<Run> {
  let last: Run | null = null;
  for await (const run of runner.events(id, AbortSignal.timeout(120_000))) last = run;
  if (last === null || last.state === 'running') throw new Error(`run ${id} did not end`);
  return last;
}

/** First column of the first row, on a node of a sandbox. Throws with the server's words. */
export async function ask(
  { sandboxes }: TestConsole,
  cluster: string,
  node: string,
  text: string,
): Promise<unknown> {
  const opened = await openConnection(connectionTargets(sandboxes.get(cluster).dsn(node)), 5000, 5000);
  if (!opened.ok) throw new Error(opened.error.message);
  try {
    const outcome = await opened.value.run(text, 20_000);
    if (!outcome.ok) throw new Error(outcome.error.message);
    return Object.values(outcome.value.at(-1)?.rows[0] ?? {})[0];
  } finally {
    opened.value.close();
  }
}
