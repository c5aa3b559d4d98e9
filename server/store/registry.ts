/** Which clusters are watched and how their nodes are reached. DSNs stand sealed on disk, in clear in memory only. */
import type { z } from 'zod';
import type { Topology } from '#core/contract/clusters.ts';
import type { EngineName } from '#core/model/engine-name.ts';
import type { Thresholds } from '#core/model/snapshot.ts';
import type { WalRoom } from '#core/model/wal-room.ts';
import { StartError } from '#server/start-error.ts';
import { type Database, migrate } from './database.ts';
import type { Seal } from './seal.ts';

export interface NodeRecord {
  /** As the catalogs have it; `host:port` while a node that was kept unreachable has not said its name. */
  name: string;
  /** As it was given, password included: never log it, never send it to a browser. */
  dsn: string;
  /** How the peers reach it; null: by `dsn`. */
  peerDsn: string | null;
  /** What somebody said its disk has free for WAL, and when; null: nobody did. */
  walRoom: WalRoom | null;
  /**
   * Of the server that the node is on, from pg_control_system: what answers at the address with another one is not the node.
   * Null or absent: not read since the address was saved.
   */
  systemIdentifier?: string | null;
}

export interface ClusterRecord {
  name: string;
  engine: EngineName;
  createdAt: string;
  thresholds: Thresholds;
  topology: z.infer<typeof Topology>;
  /** The console itself runs its servers. */
  sandbox: boolean;
  nodes: NodeRecord[];
}

export type RegistryChange =
  | { kind: 'added'; record: ClusterRecord }
  | { kind: 'replaced'; previousName: string; record: ClusterRecord }
  | { kind: 'removed'; record: ClusterRecord };

/** Of a new cluster, unless given. */
export const DEFAULT_THRESHOLDS: Thresholds = { lagSeconds: 10, walHeldBytes: 1_073_741_824 };

const STEPS = [
  `CREATE TABLE cluster (
     name TEXT PRIMARY KEY, engine TEXT NOT NULL, created_at TEXT NOT NULL, thresholds TEXT NOT NULL,
     topology TEXT NOT NULL, sandbox INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE cluster_node (
     cluster TEXT NOT NULL REFERENCES cluster (name) ON DELETE CASCADE ON UPDATE CASCADE,
     position INTEGER NOT NULL, name TEXT NOT NULL, sealed_dsn TEXT NOT NULL, sealed_peer_dsn TEXT,
     PRIMARY KEY (cluster, position)
   ) STRICT;`,
  'ALTER TABLE cluster_node ADD COLUMN wal_room TEXT',
  'ALTER TABLE cluster_node ADD COLUMN system_identifier TEXT',
];

interface ClusterRow {
  name: string;
  engine: EngineName;
  created_at: string;
  thresholds: string;
  topology: string;
  sandbox: number;
}

interface NodeRow {
  cluster: string;
  name: string;
  sealed_dsn: string;
  sealed_peer_dsn: string | null;
  wal_room: string | null;
  system_identifier: string | null;
}

export class Registry {
  readonly #db: Database;
  readonly #seal: Seal;
  readonly #records = new Map<string, ClusterRecord>();
  readonly #listeners = new Set<(change: RegistryChange) => void>();
  readonly #writers = new Set<(change: RegistryChange) => void>();

  /** Reads all records. Throws StartError when a DSN was sealed under another key. */
  constructor(db: Database, seal: Seal) {
    this.#db = db;
    this.#seal = seal;
    migrate(db, 'registry', STEPS);
    for (const record of this.#read()) this.#records.set(record.name, record);
  }

  /** By name. */
  list(): ClusterRecord[] {
    return [...this.#records.values()].sort((a, b) => a.name.localeCompare(b.name));
  }

  get(name: string): ClusterRecord | undefined {
    return this.#records.get(name);
  }

  /** Throws when the name is taken: callers ask first, to say it in their own words. */
  add(record: ClusterRecord): void {
    if (this.#records.has(record.name)) throw new Error(`a cluster named ${record.name} is there already`);
    const change = { kind: 'added', record } as const;
    this.#inOne(change, () => this.#write(record));
    this.#records.set(record.name, record);
    this.#tell(change);
  }

  /** Puts `record` in the place of `name`; another `record.name` renames. Throws when `name` is unknown or the new name is taken. */
  replace(name: string, record: ClusterRecord): void {
    if (!this.#records.has(name)) throw new Error(`no cluster is named ${name}`);
    if (record.name !== name && this.#records.has(record.name)) {
      throw new Error(`a cluster named ${record.name} is there already`);
    }
    const change = { kind: 'replaced', previousName: name, record } as const;
    this.#inOne(change, () => {
      this.#db.prepare('DELETE FROM cluster WHERE name = ?').run(name);
      this.#write(record);
    });
    this.#records.delete(name);
    this.#records.set(record.name, record);
    this.#tell(change);
  }

  /** True when it was there. */
  remove(name: string): boolean {
    const record = this.#records.get(name);
    if (record === undefined) return false;
    const change = { kind: 'removed', record } as const;
    this.#inOne(change, () => this.#db.prepare('DELETE FROM cluster WHERE name = ?').run(name));
    this.#records.delete(name);
    this.#tell(change);
    return true;
  }

  /** Called within the transaction of a change: what a store keeps by a cluster's name changes with it, or nothing does. */
  onWrite(writer: (change: RegistryChange) => void): () => void {
    this.#writers.add(writer);
    return () => this.#writers.delete(writer);
  }

  #inOne(change: RegistryChange, write: () => unknown): void {
    this.#db.transaction(() => {
      write();
      for (const writer of [...this.#writers]) writer(change);
    })();
  }

  /** Called after a change is on disk. Returns what ends the listening. */
  onChange(listener: (change: RegistryChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(change: RegistryChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }

  #write(record: ClusterRecord): void {
    this.#db
      .prepare('INSERT INTO cluster VALUES (?, ?, ?, ?, ?, ?)')
      .run(
        record.name,
        record.engine,
        record.createdAt,
        JSON.stringify(record.thresholds),
        JSON.stringify(record.topology),
        record.sandbox ? 1 : 0,
      );
    const insert = this.#db.prepare('INSERT INTO cluster_node VALUES (?, ?, ?, ?, ?, ?, ?)');
    record.nodes.forEach((node, position) => {
      const peer = node.peerDsn === null ? null : this.#seal.seal(node.peerDsn);
      const room = node.walRoom === null ? null : JSON.stringify(node.walRoom);
      const dsn = this.#seal.seal(node.dsn);
      insert.run(record.name, position, node.name, dsn, peer, room, node.systemIdentifier ?? null);
    });
  }

  #read(): ClusterRecord[] {
    const nodes = this.#db
      .prepare(
        'SELECT cluster, name, sealed_dsn, sealed_peer_dsn, wal_room, system_identifier FROM cluster_node ORDER BY cluster, position',
      )
      .all() as NodeRow[];
    const clusters = this.#db.prepare('SELECT * FROM cluster').all() as ClusterRow[];
    return clusters.map((row) => ({
      name: row.name,
      engine: row.engine,
      createdAt: row.created_at,
      thresholds: JSON.parse(row.thresholds),
      topology: JSON.parse(row.topology),
      sandbox: row.sandbox === 1,
      nodes: nodes
        .filter((node) => node.cluster === row.name)
        .map((node) => ({
          name: node.name,
          dsn: this.#open(row.name, node.name, node.sealed_dsn),
          peerDsn:
            node.sealed_peer_dsn === null ? null : this.#open(row.name, node.name, node.sealed_peer_dsn),
          walRoom: node.wal_room === null ? null : JSON.parse(node.wal_room),
          ...(node.system_identifier !== null && { systemIdentifier: node.system_identifier }),
        })),
    }));
  }

  #open(cluster: string, node: string, sealed: string): string {
    try {
      return this.#seal.open(sealed);
    } catch {
      throw new StartError(
        `The DSN of ${node} in cluster ${cluster} was sealed with another key. Restore seal.key in the data dir, or choose another --data-dir.`,
      );
    }
  }
}
