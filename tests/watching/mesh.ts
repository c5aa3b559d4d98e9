/**
 * For the tests of this folder: a whole console with a sandbox of three nodes, on the engine that the product itself
 * picks (TRICORDER_PG_BIN, an installed Spock, else the stand-in), and ways to ask its nodes as anybody.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { parseDsn } from '#core/dsn/parse.ts';
import { formatDsn } from '#core/dsn/read.ts';
import type { Row } from '#core/engines/engine.ts';
import {
  type SpockLine,
  spockLineOf,
  spockLines,
  watchingRoleName,
  watchingStatements,
} from '#core/engines/spock/watching-role.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { type RunningConsole, startConsole } from '#server/console.ts';
import { silentLog } from '#server/log.ts';
import { type Options, readOptions } from '#server/options.ts';
import { deleteDataDir } from '#server/testing/test-console.ts';

const TOKEN = 'a-fixed-token-for-tests-of-32-letters';
export const WATCH_PASSWORD = 'watch-only-7f3a';
export const NODES = ['n1', 'n2', 'n3'] as const;

export interface Answer<T = unknown> {
  status: number;
  body: T;
}

export interface Mesh {
  console: RunningConsole;
  standin: boolean;
  /** `5.0.11` */
  engineVersion: string;
  line: SpockLine;
  /** The sandbox's own DSN of a node, with its password, or with some of its keywords changed. */
  dsn(node: string, changes?: Record<string, string>): string;
  /** As the owner of the cluster, a superuser. */
  admin(node: string, text: string): Promise<Row[]>;
  api<T>(method: string, path: string, body?: unknown): Promise<Answer<T>>;
  /** The cluster's snapshot, when it is as wanted; throws with the last one after 20 s. */
  snapshotWhen(cluster: string, wanted: (snapshot: Snapshot) => boolean): Promise<Snapshot>;
  stop(): Promise<void>;
}

export async function connect(dsn: string): Promise<pg.Client> {
  const values = parseDsn(dsn).values;
  const client = new pg.Client({
    host: values.get('host') ?? '127.0.0.1',
    port: Number(values.get('port')),
    user: values.get('user') ?? '',
    password: values.get('password') ?? '',
    database: values.get('dbname') ?? '',
    application_name: values.get('application_name') ?? '',
  });
  await client.connect();
  return client;
}

/** One connection, one text. Throws with the server's error, `code` being its SQLSTATE. */
export async function ask(dsn: string, text: string): Promise<Row[]> {
  const client = await connect(dsn);
  try {
    const answer: unknown = await client.query(text);
    return ((Array.isArray(answer) ? answer.at(-1) : answer) as pg.QueryResult<Row>).rows;
  } finally {
    await client.end();
  }
}

/** The SQLSTATE with which a text is refused; null when it is not. */
export async function refusal(dsn: string, text: string): Promise<string | null> {
  try {
    await ask(dsn, text);
    return null;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/** Asks until it holds: for what comes by replication, which gives no event to wait for. */
export async function until<T>(what: string, question: () => Promise<T | null>, seconds = 20): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await question();
    if (answer !== null) return answer;
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await delay(50);
  }
}

export async function startMesh(): Promise<Mesh> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tricorder-watching-'));
  const console = await startConsole(
    { ...(readOptions([], {}) as Options), port: 0, dataDir, token: TOKEN },
    silentLog,
  );
  const stop = async () => {
    await console.stop();
    await deleteDataDir(dataDir);
  };
  try {
    const { services } = console;
    const plan = await services.runner.plan({ kind: 'deploy', target: 'sandbox', name: 'demo' });
    const run = await services.runner.start(plan.id);
    let last = run;
    for await (const seen of services.runner.events(run.id, AbortSignal.timeout(110_000))) last = seen;
    if (last.state !== 'succeeded') {
      const errors = last.steps.flatMap(({ id, error }) => (error === null ? [] : [{ id, error }]));
      throw new Error(`the deploy of the sandbox ended as ${last.state}: ${JSON.stringify(errors)}`);
    }
    const standin = services.sandboxes.info('demo')?.standin === true;
    const dsn: Mesh['dsn'] = (node, changes = {}) => {
      const record = services.registry.get('demo')?.nodes.find(({ name }) => name === node);
      if (record === undefined) throw new Error(`no node ${node}`);
      return formatDsn(new Map([...parseDsn(record.dsn).values, ...Object.entries(changes)]));
    };
    const [row] = await ask(dsn('n1'), "SELECT extversion FROM pg_extension WHERE extname = 'spock'");
    const engineVersion = String(row?.extversion);
    return {
      console,
      standin,
      engineVersion,
      // The stand-in answers to what the newest Spock has.
      line: spockLineOf(engineVersion) ?? spockLines[2],
      dsn,
      admin: (node, text) => ask(dsn(node), text),
      api: async (method, path, body) => {
        const response = await fetch(`${console.url}/api/v1${path}`, {
          method,
          headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        return { status: response.status, body: (await response.json()) as never };
      },
      snapshotWhen: async (cluster, wanted) => {
        let last: Snapshot | undefined;
        return until(`a snapshot of ${cluster} as wanted`, async () => {
          last = services.watchers.get(cluster)?.snapshot;
          return last !== undefined && wanted(last) ? last : null;
        }).catch((error: Error) => {
          throw new Error(`${error.message}: ${JSON.stringify(last, null, 1)}`);
        });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Runs the very statements that the page and the docs show, on every node, `parts` left out. */
export async function makeWatchingRole(mesh: Mesh, leftOut: readonly string[] = []): Promise<void> {
  const statements = watchingStatements({ role: watchingRoleName, line: mesh.line })
    .filter(({ id }) => !leftOut.includes(id))
    .flatMap((part) => part.statements);
  for (const node of NODES) {
    await mesh.admin(node, statements.join(';\n'));
    // What \password does, without psql.
    await mesh.admin(node, `ALTER ROLE ${watchingRoleName} PASSWORD '${WATCH_PASSWORD}'`);
  }
}

/** How the watching role reaches a node. */
export const watchDsn = (mesh: Mesh, node: string): string =>
  mesh.dsn(node, { user: watchingRoleName, password: WATCH_PASSWORD });
