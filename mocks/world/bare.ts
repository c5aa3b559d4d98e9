/**
 * Servers that run PostgreSQL and are in no cluster yet: what a deploy starts from. A word in a host's name chooses what
 * stands there, as in connect.ts: `differs`, `many`, `has-node`, `no-spock`, `no-rights`; any other host is empty and ready.
 */
import { judgeDsn, type ParsedDsn, placeOf } from './connect.ts';
import { chance, seedOf } from './random.ts';
import { orderTables } from './tables.ts';
import type { World } from './world.ts';

export interface BareTable {
  schema: string;
  name: string;
  /** `name type`, in order. */
  columns: string[];
  key: string[];
  rows: number | null;
  bytes: number;
}

export interface BareServer {
  host: string;
  port: number;
  database: string;
  serverVersion: string;
  /** What is installed, else what could be; null: the server has no Spock. */
  engineVersion: string | null;
  engineInstalled: boolean;
  superuser: boolean;
  replicationRole: boolean;
  roundTripMs: number;
  /** A node that stands there already. */
  nodeName: string | null;
  settings: Map<string, string>;
  clockOffsetSeconds: number;
  tables: BareTable[];
  sequences: { schema: string; name: string; usedBy: string | null }[];
  systemIdentifier: string;
}

const READY: [string, string][] = [
  ['wal_level', 'logical'],
  ['shared_preload_libraries', 'spock'],
  ['track_commit_timestamp', 'on'],
  ['max_replication_slots', '24'],
  ['max_wal_senders', '24'],
  ['max_worker_processes', '64'],
];
/** What a server needs a restart for, and the value it is to have. */
const RESTART: [string, string][] = READY.slice(0, 3);

export function bareServer(host: string, port: number, database: string): BareServer {
  return {
    host,
    port,
    database,
    serverVersion: '17.10',
    engineVersion: '5.0.11',
    engineInstalled: false,
    superuser: true,
    replicationRole: true,
    roundTripMs: 1 + Math.round(chance(seedOf(host), 5) * 90),
    nodeName: null,
    settings: new Map(READY),
    clockOffsetSeconds: 0.0004,
    tables: [],
    sequences: [],
    systemIdentifier: `76${Math.floor(chance(seedOf(`${host}:${port}`), 1) * 1e17)
      .toString()
      .padStart(17, '0')}`,
  };
}

/** The shop's 25 tables with their rows; about 120 bytes of each row are its own, the rest is what a page costs. */
export function shopTables(): BareTable[] {
  return orderTables().map((table) => ({
    schema: table.schema,
    name: table.name,
    columns: table.columns,
    key: table.key,
    rows: table.rows,
    bytes: Math.max(16_384, (table.rows ?? 0) * (90 + 28 * table.columns.length)),
  }));
}

const SHOP_SEQUENCES = ['accounts.account_id', 'customers.customer_id', 'orders.order_id'].map((column) => ({
  schema: 'public',
  name: `${column.replace('.', '_')}_seq`,
  usedBy: `public.${column}`,
}));

export function withShop(server: BareServer): BareServer {
  server.tables = shopTables();
  server.sequences = [...SHOP_SEQUENCES, { schema: 'public', name: 'ticket_numbers', usedBy: null }];
  return server;
}

/** wal_level and shared_preload_libraries as a server has them that never saw Spock. */
export function withoutSettings(server: BareServer): BareServer {
  server.settings.set('wal_level', 'replica');
  server.settings.set('shared_preload_libraries', '');
  return server;
}

/** Settings that are to be changed and need a restart. */
export const restartFor = (server: BareServer): string[] =>
  RESTART.filter(([name, value]) => server.settings.get(name) !== value).map(([name]) => name);

/** The three of the drawings: n1 with the shop, n2 and n3 empty and not set up; and a fourth that stops. */
export function shopServers(): BareServer[] {
  const n1 = withShop(bareServer('10.1.0.4', 5432, 'orders'));
  const n2 = withoutSettings(bareServer('10.2.0.4', 5432, 'orders'));
  const n3 = withoutSettings(bareServer('10.3.0.9', 5432, 'orders'));
  const n4 = withoutSettings(bareServer('10.4.0.4', 5432, 'orders'));
  n1.roundTripMs = 0.7;
  n2.roundTripMs = 81;
  n2.clockOffsetSeconds = 0.0186;
  n3.roundTripMs = 142;
  n3.clockOffsetSeconds = -0.0021;
  n4.roundTripMs = 188;
  n4.clockOffsetSeconds = 4.1;
  n4.superuser = false;
  n4.replicationRole = false;
  return [n1, n2, n3, n4];
}

/** The server that a DSN leads to; made when it is first asked for. */
export function serverAt(world: World, dsn: ParsedDsn): BareServer {
  const place = placeOf(dsn);
  const known = world.bare.get(place);
  if (known) return known;
  const made = bareServer(dsn.host, dsn.port, dsn.database);
  if (dsn.host.includes('differs')) differing(made);
  if (dsn.host.includes('many')) made.tables = manyTables();
  if (dsn.host.includes('has-node')) Object.assign(made, { nodeName: 'n1', engineInstalled: true });
  if (dsn.host.includes('no-spock')) made.engineVersion = null;
  if (dsn.host.includes('no-rights')) made.superuser = false;
  world.bare.set(place, made);
  return made;
}

/** The shop, half of it: one table with another type, one that the others lack, two that are missing. */
function differing(server: BareServer): void {
  withShop(server);
  server.tables = server.tables.slice(0, -2).map((table) => ({
    ...table,
    rows: table.rows === null ? null : Math.round(table.rows / 9),
    bytes: Math.max(16_384, Math.round(table.bytes / 9)),
    columns: table.columns.map((column) => column.replace('balance numeric(14,2)', 'balance integer')),
  }));
  server.tables.push({
    schema: 'public',
    name: 'ab_tests',
    columns: ['test_id integer', 'name text'],
    key: ['test_id'],
    rows: 40,
    bytes: 16_384,
  });
}

function manyTables(): BareTable[] {
  return Array.from({ length: 10_000 }, (_, index) => ({
    schema: `tenant_${String(1 + Math.floor(index / 2500)).padStart(2, '0')}`,
    name: `t_${String(index).padStart(5, '0')}`,
    columns: ['id bigint', 'amount numeric(12,2)', 'at timestamp with time zone'],
    key: index % 97 === 0 ? [] : ['id'],
    rows: (index * 37) % 9001,
    bytes: 16_384 + ((index * 37) % 9001) * 90,
  }));
}

/** The server of a DSN at a place of the form, or why there is none. A deploy needs no node, and no extension as yet. */
export function serverOf(world: World, text: string, path: (string | number)[]) {
  const { dsn, issue } = judgeDsn(text, path);
  const harmless = issue?.code === 'no-node' || issue?.code === 'no-spock';
  if (dsn === null || (issue !== null && !harmless)) return { server: null, dsn, issue };
  return { server: serverAt(world, dsn), dsn, issue: null };
}
