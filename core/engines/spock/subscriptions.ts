/** Subscriptions made, enabled and disabled, and what the receiver says of them. */
import type {
  NewSubscription,
  SubscribeWay,
  SubscriptionChanges,
  SubscriptionOptions,
} from '#core/engines/changes.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import { dsnOf, type Sql, sql } from '#core/engines/sql.ts';
import { type SqlUnit, unit } from '#core/engines/units.ts';

/** The sets that node_create makes. */
export const SETS = ['default', 'default_insert_only', 'ddl_sql'] as const;

const isMade = (name: string): Sql =>
  sql`SELECT EXISTS (SELECT FROM spock.subscription WHERE sub_name = ${quoteLiteral(name)})`;

/** `disabled`: Spock 5.0 and later; it makes no slot then. */
export function create(
  { provider, name, sets: wanted = SETS }: NewSubscription,
  copy: { structure: boolean; rows: boolean } = { structure: false, rows: false },
  disabled = false,
): SqlUnit {
  const sets = wanted === SETS ? quoteLiteral(`{${SETS.join(',')}}`) : namesOf(wanted);
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

/**
 * Spock ends the worker when the change commits, and starts one that reads it (alter_subscription in spock_node.c); until the old one
 * has ended it says `replicating` for it. Behind the stand-in's are PostgreSQL's own.
 */
const worksAsChanged = (name: string): Sql =>
  sql`SELECT st.status = 'replicating' AND CASE WHEN current_setting('track_commit_timestamp') = 'on' AND pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') THEN EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = current_database() AND (a.backend_type ~ ('^spock apply .*:' || s.sub_id || '$') OR a.pid IN (SELECT n.pid FROM pg_stat_subscription n WHERE n.subname = s.sub_slot_name)) AND a.backend_start >= coalesce(pg_xact_commit_timestamp(s.xmin), a.backend_start)) ELSE true END FROM spock.subscription s CROSS JOIN LATERAL spock.sub_show_status(s.sub_name) st WHERE s.sub_name = ${quoteLiteral(name)}`;

const takeSet = (name: string, set: string): Sql =>
  sql`SELECT spock.sub_add_repset(${quoteLiteral(name)}, ${quoteLiteral(set)})`;
const leaveSet = (name: string, set: string): Sql =>
  sql`SELECT spock.sub_remove_repset(${quoteLiteral(name)}, ${quoteLiteral(set)})`;

const namesOf = (sets: readonly string[]): string => `ARRAY[${sets.map(quoteLiteral).join(', ')}]::text[]`;

/** In one transaction, so that the worker restarts once. */
function changeSets(
  name: string,
  { add, remove }: { add: readonly string[]; remove: readonly string[] },
): SqlUnit {
  const take = (sets: readonly string[]) => sets.map((set) => takeSet(name, set));
  const leave = (sets: readonly string[]) => sets.map((set) => leaveSet(name, set));
  return unit([...take(add), ...leave(remove)], {
    scope: 'catalog',
    transaction: true,
    already: sql`SELECT coalesce(sub_replication_sets, '{}') @> ${namesOf(add)} AND NOT coalesce(sub_replication_sets, '{}') && ${namesOf(remove)} FROM spock.subscription WHERE sub_name = ${quoteLiteral(name)}`,
    undo: [...take(remove), ...leave(add)],
  });
}

const optionsText = ({ applyDelaySeconds, forwardOrigins, skipSchema }: SubscriptionOptions): string =>
  JSON.stringify({
    ...(applyDelaySeconds !== undefined && { apply_delay: `${applyDelaySeconds} seconds` }),
    ...(forwardOrigins !== undefined && { forward_origins: forwardOrigins }),
    ...(skipSchema !== undefined && { skip_schema: skipSchema }),
  });

function changeOptions(name: string, to: SubscriptionOptions, before: SubscriptionOptions): SqlUnit {
  const alter = (options: SubscriptionOptions) =>
    sql`SELECT spock.sub_alter_options(${quoteLiteral(name)}, ${quoteLiteral(optionsText(options))})`;
  const { applyDelaySeconds, forwardOrigins, skipSchema } = to;
  const so = [
    ...(applyDelaySeconds === undefined
      ? []
      : [`sub_apply_delay = ${quoteLiteral(`${applyDelaySeconds} seconds`)}::interval`]),
    ...(forwardOrigins === undefined
      ? []
      : [`coalesce(sub_forward_origins, '{}') = ${namesOf(forwardOrigins)}`]),
    ...(skipSchema === undefined ? [] : [`coalesce(sub_skip_schema, '{}') = ${namesOf(skipSchema)}`]),
  ];
  return unit(alter(to), {
    scope: 'catalog',
    already: sql`SELECT ${so.join(' AND ')} FROM spock.subscription WHERE sub_name = ${quoteLiteral(name)}`,
    undo: [alter(before)],
  });
}

function switchInterface(name: string, to: string, from: string): SqlUnit {
  const alter = (wanted: string) =>
    sql`SELECT spock.sub_alter_interface(${quoteLiteral(name)}, ${quoteLiteral(wanted)})`;
  return unit(alter(to), {
    scope: 'catalog',
    already: sql`SELECT i.if_name = ${quoteLiteral(to)} FROM spock.subscription s JOIN spock.node_interface i ON i.if_id = s.sub_origin_if WHERE s.sub_name = ${quoteLiteral(name)}`,
    undo: [alter(from)],
  });
}

const NOWHERE = '0/0';

/** The position is cleared when the transaction was skipped, and at any other transaction (tried on 5.0.11 and 6.0.0). */
function skip(name: string, lsn: string): SqlUnit {
  const alter = (to: string) =>
    sql`SELECT spock.sub_alter_skiplsn(${quoteLiteral(name)}, ${quoteLiteral(to)})`;
  return unit(alter(lsn), {
    scope: 'catalog',
    already: sql`SELECT sub_skip_lsn = ${quoteLiteral(lsn)} FROM spock.subscription WHERE sub_name = ${quoteLiteral(name)}`,
    undo: [alter(NOWHERE)],
  });
}

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
  worksAsChanged,
  changeSets,
  changeOptions,
  switchInterface,
  skip,
  otherwiseOptions:
    'Spock before 6.0 has no sub_alter_options: drop the subscription and create it again with the options, or upgrade Spock. What is written between the drop and the create does not arrive.',
  cannotDelay: ({ standin }) => (standin ? 'The stand-in cannot delay what it applies.' : null),
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
