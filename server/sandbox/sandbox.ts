/** One sandbox: its folder, its servers, its traffic. Every operation can be done again after a crash in its midst. */
import { existsSync } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import type { SandboxInfo } from '#core/contract/clusters.ts';
import { formatDsn } from '#core/dsn/read.ts';
import type { Log } from '#server/log.ts';
import { type Account, giveTo } from './account.ts';
import { engineText, type PgEngine } from './engines.ts';
import { initialise } from './initdb.ts';
import type { Manifest } from './manifest.ts';
import { Reservations } from './ports.ts';
import { killAllIn } from './processes.ts';
import { portTaken, ServerProcess } from './server-process.ts';
import { SANDBOX_DATABASE, SANDBOX_USER } from './settings.ts';
import { buildStandin } from './standin/install.ts';
import { Traffic } from './traffic.ts';

export interface SandboxOptions {
  manifest: Manifest;
  password: string;
  account: () => Promise<Account | null>;
  /** The engine to run on now; npm may have brought another minor version since the sandbox was made. */
  engine: (recorded: PgEngine) => Promise<PgEngine>;
  save: (manifest: Manifest) => void;
  log: Log;
  onRestart: (sandbox: Manifest, node: string, restarts: number) => void;
}

export class Sandbox {
  readonly #options: SandboxOptions;
  readonly #servers = new Map<string, ServerProcess>();
  readonly #reservations = new Reservations();
  readonly traffic: Traffic;
  manifest: Manifest;

  constructor(options: SandboxOptions) {
    this.#options = options;
    this.manifest = options.manifest;
    this.traffic = new Traffic(
      this.manifest.nodes.map((node) => ({ name: node.name, dsn: this.dsn(node.name) })),
      options.log,
    );
  }

  /** Writes what changed, then keeps it. */
  update(change: Partial<Manifest>): void {
    const next = { ...this.manifest, ...change };
    this.#options.save(next);
    this.manifest = next;
  }

  /** How the console and the node's peers reach it, password included. */
  dsn(node: string, database: string = SANDBOX_DATABASE): string {
    return formatDsn([
      ['host', '127.0.0.1'],
      ['port', String(this.#port(node))],
      ['dbname', database],
      ['user', SANDBOX_USER],
      ['password', this.#options.password],
      ['sslmode', 'disable'],
    ]);
  }

  #port(node: string): number {
    const found = this.manifest.nodes.find((each) => each.name === node);
    if (found === undefined) throw new Error(`sandbox ${this.manifest.name} has no node ${node}`);
    return found.port;
  }

  get extensionFolder(): string | null {
    return this.manifest.engine.spockVersion === null ? join(this.manifest.folder, 'standin') : null;
  }

  /** The sandbox's folder, the stand-in in it, and its ports kept from others. Throws when one of them was taken. */
  async prepare(): Promise<void> {
    const { folder, nodes } = this.manifest;
    // A node that has its data folder may have its server on the port already.
    const bare = nodes.filter((node) => !existsSync(join(folder, node.name)));
    const [lost] = await this.#reservations.reserve(bare.map((node) => node.port));
    if (lost !== undefined) throw portTaken(lost);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await giveTo(await this.#options.account(), folder);
    if (this.extensionFolder === null) return;
    await mkdir(this.extensionFolder, { recursive: true, mode: 0o755 });
    await giveTo(await this.#options.account(), this.extensionFolder);
    await buildStandin(this.extensionFolder);
  }

  async initialise(signal: AbortSignal): Promise<void> {
    await initialise({
      engine: await this.#options.engine(this.manifest.engine),
      account: await this.#options.account(),
      folder: this.manifest.folder,
      nodes: this.manifest.nodes.map((node) => node.name),
      password: this.#options.password,
      signal,
    });
  }

  async #server(node: string): Promise<ServerProcess> {
    const account = await this.#options.account();
    const known = this.#servers.get(node);
    if (known !== undefined) return known;
    const server = new ServerProcess({
      node,
      engine: () => this.#options.engine(this.manifest.engine),
      account,
      dataFolder: join(this.manifest.folder, node),
      logFile: join(this.manifest.folder, `${node}.log`),
      port: this.#port(node),
      extensionFolder: this.extensionFolder,
      log: this.#options.log,
      onRestart: (name, restarts) => this.#options.onRestart(this.manifest, name, restarts),
    });
    this.#servers.set(node, server);
    return server;
  }

  async startServer(node: string): Promise<void> {
    const server = await this.#server(node);
    await this.#reservations.release(server.port);
    await server.start();
  }

  async stopServer(node: string, withinMs: number): Promise<void> {
    await (await this.#server(node)).stop(withinMs);
  }

  /** Starts what has a data folder: after a crash in a deploy that may be some. Failures are logged; the server is tried again. */
  async startAll(): Promise<void> {
    const { folder, nodes, name, state } = this.manifest;
    if (state === 'removing') return;
    await killAllIn(join(folder, 'new'));
    await Promise.all(
      nodes.map(async (node) => {
        const there = await stat(join(folder, node.name)).catch(() => null);
        if (there === null) return;
        await this.startServer(node.name).catch((error: Error) =>
          this.#options.log.error(`sandbox ${name}: ${error.message}`),
        );
      }),
    );
    if (state === 'whole') this.traffic.set(this.manifest.traffic);
  }

  /** It is going to be removed: traffic ends, and no console starts its servers any more. */
  retire(): void {
    this.traffic.stop();
    if (this.manifest.state !== 'removing') this.update({ state: 'removing' });
  }

  async stopAll(withinMs: number): Promise<void> {
    this.traffic.stop();
    await this.#reservations.releaseAll();
    await Promise.all(this.manifest.nodes.map((node) => this.stopServer(node.name, withinMs)));
  }

  /** Stops what runs and deletes the folder. */
  async delete(): Promise<void> {
    await this.stopAll(5000);
    await killAllIn(this.manifest.folder);
    await rm(this.manifest.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  running(node: string): boolean {
    return this.#servers.get(node)?.state === 'running';
  }

  info(): z.infer<typeof SandboxInfo> {
    const { engine, folder, nodes, traffic } = this.manifest;
    return {
      engine: engineText(engine),
      standin: engine.spockVersion === null,
      dataDir: folder,
      servers: nodes.map(({ name, port }) => {
        const server = this.#servers.get(name);
        return {
          node: name,
          port,
          pid: server?.pid ?? null,
          state: server?.state ?? 'stopped',
          restarts: server?.restarts ?? 0,
        };
      }),
      traffic,
    };
  }
}
