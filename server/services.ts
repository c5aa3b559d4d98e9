/** What the request handlers are given. `main.ts` puts it together once; tests put together what they need. */
import type { AdvisingEngine } from '#core/advice/rule.ts';
import type { EngineOf } from '#core/engines/engine.ts';
import type { Storage } from '#core/model/storage.ts';
import type { Log } from './log.ts';
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
  engineOf: EngineOf<AdvisingEngine>;
  log: Log;
  registry: Registry;
  activity: ActivityLog;
  history: LagHistory;
  watchers: Watchers;
  sandboxes: Pick<Sandboxes, 'info' | 'setTraffic' | 'machine'>;
  deploys: DeployStore;
  storage: { readonly status: Storage };
  runner: Pick<
    Runner,
    | 'plan'
    | 'getPlan'
    | 'start'
    | 'list'
    | 'get'
    | 'events'
    | 'cancel'
    | 'endProof'
    | 'resume'
    | 'rollback'
    | 'script'
  >;
}
