/** What the request handlers are given. `main.ts` puts it together once; tests put together what they need. */
import type { Engine } from '#core/engines/engine.ts';
import type { Log } from './log.ts';
import type { Discovery } from './observe/discovery.ts';
import type { Watchers } from './observe/watchers.ts';
import type { Runner } from './run/runner.ts';
import type { Sandboxes } from './sandbox/sandboxes.ts';
import type { ActivityLog } from './store/activity.ts';
import type { DeployStore } from './store/deploys.ts';
import type { LagHistory } from './store/history.ts';
import type { Registry } from './store/registry.ts';

/** How this console runs, for `GET /console`. */
export interface ConsoleInfo {
  version: string;
  startedAt: string;
  dataDir: string;
  /** `http://127.0.0.1:4310` */
  listening: string;
}

export interface Services {
  console: ConsoleInfo;
  engine: Engine;
  log: Log;
  registry: Registry;
  activity: ActivityLog;
  history: LagHistory;
  watchers: Watchers;
  discovery: Discovery;
  sandboxes: Pick<Sandboxes, 'info' | 'setTraffic' | 'machine'>;
  deploys: DeployStore;
  runner: Pick<
    Runner,
    'plan' | 'getPlan' | 'start' | 'list' | 'get' | 'events' | 'cancel' | 'resume' | 'rollback' | 'script'
  >;
}
