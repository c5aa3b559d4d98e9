/** The composition: opens the store, starts everything, and ends everything in the right order. */
import { join } from 'node:path';
import { spock } from '#core/engines/spock/spock.ts';
import { Access } from './http/access.ts';
import { createApp } from './http/app.ts';
import { listen } from './http/listen.ts';
import { StaticFiles } from './http/static-files.ts';
import type { Log } from './log.ts';
import { Discovery } from './observe/discovery.ts';
import { Watchers } from './observe/watchers.ts';
import type { Options } from './options.ts';
import { PROJECT_ROOT, projectVersion } from './project-root.ts';
import { Runner } from './run/runner.ts';
import { Sandboxes } from './sandbox/sandboxes.ts';
import type { Services } from './services.ts';
import { ActivityLog } from './store/activity.ts';
import { openDatabase } from './store/database.ts';
import { DeployStore } from './store/deploys.ts';
import { LagHistory } from './store/history.ts';
import { Registry } from './store/registry.ts';
import { openSeal } from './store/seal.ts';
import { Sessions } from './store/sessions.ts';
import { WatchStates } from './store/watch-state.ts';

export interface RunningConsole {
  url: string;
  services: Services;
  /** A link that lets one browser in, once. */
  createLink(): string;
  /** Ends within about 4 s, sandbox servers included. May be called again. */
  stop(): Promise<void>;
}

/** Throws StartError, with nothing left running. */
export async function startConsole(options: Options, log: Log): Promise<RunningConsole> {
  const db = openDatabase(options.dataDir);
  const undo: (() => unknown)[] = [() => db.close()];
  try {
    const seal = openSeal(options.dataDir);
    const registry = new Registry(db, seal);
    const deploys = new DeployStore(db, seal);
    const activity = new ActivityLog(db);
    const history = new LagHistory(db);
    const sandboxes = new Sandboxes({ dataDir: options.dataDir, registry, activity, log });
    const watchers = new Watchers({
      engine: spock,
      log,
      registry,
      activity,
      history,
      states: new WatchStates(db),
      machineRoom: (cluster) => sandboxes.room(cluster),
    });
    undo.push(() => watchers.stop());
    const runner = new Runner({
      db,
      seal,
      registry,
      deploys,
      sandboxes,
      activity,
      log,
      refreshed: (cluster) => watchers.refreshed(cluster),
    });
    watchers.setRunUnderWay((cluster) => runner.isUnderWay(cluster));
    const access = new Access(options.token, new Sessions(db));
    const services: Services = {
      console: {
        version: projectVersion(),
        startedAt: new Date().toISOString(),
        dataDir: options.dataDir,
        listening: '',
      },
      engine: spock,
      log,
      registry,
      activity,
      history,
      watchers,
      discovery: new Discovery(spock),
      sandboxes,
      deploys,
      runner,
    };
    // Set when the port is known: with --port 0 the system chooses it.
    let app: ReturnType<typeof createApp> | null = null;
    const listening = await listen({
      ...options,
      fetch: (request, env) => app?.fetch(request, env as never) ?? new Response(null, { status: 503 }),
    });
    undo.push(() => listening.close(0));
    services.console.listening = listening.url;
    app = createApp({
      services,
      access,
      files: await StaticFiles.load(join(PROJECT_ROOT, 'build', 'page')),
      allowedHosts: options.allowedHosts,
      cookieName: `tricorder_${listening.port}`,
      secure: options.tls !== null,
    });
    void sandboxes
      .startAll()
      .catch((error: Error) => log.error(`starting the sandboxes: ${error.stack ?? error}`));
    let stopping: Promise<void> | null = null;
    return {
      url: listening.url,
      services,
      createLink: () => `${listening.url}/?token=${access.createLinkToken()}`,
      stop: () => {
        stopping ??= stopAll(
          [
            () => Promise.all([watchers.stop(), listening.close()]),
            () => runner.stop(),
            () => sandboxes.stopAll(),
            () => db.close(),
          ],
          log,
        );
        return stopping;
      },
    };
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  }
}

/** Each step in turn; one that fails keeps none of the others from being done. */
async function stopAll(steps: (() => unknown)[], log: Log): Promise<void> {
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      log.error(`stopping: ${(error as Error).stack ?? error}`);
    }
  }
}
