/** The composition: opens the store, starts everything, and ends everything in the right order. */
import { join } from 'node:path';
import { engineOf } from '#core/engines/registry.ts';
import { Access } from './http/access.ts';
import { createApp } from './http/app.ts';
import { DoorLog } from './http/door-log.ts';
import { listen } from './http/listen.ts';
import { StaticFiles } from './http/static-files.ts';
import type { Log } from './log.ts';
import type { Options } from './options.ts';
import { openParts } from './parts.ts';
import { PROJECT_ROOT, projectVersion } from './project-root.ts';
import type { Services } from './services.ts';
import { StartError } from './start-error.ts';
import { writeHolder } from './store/data-dir.ts';
import { openDatabase, storageProblem } from './store/database.ts';
import { LINK_MINUTES, type LinkMaker, Links } from './store/links.ts';
import { Sessions } from './store/sessions.ts';
import { StorageError } from './store/trouble.ts';

export interface RunningConsole {
  url: string;
  services: Services;
  /** Where other machines reach it, if it listens on all addresses; else empty. */
  elsewhere: string[];
  /** A link that lets one browser in, once, within 15 minutes. */
  createLink(by: LinkMaker): string;
  linkMinutes: number;
  /** Ends within about 4 s, sandbox servers included. May be called again. */
  stop(): Promise<void>;
}

/** Throws StartError, with nothing left running. */
export async function startConsole(options: Options, log: Log): Promise<RunningConsole> {
  const db = openDatabase(options.dataDir, log);
  const undo: (() => unknown)[] = [() => db.close()];
  try {
    for (const warning of options.warnings) log.warn(warning);
    const { registry, deploys, activity, history, sandboxes, watchers, runner } = openParts(
      db,
      options.dataDir,
      log,
    );
    undo.push(() => watchers.stop());
    const sessions = new Sessions(db, options.token);
    if (sessions.ended > 0) {
      const [count, were] =
        sessions.ended === 1 ? ['1 session', 'was'] : [`${sessions.ended} sessions`, 'were'];
      log.info(`door: ${count} of another TRICORDER_TOKEN ${were} ended`);
    }
    const access = new Access({
      token: options.token,
      sessions,
      links: new Links(db),
      log: new DoorLog(log),
    });
    const services: Services = {
      console: {
        version: projectVersion(),
        startedAt: new Date().toISOString(),
        dataDir: options.dataDir,
        listening: '',
      },
      engineOf,
      log,
      registry,
      activity,
      history,
      watchers,
      sandboxes,
      deploys,
      storage: db.storage,
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
      tls: options.tls !== null,
      port: listening.port,
      behindProxy: options.behindProxy,
    });
    writeHolder(options.dataDir, listening.url);
    void sandboxes
      .startAll()
      .catch((error: Error) => log.error(`starting the sandboxes: ${error.stack ?? error}`));
    let stopping: Promise<void> | null = null;
    return {
      url: listening.url,
      services,
      elsewhere: listening.elsewhere,
      linkMinutes: LINK_MINUTES,
      createLink: (by) => `${listening.url}/?token=${access.createLink(by).token}`,
      stop: () => {
        stopping ??= stopAll(
          [
            () => Promise.all([watchers.stop(), listening.close()]),
            () => runner.stop(),
            () => sandboxes.stopAll(),
            () => {
              if (activity.waiting > 0)
                log.error(`${activity.waiting} lines of the activity were never written`);
              db.close();
            },
          ],
          log,
        );
        return stopping;
      },
    };
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error instanceof StorageError ? new StartError(storageProblem(options.dataDir, error)) : error;
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
