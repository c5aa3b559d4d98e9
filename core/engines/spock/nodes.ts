/** The extension, the node, and what is left of one that is given up (tried on 5.0.11 and 6.0.0 with the node stopped and hung). */
import type { NodeChanges, Place } from '#core/engines/changes.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import { type DsnHole, dsnOf, type Sql, sql } from '#core/engines/sql.ts';
import { type SqlUnit, unit } from '#core/engines/units.ts';
import { applied } from './plan-questions.ts';

const create = (node: string, location: string | null): SqlUnit =>
  unit(
    sql`SELECT spock.node_create(node_name := ${quoteLiteral(node)}, dsn := ${dsnOf(node)}${location === null ? '' : `, location := ${quoteLiteral(location)}`})`,
    {
      scope: 'catalog',
      // A node's id is made of its name: another one of that name has the same. Its row is another one.
      identity: sql`SELECT concat_ws('/', l.node_id, l.xmin, (SELECT system_identifier FROM pg_control_system())) FROM spock.local_node l`,
      object: `node ${node}`,
      transaction: true,
      undoClears: true,
      already: sql`SELECT EXISTS (SELECT FROM spock.local_node)`,
      undo: [sql`SELECT spock.node_drop(${quoteLiteral(node)}, true)`],
    },
  );

const createExtension = (standin: boolean): SqlUnit =>
  unit(sql`CREATE EXTENSION spock${standin ? ' CASCADE' : ''}`, {
    scope: 'catalog',
    identity: sql`SELECT oid::text FROM pg_extension WHERE extname = 'spock'`,
    object: 'extension spock',
    transaction: true,
    undoClears: true,
    already: sql`SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'spock')`,
    undo: [sql`DROP EXTENSION spock`, sql`DROP SCHEMA IF EXISTS spock`],
  });

/**
 * Spock drops the rows of a node with the last subscription to it (spock_functions.c, spock_drop_subscription): this is for what
 * stays where there was none.
 */
const drop = (node: string): SqlUnit =>
  unit(sql`SELECT spock.node_drop(${quoteLiteral(node)}, true)`, {
    scope: 'catalog',
    already: sql`SELECT NOT EXISTS (SELECT FROM spock.node WHERE node_name = ${quoteLiteral(node)})`,
  });

/** On the node itself; its slots go outside the transaction (spock_functions.c, spock_drop_node). */
const dropOwn = (node: string): SqlUnit =>
  unit(sql`SELECT spock.node_drop(${quoteLiteral(node)})`, {
    scope: 'catalog',
    object: `node ${node}`,
    already: sql`SELECT NOT EXISTS (SELECT FROM spock.local_node)`,
    stays: `${node} is no node of the cluster any more. To return, it must be copied again.`,
  });

const interfaceRow = (node: string, name: string): string =>
  `FROM spock.node_interface i JOIN spock.node n ON n.node_id = i.if_nodeid WHERE n.node_name = ${quoteLiteral(node)} AND i.if_name = ${quoteLiteral(name)}`;

const addedInterface = (node: string, name: string, dsn: DsnHole): Sql =>
  sql`SELECT spock.node_add_interface(${quoteLiteral(node)}, ${quoteLiteral(name)}, ${dsn})`;
const droppedInterface = (node: string, name: string): Sql =>
  sql`SELECT spock.node_drop_interface(${quoteLiteral(node)}, ${quoteLiteral(name)})`;

/** Spock takes any address (tried on 5.0.11 and 6.0.0): whether somebody is there is for a planner to try. */
const addInterface = (node: string, name: string, dsn: DsnHole): SqlUnit =>
  unit(addedInterface(node, name, dsn), {
    scope: 'catalog',
    object: `interface ${name} of ${node}`,
    identity: sql`SELECT i.xmin::text ${interfaceRow(node, name)}`,
    transaction: true,
    already: sql`SELECT EXISTS (SELECT ${interfaceRow(node, name)})`,
    undo: [droppedInterface(node, name)],
  });

/** Refused by Spock while a subscription uses it; a node's own it would let go, and know itself no more. */
const dropInterface = (node: string, name: string, dsn: DsnHole): SqlUnit =>
  unit(droppedInterface(node, name), {
    scope: 'catalog',
    object: `interface ${name} of ${node}`,
    already: sql`SELECT NOT EXISTS (SELECT ${interfaceRow(node, name)})`,
    undo: [addedInterface(node, name, dsn)],
  });

const textOrNull = (value: string | null): string => (value === null ? 'NULL' : quoteLiteral(value));

/** Spock has no function for it; its catalog is a table like any other, and could stand in a set (5.0 allows that). */
const place = (node: string, to: Place, was: Place): SqlUnit => {
  const set = ({ location, country }: Place): Sql =>
    sql`UPDATE spock.node SET location = ${textOrNull(location)}, country = ${textOrNull(country)} WHERE node_name = ${quoteLiteral(node)}`;
  return unit(set(to), {
    scope: 'local',
    object: `location of ${node}`,
    already: sql`SELECT location IS NOT DISTINCT FROM ${textOrNull(to.location)} AND country IS NOT DISTINCT FROM ${textOrNull(to.country)} FROM spock.node WHERE node_name = ${quoteLiteral(node)}`,
    undo: [set(was)],
  });
};

const progressOf = (id: string): string =>
  `FROM spock.progress WHERE remote_node_id = ${quoteLiteral(id)}::oid AND NOT EXISTS (SELECT FROM spock.node WHERE node_id = ${quoteLiteral(id)}::oid)`;

/** Of 5.0, where it is a table, by the id that spock.node had. 6.0 keeps it in memory until a restart. */
function forgetProgress(id: string): SqlUnit {
  const rows: Sql = sql`${progressOf(id)}`;
  return unit(sql`DELETE ${rows}`, {
    scope: 'catalog',
    already: sql`SELECT NOT EXISTS (SELECT ${rows})`,
  });
}

/**
 * Spock has functions that add and drop an interface, and none that changes one: a node's own, by which it knows itself, could not
 * be exchanged. Workers read it when they start (spock_node.c, get_node_interface).
 */
const setInterfaceDsn = (id: string, dsn: string, before: string): string =>
  `UPDATE spock.node_interface SET if_dsn = ${quoteLiteral(dsn)} WHERE if_id = ${quoteLiteral(id)}::oid AND if_dsn = ${quoteLiteral(before)}`;

export const nodes: NodeChanges = {
  setInterfaceDsn,
  setInterfaceDsnText: `UPDATE spock.node_interface SET if_dsn = /* the same, with the new password */ if_dsn`,
  localName:
    'SELECT n.node_name::text AS name FROM spock.local_node l JOIN spock.node n ON n.node_id = l.node_id',
  create,
  createExtension,
  addInterface,
  dropInterface,
  place,
  dropOwn,
  leftovers: (node, { knowsIt, keepsProgress, id }) => [
    ...(knowsIt ? [drop(node)] : []),
    ...(keepsProgress && id !== null ? [forgetProgress(id)] : []),
  ],
  dropText: (node) =>
    node === undefined ? 'spock.node_drop' : `SELECT spock.node_drop(${quoteLiteral(node)})`,
  hasProgress: `SELECT coalesce(has_table_privilege(to_regclass('spock.progress'), 'SELECT'), false) AS has`,
  applied,
};
