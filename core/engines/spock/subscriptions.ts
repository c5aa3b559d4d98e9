/** Subscriptions made, enabled and disabled, and what the receiver says of them. */
import type { NewSubscription, SubscribeWay, SubscriptionChanges } from '#core/engines/changes.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import { dsnOf, type Sql, sql } from '#core/engines/sql.ts';
import { type SqlUnit, unit } from '#core/engines/units.ts';

/** The sets that node_create makes. */
export const SETS = ['default', 'default_insert_only', 'ddl_sql'] as const;

const isMade = (name: string): Sql =>
  sql`SELECT EXISTS (SELECT FROM spock.subscription WHERE sub_name = ${quoteLiteral(name)})`;

/** `disabled`: Spock 5.0 and later; it makes no slot then. */
export function create(
  { provider, name }: NewSubscription,
  copy: { structure: boolean; rows: boolean } = { structure: false, rows: false },
  disabled = false,
): SqlUnit {
  const sets = quoteLiteral(`{${SETS.join(',')}}`);
  const enabled = disabled ? ', enabled := false' : '';
  return unit(
    sql`SELECT spock.sub_create(subscription_name := ${quoteLiteral(name)}, provider_dsn := ${dsnOf(provider)}, replication_sets := ${sets}, synchronize_structure := ${String(copy.structure)}, synchronize_data := ${String(copy.rows)}, forward_origins := '{}'${enabled})`,
    {
      scope: 'catalog',
      already: isMade(name),
      undo: [sql`SELECT spock.sub_drop(${quoteLiteral(name)}, true)`],
    },
  );
}

const enable = (name: string): Sql => sql`SELECT spock.sub_enable(${quoteLiteral(name)}, true)`;

const STANDIN: SubscribeWay = { plugin: 'pgoutput', together: null };
const SPOCK: SubscribeWay = { plugin: 'spock_output', together: null };
/** It cannot make a subscription that goes on from a slot made before. */
const SPOCK_4: SubscribeWay = {
  plugin: 'spock_output',
  together: 'Spock 4.0 keeps nothing for a receiver before its subscription works',
};

const wayOf = ({ version, standin }: { version: string | null; standin: boolean }): SubscribeWay =>
  standin ? STANDIN : /^[1-4]\./.test(version ?? '') ? SPOCK_4 : SPOCK;

export const subscriptions: SubscriptionChanges = {
  sets: SETS,
  // One of Spock 4.0 makes all of them be subscribed in its way.
  way: (nodes) => nodes.map(wayOf).find((way) => way !== SPOCK) ?? SPOCK,
  create,
  finish: (name) =>
    unit(enable(name), {
      scope: 'catalog',
      already: sql`SELECT coalesce((SELECT sub_enabled FROM spock.subscription WHERE sub_name = ${quoteLiteral(name)}), false)`,
    }),
  enable,
  disable: (name) => sql`SELECT spock.sub_disable(${quoteLiteral(name)}, true)`,
  isEnabled: (name, wanted) =>
    sql`SELECT sub_enabled = ${wanted ? 'true' : 'false'} FROM spock.subscription WHERE sub_name = ${quoteLiteral(name)}`,
  hasStatus: (name, status) =>
    sql`SELECT status = ${quoteLiteral(status)} FROM spock.sub_show_status(${quoteLiteral(name)})`,
  replicate: (count) =>
    sql`SELECT count(*) = ${count} FROM spock.sub_show_status() WHERE status = 'replicating'`,
  /** Spock names its slots spk_…; others may read from a node as well. */
  slotsInUse: (count) =>
    sql`SELECT count(*) = ${count} FROM pg_replication_slots WHERE active AND slot_type = 'logical' AND starts_with(slot_name, 'spk_') AND NOT temporary AND database = current_database()`,
  /** Its sync row (that of no table) is ready, and those of tables too. */
  isCopied: (name) =>
    sql`SELECT (SELECT status = 'replicating' FROM spock.sub_show_status(${quoteLiteral(name)})) AND NOT EXISTS (SELECT FROM spock.local_sync_status y JOIN spock.subscription s ON s.sub_id = y.sync_subid WHERE s.sub_name = ${quoteLiteral(name)} AND y.sync_status NOT IN ('y', 'r'))`,
  /**
   * A commit that comes while Spock's supervisor is walking the databases wakes nobody for three minutes: subscriptions stand
   * there, and no manager process starts their workers (spock_supervisor_main in spock.c). Enabling a subscription that is
   * enabled wakes it. Only where there is no manager: otherwise it would end a worker at its copy.
   */
  wake: (name) => ({
    needed: sql`SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type LIKE 'spock manager%' AND datname = current_database())`,
    statement: sql`SELECT spock.sub_enable(${quoteLiteral(name)})`,
  }),
  slotOf: (name) =>
    `SELECT sub_slot_name AS slot FROM spock.subscription WHERE sub_name = ${quoteLiteral(name)}`,
  /** spock_functions.c, check_for_forwarding_subscriptions: one that forwards suffers no other enabled one beside it (6.0). */
  besideForwarding: 'Spock 6 refuses a second enabled subscription beside it',
  status: (name) => `SELECT * FROM spock.sub_show_status(${quoteLiteral(name)})`,
};
