/** Every node joined to every other: names, order and statements, the same for a sandbox and for servers. */
import { quoteLiteral } from '#core/engines/quote.ts';
import { type Awaited, type SqlUnit, unit, type Wake } from './draft.ts';
import { dsnOf, type Sql, sql } from './sql.ts';

export interface Pair {
  provider: string;
  receiver: string;
  /** The subscription's name. */
  name: string;
}

const NAME_LIMIT = 63;
/** The sets that node_create makes. */
export const SETS = ['default', 'default_insert_only', 'ddl_sql'] as const;

/**
 * pgEdge's way of naming, `sub_RECEIVERPROVIDER`. Spock takes lower case letters, digits and underscore only (its
 * spock_node.c); nodes may be called otherwise.
 */
export function subscriptionName(provider: string, receiver: string, taken: readonly string[]): string {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9_]+/g, '_');
  const wanted = `sub_${plain(receiver)}${plain(provider)}`.slice(0, NAME_LIMIT);
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? '' : `_${number}`;
    const name = wanted.slice(0, NAME_LIMIT - suffix.length) + suffix;
    if (!taken.includes(name)) return name;
  }
}

/**
 * All ordered pairs, turn by turn: in one turn each node receives once and provides once. No two subscriptions of a cluster
 * have one name: slots on a provider are named after them, and names of nodes may differ in what `subscriptionName` drops.
 */
export function pairsOf(nodes: readonly string[]): Pair[] {
  const taken: string[] = [];
  return Array.from({ length: nodes.length - 1 }, (_, turn) =>
    nodes.map((receiver, index) => {
      const provider = nodes[(index + turn + 1) % nodes.length] as string;
      const name = subscriptionName(provider, receiver, taken);
      taken.push(name);
      return { provider, receiver, name };
    }),
  ).flat();
}

/**
 * Each pair with the one that its receiver makes before it; null: its first. Spock's sub_create locks its own node until it
 * commits (spock_node.c, get_local_node), so a node makes its subscriptions one after the other in any case; those of
 * different nodes do not wait for one another. Measured: about half the time of one after the other throughout.
 */
export function inChains(pairs: readonly Pair[]): { pair: Pair; after: Pair | null }[] {
  const last = new Map<string, Pair>();
  return pairs.map((pair) => {
    const after = last.get(pair.receiver) ?? null;
    last.set(pair.receiver, pair);
    return { pair, after };
  });
}

export const isSubscribed = (name: string): Sql =>
  sql`SELECT EXISTS (SELECT FROM spock.subscription WHERE sub_name = ${quoteLiteral(name)})`;

/** `copy`: what comes with it from the provider. */
export function subscribeUnit(
  { provider, name }: Pair,
  copy: { structure: boolean; rows: boolean } = { structure: false, rows: false },
): SqlUnit {
  const sets = quoteLiteral(`{${SETS.join(',')}}`);
  return unit(
    sql`SELECT spock.sub_create(subscription_name := ${quoteLiteral(name)}, provider_dsn := ${dsnOf(provider)}, replication_sets := ${sets}, synchronize_structure := ${String(copy.structure)}, synchronize_data := ${String(copy.rows)}, forward_origins := '{}')`,
    { already: isSubscribed(name), undo: [sql`SELECT spock.sub_drop(${quoteLiteral(name)}, true)`] },
  );
}

/**
 * What both ends say of all links: receivers alone say `replicating` for a while with nobody at the other end. Spock names its
 * slots spk_…; others may read from a node as well.
 */
export function allReplicate(nodes: readonly string[]): Awaited[] {
  const peers = nodes.length - 1;
  const others = peers === 1 ? 'its peer' : `all ${peers} peers`;
  return nodes.flatMap((node) => [
    {
      node,
      text: `the subscriptions of ${node} to ${others} replicate`,
      query: sql`SELECT count(*) = ${peers} FROM spock.sub_show_status() WHERE status = 'replicating'`,
    },
    {
      node,
      text: `the slots on ${node} for ${others} are in use`,
      query: sql`SELECT count(*) = ${peers} FROM pg_replication_slots WHERE active AND slot_type = 'logical' AND starts_with(slot_name, 'spk_') AND NOT temporary AND database = current_database()`,
    },
  ]);
}

/** The copy that came with a subscription is whole: its sync row (that of no table) is ready, and those of tables too. */
export const isCopied = (name: string): Sql =>
  sql`SELECT (SELECT status = 'replicating' FROM spock.sub_show_status(${quoteLiteral(name)})) AND NOT EXISTS (SELECT FROM spock.local_sync_status y JOIN spock.subscription s ON s.sub_id = y.sync_subid WHERE s.sub_name = ${quoteLiteral(name)} AND y.sync_status NOT IN ('y', 'r'))`;

/**
 * A commit that comes while Spock's supervisor is walking the databases wakes nobody for three minutes: subscriptions stand
 * there, and no manager process starts their workers (spock_supervisor_main in spock.c). Enabling a subscription that is
 * enabled wakes it. Only where there is no manager: otherwise it would end a worker at its copy.
 */
export const wakesOf = (pairs: readonly Pair[]): Wake[] =>
  inChains(pairs).flatMap(({ pair: { receiver, name }, after }) =>
    after !== null
      ? []
      : [
          {
            node: receiver,
            needed: sql`SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type LIKE 'spock manager%' AND datname = current_database())`,
            statement: sql`SELECT spock.sub_enable(${quoteLiteral(name)})`,
          },
        ],
  );

export const nodeUnit = (node: string, location: string | null): SqlUnit =>
  unit(
    sql`SELECT spock.node_create(node_name := ${quoteLiteral(node)}, dsn := ${dsnOf(node)}${location === null ? '' : `, location := ${quoteLiteral(location)}`})`,
    {
      already: sql`SELECT EXISTS (SELECT FROM spock.local_node)`,
      undo: [sql`SELECT spock.node_drop(${quoteLiteral(node)}, true)`],
    },
  );

export const extensionUnit = (standin: boolean): SqlUnit =>
  unit(sql`CREATE EXTENSION spock${standin ? ' CASCADE' : ''}`, {
    already: sql`SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'spock')`,
    undo: [sql`DROP EXTENSION spock`, sql`DROP SCHEMA IF EXISTS spock`],
  });
