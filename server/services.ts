/** What the request handlers are given. `main.ts` puts it together once; tests put together what they need. */
import type { z } from 'zod';
import type { SandboxInfo } from '#core/contract/clusters.ts';
import type { Machine } from '#core/contract/system.ts';
import type { Plan, PlanRequest, Run } from '#core/model/plan.ts';
import type { Log } from './log.ts';
import type { Watchers } from './observe/watchers.ts';
import type { ActivityLog } from './store/activity.ts';
import type { LagHistory } from './store/history.ts';
import type { Registry } from './store/registry.ts';

/** The servers that the console itself runs: server/sandbox/sandboxes.ts. */
export interface SandboxesService {
  startAll(): Promise<void>;
  stopAll(): Promise<void>;
  /** Null for a cluster that is no sandbox. */
  info(cluster: string): z.infer<typeof SandboxInfo> | null;
  setTraffic(cluster: string, traffic: { on: boolean; transactionsPerSecond?: number }): Promise<void>;
  machine(): Promise<Machine>;
}

/** Runs plans: server/run/runner.ts. Methods that take an id throw the API's NOT_FOUND or CONFLICT themselves. */
export interface RunnerService {
  plan(request: PlanRequest): Promise<Plan>;
  getPlan(id: string): Plan | undefined;
  start(planId: string): Promise<Run>;
  list(): Run[];
  get(id: string): Run | undefined;
  events(id: string, signal?: AbortSignal): AsyncGenerator<Run>;
  cancel(id: string): Promise<Run>;
  resume(id: string): Promise<Run>;
  rollback(id: string): Promise<Run>;
}

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
  log: Log;
  registry: Registry;
  activity: ActivityLog;
  history: LagHistory;
  watchers: Watchers;
  sandboxes: SandboxesService;
  runner: RunnerService;
}
