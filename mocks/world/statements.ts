/** What a simulated server does at a statement of a plan: it has the functions that plans call, as a real one has them. */
import { quoteLiteral, unquoteQualified } from '#core/engines/quote.ts';
import { changesOf } from '#core/engines/registry.ts';
import { runDdl } from './ddl.ts';
import { printedFilter } from './filter-tree.ts';
import type { SimCluster, SimSubscription, SimTable } from './model.ts';
import { nodeOf } from './physics.ts';
import { alterSetting } from './settings.ts';

/** By position, and by name where the call names it; literals without their quotes. */
interface Arguments {
  at: string[];
  named: Map<string, string>;
}

/** False: it was so already. Throws what a server would answer. */
type Does = (cluster: SimCluster, node: string, given: Arguments) => boolean;

/** By the function that is called; what is not here is an error, as in PostgreSQL. */
const functions: Record<string, Does> = {
  sub_enable: (cluster, node, { at: [name = ''] }) => switchTo(cluster, node, name, true),
  sub_disable: (cluster, node, { at: [name = ''] }) => switchTo(cluster, node, name, false),
  sub_alter_skiplsn: (cluster, node, { at: [name = '', lsn = ''] }) =>
    changeOwn(cluster, node, name, (sub) => {
      const changed = (sub.skipLsn ?? NOWHERE) !== lsn;
      sub.skipLsn = lsn === NOWHERE ? null : lsn;
      return changed;
    }),
  sub_alter_interface: (cluster, node, { at: [name = '', to = ''] }) =>
    changeOwn(cluster, node, name, (sub) => {
      const changed = (sub.interface ?? sub.provider) !== to;
      sub.interface = to;
      return changed;
    }),
  sub_alter_options: (cluster, node, { at: [name = '', options = '{}'] }) =>
    changeOwn(cluster, node, name, (sub) => {
      const to = JSON.parse(options) as {
        apply_delay?: string;
        forward_origins?: string[];
        skip_schema?: string[];
      };
      if (to.apply_delay !== undefined) sub.applyDelaySeconds = Number.parseFloat(to.apply_delay);
      if (to.forward_origins !== undefined) sub.forwardOrigins = to.forward_origins;
      if (to.skip_schema !== undefined) sub.skipSchema = to.skip_schema;
      return options !== '{}';
    }),
  sub_add_repset: (cluster, node, { at: [name = '', set = ''] }) =>
    changeOwn(cluster, node, name, (sub) => {
      if (sub.replicationSets.includes(set)) return false;
      sub.replicationSets = [...sub.replicationSets, set];
      return true;
    }),
  sub_remove_repset: (cluster, node, { at: [name = '', set = ''] }) =>
    changeOwn(cluster, node, name, (sub) => {
      const { length } = sub.replicationSets;
      sub.replicationSets = sub.replicationSets.filter((each) => each !== set);
      return sub.replicationSets.length !== length;
    }),
  repset_add_table: (cluster, node, { at: [set = '', table = ''], named }) => {
    const columns = named.get('columns');
    const filter = named.get('row_filter');
    const rowFilter = filter === undefined ? null : printedFilter(filter);
    const membership = { set, rowFilter, columns: columns ? literalsIn(columns) : null };
    return changeSets(cluster, node, table, (sets) =>
      sets.some((each) => each.set === set) ? sets : [...sets, membership],
    );
  },
  repset_remove_table: (cluster, node, { at: [set = '', table = ''] }) =>
    changeSets(cluster, node, table, (sets) => sets.filter((each) => each.set !== set)),
  repset_create: (cluster, node, { at: [name = ''], named }) => {
    const server = nodeOf(cluster, node);
    if (!server) throw new Error('node not found');
    if (server.sets.some((each) => each.name === name))
      throw new Error(`replication set ${name} already exists`);
    server.sets = [...server.sets, { name, sequences: [], ...sendsIn(named, true) }];
    server.catalogMark += 1;
    return true;
  },
  repset_alter: (cluster, node, { at: [name = ''], named }) => {
    const server = nodeOf(cluster, node);
    const set = server?.sets.find((each) => each.name === name);
    if (!server || !set) throw new Error(`replication set ${name} not found`);
    const before = JSON.stringify(set);
    Object.assign(set, sendsIn(named, undefined));
    if (JSON.stringify(set) === before) return false;
    server.catalogMark += 1;
    return true;
  },
  repset_drop: (cluster, node, { at: [name = ''] }) => {
    const server = nodeOf(cluster, node);
    if (!server?.sets.some((each) => each.name === name))
      throw new Error(`replication set ${name} not found`);
    server.sets = server.sets.filter((each) => each.name !== name);
    for (const table of server.tables) table.sets = table.sets.filter((each) => each.set !== name);
    server.catalogMark += 1;
    return true;
  },
  repset_add_seq: (cluster, node, { at: [set = '', sequence = ''] }) =>
    changeSequences(cluster, node, set, (all) => [...new Set([...all, sequence])]),
  repset_remove_seq: (cluster, node, { at: [set = '', sequence = ''] }) =>
    changeSequences(cluster, node, set, (all) => all.filter((each) => each !== sequence)),
  // The world's links carry DDL in no time.
  replicate_ddl: (cluster, _node, { at: [text = ''] }) =>
    cluster.nodes.filter(({ name }) => runDdl(cluster, name, text) === true).length > 0,
  pg_drop_replication_slot: (cluster, node, { at: [slot = ''] }) => dropSlot(cluster, node, slot),
  node_add_interface: (cluster, _node, { at: [of = '', name = ''] }) =>
    changeInterfaces(cluster, of, (all) => [...new Set([...all, name])]),
  node_drop_interface: (cluster, _node, { at: [of = '', name = ''] }) =>
    changeInterfaces(cluster, of, (all) => all.filter((each) => each !== name)),
  slot_enable_failover: (cluster, node) => {
    const server = nodeOf(cluster, node);
    const before = server?.failover;
    if (server) server.failover = true;
    return before !== true;
  },
  // Settings are in force at once.
  pg_reload_conf: () => false,
  // The world knows nodes by what is there, not by who remembers them.
  node_drop: () => true,
};

const NOWHERE = '0/0';
const DELETE = /^DELETE FROM ([\w.]+) WHERE \w+ < '([^']+)'::timestamptz$/;
const UPDATE = /^ALTER EXTENSION \w+ UPDATE TO '([^']+)'$/;
const SETTING = /^ALTER SYSTEM (?:RESET ([\w.]+)|SET ([\w.]+) = (.+))$/s;

/** What a node has recorded before that moment; of its other tables nothing is simulated. */
function deleteRecords(cluster: SimCluster, node: string, table: string, before: string): boolean {
  const count = cluster.conflicts.length + cluster.exceptions.length;
  const stays = (row: { node: string; at: string }) =>
    row.node !== node || Date.parse(row.at) >= Date.parse(before);
  if (table === RECORDS?.table('conflicts')) cluster.conflicts = cluster.conflicts.filter(stays);
  if (table === RECORDS?.table('exceptions')) cluster.exceptions = cluster.exceptions.filter(stays);
  return cluster.conflicts.length + cluster.exceptions.length < count;
}

const RECORDS = changesOf('spock').records;

function updateExtension(cluster: SimCluster, node: string, version: string): boolean {
  const server = nodeOf(cluster, node);
  if (!server) throw new Error('node not found');
  server.engineVersion = version;
  return true;
}

/** Does what `statement` does on `node`. False: it was so already. Throws for what the server has not. */
export function execute(cluster: SimCluster, node: string, statement: string): boolean {
  const many =
    /^(SELECT .*)r\.relation(.*\)) FROM unnest\((ARRAY\[.*\])::regclass\[\]\) AS r \(relation\)$/s.exec(
      statement,
    );
  if (many !== null) {
    const [, before = '', after = '', relations = ''] = many;
    const done = literalsIn(relations).map((relation) =>
      execute(cluster, node, `${before}${quoteLiteral(relation)}::regclass${after}`),
    );
    return done.includes(true);
  }
  if (statement.startsWith('SET LOCAL ')) return false;
  const defined = runDdl(cluster, node, statement);
  if (defined !== null) return defined;
  const trimmed = DELETE.exec(statement);
  if (trimmed !== null) return deleteRecords(cluster, node, trimmed[1] ?? '', trimmed[2] ?? '');
  const version = UPDATE.exec(statement)?.[1];
  if (version !== undefined) return updateExtension(cluster, node, version);
  const setting = SETTING.exec(statement);
  if (setting !== null) {
    const [, reset, name = reset ?? '', value] = setting;
    const server = nodeOf(cluster, node);
    if (!server) throw new Error('node not found');
    return alterSetting(server, name, value === undefined ? null : literalsIn(value).join(', '));
  }
  const ended = END.exec(statement);
  if (ended !== null) return endSession(cluster, node, Number(ended[1]));
  const place = PLACE.exec(statement);
  if (place !== null) return setPlace(cluster, place);
  const [, name = '', given = ''] = /^SELECT (?:\w+\.)?(\w+)\((.*)\)$/s.exec(statement) ?? [];
  const does = functions[name];
  if (does === undefined) throw new Error(`the simulated server has no function for: ${statement}`);
  return does(cluster, node, argumentsOf(given));
}

/** Nobody reads by it any more, whoever it was of. */
export function dropSlot(cluster: SimCluster, node: string, slot: string): boolean {
  const sub = cluster.subscriptions.find((each) => each.provider === node && each.slot === slot);
  if (sub) {
    sub.confirmed = null;
    sub.restart = null;
  }
  const server = nodeOf(cluster, node);
  const other = server?.otherSlots.some(({ name }) => name === slot) ?? false;
  if (server) server.otherSlots = server.otherSlots.filter(({ name }) => name !== slot);
  return sub !== undefined || other;
}

/** Every node of the world has the same ones of a node. */
function changeInterfaces(
  cluster: SimCluster,
  node: string,
  change: (interfaces: string[]) => string[],
): boolean {
  const server = nodeOf(cluster, node);
  if (!server) throw new Error(`node ${quoteLiteral(node)} not found`);
  const before = server.interfaces ?? [];
  server.interfaces = change(before);
  return server.interfaces.length !== before.length;
}

const END = /^SELECT pg_(?:cancel|terminate)_backend\(a\.pid\) FROM pg_stat_activity a WHERE a\.pid = (\d+) /;

/** Its locks go with its transaction, so that nobody waits for it any more. */
function endSession(cluster: SimCluster, node: string, pid: number): boolean {
  const server = nodeOf(cluster, node);
  const before = server?.sessions ?? [];
  if (server) server.sessions = before.filter((each) => each.pid !== pid);
  return before.some((each) => each.pid === pid);
}

const PLACE = /^UPDATE \w+\.node SET location = (NULL|'.*'), country = (NULL|'.*') WHERE node_name = ('.*')$/;

function setPlace(cluster: SimCluster, [, location = '', country = '', name = '']: string[]): boolean {
  const server = nodeOf(cluster, unquoted(name));
  if (!server) throw new Error(`node ${name} not found`);
  const before = [server.location, server.country].join();
  server.location = location === 'NULL' ? null : unquoted(location);
  server.country = country === 'NULL' ? null : unquoted(country);
  return [server.location, server.country].join() !== before;
}

function changeOwn(
  cluster: SimCluster,
  node: string,
  name: string,
  change: (sub: SimSubscription) => boolean,
): boolean {
  const sub = cluster.subscriptions.find((each) => each.receiver === node && each.name === name);
  if (!sub) throw new Error(`subscription ${quoteLiteral(name)} not found`);
  return change(sub);
}

const switchTo = (cluster: SimCluster, node: string, name: string, enabled: boolean): boolean =>
  changeOwn(cluster, node, name, (sub) => {
    const changed = sub.enabled !== enabled;
    sub.enabled = enabled;
    return changed;
  });

function changeSets(
  cluster: SimCluster,
  node: string,
  table: string,
  change: (sets: SimTable['sets']) => SimTable['sets'],
): boolean {
  const [schema, name] = unquoteQualified(table) ?? [];
  const server = nodeOf(cluster, node);
  const found = server?.tables.find((each) => each.schema === schema && each.name === name);
  if (!server || !found) throw new Error(`relation "${schema}.${name}" does not exist`);
  const { length } = found.sets;
  found.sets = change(found.sets);
  if (found.sets.length === length) return false;
  server.catalogMark += 1;
  return true;
}

/** `otherwise`: of what the call does not name. */
function sendsIn<T extends boolean | undefined>(named: Arguments['named'], otherwise: T) {
  const of = (kind: string) => {
    const value = named.get(`replicate_${kind}`);
    return value === undefined ? otherwise : value === 'true';
  };
  const all = { insert: of('insert'), update: of('update'), delete: of('delete'), truncate: of('truncate') };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<
    keyof typeof all,
    boolean
  >;
}

function changeSequences(
  cluster: SimCluster,
  node: string,
  set: string,
  change: (sequences: string[]) => string[],
): boolean {
  const server = nodeOf(cluster, node);
  const found = server?.sets.find((each) => each.name === set);
  if (!server || !found) throw new Error(`replication set ${set} not found`);
  const { length } = found.sequences;
  found.sequences = change(found.sequences);
  if (found.sequences.length === length) return false;
  server.catalogMark += 1;
  return true;
}

const LITERAL = `E?'(?:[^']|'')*'`;
const ARGUMENT = new RegExp(
  String.raw`(?:(\w+) := )?(ARRAY\[(?:${LITERAL}(?:, )?)*\]|${LITERAL}|\w+)(?:::[\w[\]]+)?(?:, |$)`,
  'gs',
);

function argumentsOf(text: string): Arguments {
  const given: Arguments = { at: [], named: new Map() };
  for (const [, name, value = ''] of text.matchAll(ARGUMENT)) {
    const plain = value.startsWith('ARRAY') ? value : unquoted(value);
    if (name === undefined) given.at.push(plain);
    else given.named.set(name, plain);
  }
  return given;
}

const literalsIn = (array: string): string[] =>
  [...array.matchAll(new RegExp(LITERAL, 'gs'))].map(([literal]) => unquoted(literal));

/** The inverse of quoteLiteral; what is no literal as it is. */
function unquoted(text: string): string {
  if (text.startsWith("E'")) return unquoted(text.slice(1)).replaceAll('\\\\', '\\');
  return text.startsWith("'") ? text.slice(1, -1).replaceAll("''", "'") : text;
}
