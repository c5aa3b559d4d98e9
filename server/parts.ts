/** The parts that watch, plan and run, put together: the console's, and those of tests. */
import { engineOf } from '#core/engines/registry.ts';
import type { Log } from './log.ts';
import { Watchers } from './observe/watchers.ts';
import { Runner } from './run/runner.ts';
import { RunsUnderWay } from './run/runs-under-way.ts';
import { Sandboxes } from './sandbox/sandboxes.ts';
import { ActivityLog } from './store/activity.ts';
import type { Database } from './store/database.ts';
import { DeployStore } from './store/deploys.ts';
import { LagHistory } from './store/history.ts';
import { Registry } from './store/registry.ts';
import { openSeal } from './store/seal.ts';
import { WatchStates } from './store/watch-state.ts';

export interface Parts {
  db: Database;
  registry: Registry;
  deploys: DeployStore;
  activity: ActivityLog;
  history: LagHistory;
  sandboxes: Sandboxes;
  watchers: Watchers;
  runner: Runner;
  underWay: RunsUnderWay;
}

/** Begins to watch what the registry of `db` has. Whoever opens them stops watchers, runner and sandboxes, then closes `db`. */
export function openParts(db: Database, dataDir: string, log: Log): Parts {
  const seal = openSeal(db);
  const registry = new Registry(db, seal);
  const deploys = new DeployStore(db, seal);
  const activity = new ActivityLog(db);
  const history = new LagHistory(db);
  const sandboxes = new Sandboxes({ dataDir, seal, registry, activity, log });
  const underWay = new RunsUnderWay();
  const watchers = new Watchers({
    engineOf,
    log,
    registry,
    activity,
    history,
    states: new WatchStates(db),
    machineRoom: (cluster) => sandboxes.room(cluster),
    storage: () => db.storage.status,
    runUnderWay: (cluster) => underWay.isOn(cluster),
  });
  try {
    const runner = new Runner({
      db,
      seal,
      registry,
      deploys,
      sandboxes,
      activity,
      log,
      underWay,
      refreshed: (cluster) => watchers.refreshed(cluster),
      remembered: (cluster) => watchers.remembered(cluster),
    });
    return { db, registry, deploys, activity, history, sandboxes, watchers, runner, underWay };
  } catch (error) {
    watchers.stop();
    throw error;
  }
}
