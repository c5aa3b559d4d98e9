/** The app on a store of its own, without a socket, for tests: requests go straight to `fetch`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdvisingEngine } from '#core/advice/rule.ts';
import { spock } from '#core/engines/spock/spock.ts';
import { Access } from '#server/http/access.ts';
import { createApp } from '#server/http/app.ts';
import { DoorLog } from '#server/http/door-log.ts';
import { StaticFiles } from '#server/http/static-files.ts';
import { createLog } from '#server/log.ts';
import { Watchers } from '#server/observe/watchers.ts';
import { Refusal } from '#server/run/refusal.ts';
import type { Services } from '#server/services.ts';
import { ActivityLog } from '#server/store/activity.ts';
import { type Database, openDatabase } from '#server/store/database.ts';
import { DeployStore } from '#server/store/deploys.ts';
import { LagHistory } from '#server/store/history.ts';
import { Links } from '#server/store/links.ts';
import { Registry } from '#server/store/registry.ts';
import { openSeal } from '#server/store/seal.ts';
import { Sessions } from '#server/store/sessions.ts';
import { WatchStates } from '#server/store/watch-state.ts';

export const TOKEN = 'a-fixed-token-for-tests-of-32-letters';
const HOST = '127.0.0.1:4310';

interface AsWhom {
  as?: string | null;
  host?: string;
  /** Of the socket's two ends. */
  from?: string;
  local?: string;
}

export interface TestApp {
  services: Services;
  db: Database;
  access: Access;
  logged: string[];
  /** As from a browser or script on this machine; `as: null` sends no token. */
  request(path: string, init?: RequestInit & AsWhom): Promise<Response>;
  /** JSON in and out, with the token. */
  json(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }>;
  stop(): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
type Body = any;

const PAGE = {
  'index.html': '<!doctype html><title>Tricorder</title><script>let inline = 1</script><div id="root"></div>',
  'assets/app-1a2b3c4d.js': `console.log(${JSON.stringify('x'.repeat(4000))})`,
  'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
};

export async function startApp({
  engine = spock,
  page = true,
  tls = false,
  behindProxy = false,
}: {
  engine?: AdvisingEngine;
  page?: boolean;
  tls?: boolean;
  behindProxy?: boolean;
} = {}): Promise<TestApp> {
  const dir = mkdtempSync(join(tmpdir(), 'tricorder-http-'));
  const folder = join(dir, 'page');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  if (page) for (const [name, text] of Object.entries(PAGE)) writeFileSync(join(folder, name), text);
  const logged: string[] = [];
  const log = createLog((line) => logged.push(line));
  const db = openDatabase(join(dir, 'data'), log);
  const seal = openSeal(db);
  const registry = new Registry(db, seal);
  const activity = new ActivityLog(db);
  const history = new LagHistory(db);
  const watchers = new Watchers({
    engineOf: () => engine,
    log,
    registry,
    activity,
    history,
    states: new WatchStates(db),
    machineRoom: () => null,
    runUnderWay: () => false,
    storage: () => db.storage.status,
  });
  const access = new Access({
    token: TOKEN,
    sessions: new Sessions(db, TOKEN),
    links: new Links(db),
    log: new DoorLog(log),
  });
  const refuse = () => {
    throw new Error('not part of this test');
  };
  const services: Services = {
    console: {
      version: '0.0.0',
      startedAt: new Date().toISOString(),
      dataDir: dir,
      listening: `http://${HOST}`,
    },
    engineOf: () => engine,
    log,
    registry,
    activity,
    history,
    watchers,
    deploys: new DeployStore(db, seal),
    storage: db.storage,
    sandboxes: { info: () => null, setTraffic: refuse, machine: refuse },
    runner: {
      plan: refuse,
      getPlan: refuse,
      start: refuse,
      list: () => [],
      get: (id) => {
        throw new Refusal('NOT_FOUND', `There is no run ${id}.`);
      },
      events: refuse,
      cancel: refuse,
      endProof: refuse,
      resume: refuse,
      rollback: refuse,
      script: refuse,
    },
  };
  const app = createApp({
    services,
    access,
    files: await StaticFiles.load(folder),
    allowedHosts: new Set(['console.example']),
    cookieName: 'tricorder_4310',
    tls,
    port: 4310,
    behindProxy,
  });
  const request: TestApp['request'] = async (
    path,
    { as = TOKEN, host = HOST, from, local, ...init } = {},
  ) => {
    const headers = new Headers(init.headers);
    headers.set('host', host);
    if (as !== null && !headers.has('authorization')) headers.set('authorization', `Bearer ${as}`);
    return app.fetch(new Request(`http://${HOST}${path}`, { ...init, headers, redirect: 'manual' }), {
      incoming: {
        socket: {
          ...(from !== undefined && { remoteAddress: from }),
          ...(local !== undefined && { localAddress: local }),
        },
      },
    });
  };
  return {
    services,
    db,
    access,
    logged,
    request,
    async json(method, path, body) {
      const response = await request(`/api/v1${path}`, {
        method,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? null : JSON.parse(text) };
    },
    async stop() {
      watchers.stop();
      // Sockets of polls that were cut off close in their own time.
      await sleep(0);
      db.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
