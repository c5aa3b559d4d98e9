/** The clusters that the console itself runs on this machine. */
import { createHash, randomBytes } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import type { SandboxInfo } from '#core/contract/clusters.ts';
import type { Machine } from '#core/contract/system.ts';
import type { ObservedMachine, ObservedSandbox } from '#core/model/observed.ts';
import type { WalRoom } from '#core/model/wal-room.ts';
import type { Log } from '#server/log.ts';
import { StartError } from '#server/start-error.ts';
import type { ActivityLog } from '#server/store/activity.ts';
import { DEFAULT_THRESHOLDS, type Registry } from '#server/store/registry.ts';
import type { Seal } from '#server/store/seal.ts';
import { type Account, ownerOf, serverAccount, serversRoot } from './account.ts';
import { type EngineSearch, engineText, findEngines, type PgEngine } from './engines.ts';
import { freeBytes, MachineDisk } from './machine-disk.ts';
import { deleteManifest, type Manifest, readManifests, writeManifest } from './manifest.ts';
import { answers, freePorts } from './ports.ts';
import { Sandbox } from './sandbox.ts';

const STOP_WITHIN_MS = 3000;
const FRESH_MS = 10_000;
const NODES = 3;

export interface SandboxesOptions {
  dataDir: string;
  seal: Seal;
  registry: Registry;
  activity: ActivityLog;
  log: Log;
  /** TRICORDER_PG_BIN, unless given. */
  pgBin?: string | undefined;
}

export class Sandboxes {
  readonly #options: SandboxesOptions;
  readonly #seal: Seal;
  readonly #pgBin: string | undefined;
  readonly #sandboxes = new Map<string, Sandbox>();
  readonly #disk = new MachineDisk();
  #account: Promise<Account | null> | null = null;
  #root: Promise<string> | null = null;
  #search: { at: number; result: Promise<EngineSearch> } | null = null;

  constructor(options: SandboxesOptions) {
    this.#options = options;
    this.#pgBin = 'pgBin' in options ? options.pgBin : process.env.TRICORDER_PG_BIN;
    this.#seal = options.seal;
    for (const manifest of readManifests(options.dataDir, (problem) => options.log.error(problem))) {
      this.#keep(manifest);
    }
    options.registry.onChange((change) => {
      if (change.kind !== 'replaced' || change.previousName === change.record.name) return;
      const sandbox = this.#sandboxes.get(change.previousName);
      if (sandbox === undefined || !change.record.sandbox) return;
      this.#sandboxes.delete(change.previousName);
      sandbox.update({ name: change.record.name });
      this.#sandboxes.set(change.record.name, sandbox);
    });
  }

  #keep(manifest: Manifest): Sandbox {
    const sandbox = new Sandbox({
      manifest,
      password: this.#password(manifest),
      account: async () => (await ownerOf(manifest.folder)) ?? this.#serverAccount(),
      engine: (recorded) => this.#engineOf(recorded),
      save: (next) => writeManifest(this.#options.dataDir, next),
      log: this.#options.log,
      onRestart: ({ name }, node) => {
        this.#options.activity.add({
          at: new Date().toISOString(),
          cluster: name,
          kind: 'node',
          severity: 'warning',
          text: `The server of ${node} exited by itself and was restarted`,
          subject: { node },
          run: null,
          finding: null,
        });
      },
    });
    this.#sandboxes.set(manifest.name, sandbox);
    return sandbox;
  }

  #password(manifest: Manifest): string {
    try {
      return this.#seal.open(manifest.sealedPassword);
    } catch {
      throw new StartError(
        `The password of sandbox ${manifest.name} was sealed with another key. Restore seal.key in the data dir, or choose another --data-dir.`,
      );
    }
  }

  #serverAccount(): Promise<Account | null> {
    this.#account ??= serverAccount();
    return this.#account;
  }

  #serversRoot(): Promise<string> {
    this.#root ??= this.#serverAccount().then((account) => serversRoot(this.#options.dataDir, account));
    return this.#root;
  }

  #engines(): Promise<EngineSearch> {
    if (this.#search === null || Date.now() - this.#search.at > FRESH_MS) {
      const result = findEngines(() => this.#serversRoot(), this.#pgBin);
      this.#search = { at: Date.now(), result };
      result.catch(() => {
        this.#search = null;
      });
    }
    return this.#search.result;
  }

  /** The engine that a sandbox was made with, where it is now. Throws when it is gone: data folders fit one major version. */
  async #engineOf(recorded: PgEngine): Promise<PgEngine> {
    const there = await access(join(recorded.bin, 'postgres')).then(
      () => true,
      () => false,
    );
    if (there) return recorded;
    const { engine } = await this.#engines();
    const sameKind = engine !== null && (engine.spockVersion === null) === (recorded.spockVersion === null);
    if (sameKind && engine.major === recorded.major) return engine;
    throw new Error(
      `${engineText(recorded)} is no longer in ${recorded.bin}. Install it there again, or remove the sandbox.`,
    );
  }

  /** Starts (or takes over from an earlier console) every server of every sandbox. Never throws: what fails is logged and shown. */
  async startAll(): Promise<void> {
    await Promise.all(
      [...this.#sandboxes.values()].map((sandbox) =>
        sandbox
          .startAll()
          .catch((error: Error) =>
            this.#options.log.error(`sandbox ${sandbox.manifest.name}: ${error.message}`),
          ),
      ),
    );
  }

  /** No process of any sandbox is left when it resolves, within 3 s. */
  async stopAll(): Promise<void> {
    await Promise.all([...this.#sandboxes.values()].map((sandbox) => sandbox.stopAll(STOP_WITHIN_MS)));
  }

  /** Null: no sandbox of that name. */
  info(name: string): z.infer<typeof SandboxInfo> | null {
    return this.#sandboxes.get(name)?.info() ?? null;
  }

  /** What is free on the disk under a sandbox's servers, as of the last seconds; null before it was asked once. */
  room(name: string): WalRoom | null {
    const folder = this.#sandboxes.get(name)?.manifest.folder;
    return folder === undefined ? null : this.#disk.room(folder);
  }

  /** Throws when there is no such sandbox, or its deploy has not ended. */
  async setTraffic(
    name: string,
    wanted: { on: boolean; transactionsPerSecond?: number | undefined },
  ): Promise<void> {
    const sandbox = this.get(name);
    if (sandbox.manifest.state !== 'whole') throw new Error(`The deploy of ${name} has not finished.`);
    const traffic = {
      on: wanted.on,
      transactionsPerSecond: wanted.transactionsPerSecond ?? sandbox.manifest.traffic.transactionsPerSecond,
    };
    sandbox.update({ traffic });
    sandbox.traffic.set(traffic);
  }

  /** Throws when there is no such sandbox. */
  get(name: string): Sandbox {
    const sandbox = this.#sandboxes.get(name);
    if (sandbox === undefined) throw new Error(`There is no sandbox ${name}.`);
    return sandbox;
  }

  has(name: string): boolean {
    return this.#sandboxes.has(name);
  }

  #takenPorts(): Set<number> {
    return new Set(
      [...this.#sandboxes.values()].flatMap(({ manifest }) => manifest.nodes.map((node) => node.port)),
    );
  }

  /** What this machine offers to a new sandbox. */
  async machine(): Promise<Machine> {
    const search = await this.#engines();
    const [ports, diskFreeBytes, listens] = await Promise.all([
      freePorts(NODES, this.#takenPorts(), this.#options.dataDir),
      this.#diskFree(),
      answers(5432, 500),
    ]);
    const other: Machine['found'][number] = {
      what: 'A PostgreSQL server',
      where: '127.0.0.1:5432',
      state: listens ? 'usable' : 'not-found',
      note: listens ? 'Something listens there; if it is a Spock node, connect it by its DSN' : 'No answer',
    };
    return {
      lookedAt: new Date().toISOString(),
      platform: `${process.platform} ${process.arch}`,
      sandboxEngine:
        search.engine === null
          ? null
          : { text: engineText(search.engine), standin: search.engine.spockVersion === null },
      reason: search.reason,
      found: [...search.found, other],
      ports,
      diskFreeBytes,
    };
  }

  async #diskFree(): Promise<number | null> {
    const root = await this.#serversRoot().catch(() => this.#options.dataDir);
    return freeBytes(root);
  }

  /** For planners: the machine, and the sandbox of that name if there is one. */
  async observe(name: string): Promise<{ machine: ObservedMachine; sandbox: ObservedSandbox | null }> {
    const search = await this.#engines();
    const known = this.#sandboxes.get(name);
    return {
      machine: {
        engine:
          search.engine === null
            ? null
            : {
                text: engineText(search.engine),
                standin: search.engine.spockVersion === null,
                bin: search.engine.bin,
              },
        reason: search.reason,
        folder: known?.manifest.folder ?? (await this.#folderFor(name)),
        ports: await freePorts(NODES, this.#takenPorts(), this.#options.dataDir),
        diskFreeBytes: await this.#diskFree(),
        account: search.account?.name ?? null,
      },
      sandbox:
        known === undefined
          ? null
          : {
              folder: known.manifest.folder,
              nodes: known.manifest.nodes.map((node) => ({ ...node, running: known.running(node.name) })),
              whole: known.manifest.state === 'whole',
            },
    };
  }

  /** A name for people, and what tells apart names that look alike in a file system. */
  async #folderFor(name: string): Promise<string> {
    const plain = name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 30);
    const hash = createHash('sha256').update(name).digest('hex').slice(0, 6);
    const root = await this.#serversRoot();
    const used = new Set([...this.#sandboxes.values()].map(({ manifest }) => manifest.folder));
    for (let number = 1; ; number++) {
      // A renamed sandbox keeps its folder.
      const folder = join(root, number === 1 ? `${plain}-${hash}` : `${plain}-${hash}-${number}`);
      if (!used.has(folder)) return folder;
    }
  }

  /** Writes down the new sandbox, then makes its folder: a crash in between leaves something that can be found. */
  async allocate(name: string, nodes: { name: string; port: number }[]): Promise<void> {
    if (!this.#sandboxes.has(name)) {
      const { engine, reason } = await this.#engines();
      if (engine === null) throw new Error(reason ?? 'No PostgreSQL was found to run a sandbox on.');
      const manifest: Manifest = {
        name,
        createdAt: new Date().toISOString(),
        folder: await this.#folderFor(name),
        sealedPassword: this.#seal.seal(randomBytes(18).toString('base64url')),
        engine,
        nodes,
        state: 'making',
        traffic: { on: false, transactionsPerSecond: 10 },
      };
      writeManifest(this.#options.dataDir, manifest);
      this.#keep(manifest);
    }
    await this.get(name).prepare();
  }

  /** Puts the cluster into the registry; nothing where it is there. */
  register(name: string): void {
    const sandbox = this.get(name);
    if (this.#options.registry.get(name) === undefined) {
      this.#options.registry.add({
        name,
        engine: 'spock',
        createdAt: new Date().toISOString(),
        thresholds: DEFAULT_THRESHOLDS,
        topology: { kind: 'full-mesh' },
        sandbox: true,
        nodes: sandbox.manifest.nodes.map((node) => ({
          name: node.name,
          dsn: sandbox.dsn(node.name),
          peerDsn: null,
          walRoom: null,
        })),
      });
    }
    sandbox.update({ state: 'whole' });
  }

  /** Takes the cluster out of the registry, where it is this sandbox's. */
  forget(name: string): void {
    if (this.#options.registry.get(name)?.sandbox === true) this.#options.registry.remove(name);
  }

  /** Stops its servers, deletes its folder, then forgets that it was: a crash before the end finds it again. */
  async delete(name: string): Promise<void> {
    const sandbox = this.#sandboxes.get(name);
    if (sandbox === undefined) return;
    sandbox.retire();
    await sandbox.delete();
    deleteManifest(this.#options.dataDir, sandbox.manifest);
    this.#sandboxes.delete(name);
  }
}
