/** An interface: an address of a node, by a name, in the catalog of each node that reads from it. */
import { MASK, readDsn } from '#core/dsn/read.ts';
import { dsnOf } from '#core/engines/sql.ts';
import { formatNames } from '#core/model/format.ts';
import type { Observed, ObservedFacts, ObservedInterface } from '#core/model/observed.ts';
import type { NodeInterface } from '#core/model/requests/nodes.ts';
import { type ExecutablePlan, type ExecutableStep, step } from './executable.ts';
import { checkReach } from './interface-reach.ts';
import { Grounds } from './nodes.ts';

const SQL_SECONDS = 10;

/** By what the DSN of an interface is kept with a plan: the one that is added, or (`on`) the one that a node has. */
export const interfaceHole = ({ node, interface: name }: NodeInterface, on?: string): string =>
  `interface ${name} of ${node}${on === undefined ? '' : ` on ${on}`}`;

/** One node's catalog that is to be changed. */
interface At {
  on: string;
  /** Whose interface it is, as the engine calls it. */
  owner: string;
  facts: ObservedFacts;
  /** All that it has of that node. */
  all: ObservedInterface[];
}

export function planNodeInterface(request: NodeInterface, observed: Observed): ExecutablePlan {
  const { node, interface: name, dsn } = request;
  const grounds = new Grounds(observed);
  if (dsn !== null) checkDsn(grounds, node, dsn);
  const owner = grounds.may(node)?.nodeName ?? node;
  const places = placesOf(grounds, request, observed, owner);
  if (grounds.problems.length === 0 && places.length === 0) {
    grounds.problem(
      node,
      'no-interface',
      dsn === null
        ? `No node has an interface ${name} of ${node}.`
        : `No other node knows ${node}, so that nobody could use the interface.`,
      dsn === null
        ? 'It was dropped already; see the interfaces on the page of the node.'
        : `Subscribe a node to ${node} first.`,
    );
  }
  const steps = places.flatMap((at) =>
    dsn === null ? (dropStep(grounds, request, at) ?? []) : (addStep(grounds, request, at) ?? []),
  );
  return {
    title: dsn === null ? `Drop interface ${name} of ${node}` : `Add interface ${name} of ${node}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps: grounds.problems.length > 0 ? [] : steps,
  };
}

/** One that libpq could not read, or whose password is what was shown of another. */
function checkDsn(grounds: Grounds, node: string, dsn: string): void {
  const masked = dsn.includes(MASK);
  if (readDsn(dsn).fault === null && !masked) return;
  grounds.problem(
    node,
    'bad-dsn',
    masked
      ? 'The password of the DSN is masked, and the console does not know it.'
      : 'The DSN of the interface cannot be read.',
    masked ? 'Type the password.' : 'Write it as postgres://user@host:5432/database, or as host=… dbname=….',
  );
}

/** The catalogs that were asked for; else all that know the node, or that have the interface. The node's own is never dropped. */
function placesOf(grounds: Grounds, request: NodeInterface, observed: Observed, owner: string): At[] {
  const { on, dsn, interface: name } = request;
  const names = on ?? (observed.nodes ?? []).map((each) => each.name);
  return names.flatMap((each): At[] => {
    const facts = grounds.need(each);
    if (facts === null || !grounds.read(each, facts, 'interfaces')) return [];
    const all = (facts.interfaces ?? []).filter(({ node }) => node === owner);
    const at = { on: each, owner, facts, all };
    if (on !== undefined) return [at];
    if (dsn !== null) return facts.knows.includes(owner) ? [at] : [];
    const found = all.find((one) => one.name === name);
    if (found === undefined) return [];
    if (!found.own) return [at];
    grounds.know(each, 'Interface', `${each} knows itself by ${name}: it is kept there`);
    return [];
  });
}

function addStep(grounds: Grounds, request: NodeInterface, at: At): ExecutableStep | null {
  const { on, owner, facts, all } = at;
  const { node, interface: name } = request;
  if (!facts.knows.includes(owner)) {
    grounds.stop(on, 'Node', `${on} does not know ${node}`, {
      code: 'unknown-node',
      message: `${on} does not know ${node}: it does not subscribe to it.`,
      remedy: `Subscribe ${on} to ${node} first, or leave ${on} out.`,
    });
    return null;
  }
  if (all.some((each) => each.name === name)) {
    grounds.stop(on, 'Interface', `${name} exists`, {
      code: 'name-exists',
      message: `${on} has an interface ${name} of ${node} already.`,
      remedy:
        'Choose another name; or switch the subscriptions that use it to another one, drop it, and add it with the new address.',
    });
    return null;
  }
  if (on === node) grounds.ok(on, 'Reaches its provider', 'its own');
  else {
    checkReach(
      grounds,
      { receiver: on, provider: node, interface: name, reach: facts.reach?.[node] },
      {
        otherServer: 'Correct the address.',
        fails: `${grounds.changes.words.name} would accept it, and a subscription that is switched to it would be down. Correct the address, or what refuses the connection; or leave ${on} out.`,
        untried: `if ${on} does not reach ${node} by it, a subscription that is switched to it is down`,
      },
    );
  }
  return step({
    id: `add:${on}`,
    title: `Add interface ${name} of ${node} on ${on}`,
    node: on,
    undo: 'Drops it again, unless a subscription uses it by then.',
    action: {
      type: 'sql',
      node: on,
      timeoutSeconds: SQL_SECONDS,
      units: [grounds.changes.nodes.addInterface(owner, name, dsnOf(interfaceHole(request)))],
    },
  });
}

function dropStep(grounds: Grounds, request: NodeInterface, at: At): ExecutableStep | null {
  const { on, owner, all } = at;
  const { node, interface: name } = request;
  const found = all.find((each) => each.name === name);
  if (found === undefined) {
    grounds.ok(on, 'Interface', `${on} has none of that name`);
    return null;
  }
  if (found.own) {
    grounds.stop(on, 'Interface', `${on} knows itself by it`, {
      code: 'own-interface',
      message: `${on} knows itself by interface ${name}: ${grounds.changes.words.name} would drop it, and ${on} would have no address of its own.`,
      remedy: `Leave ${on} out.`,
    });
    return null;
  }
  if (found.usedBy.length > 0) {
    grounds.stop(on, 'Interface', `used by ${formatNames(found.usedBy)}`, {
      code: 'in-use',
      message: `${formatNames(found.usedBy)} on ${on} ${found.usedBy.length === 1 ? 'uses' : 'use'} interface ${name} of ${node}.`,
      remedy: `Switch ${found.usedBy.length === 1 ? 'it' : 'them'} to another interface first.`,
    });
    return null;
  }
  if (all.length === 1) {
    grounds.stop(on, 'Interface', 'the only one', {
      code: 'last-interface',
      message: `${name} is the only interface of ${node} that ${on} has.`,
      remedy: 'Add another one first.',
    });
    return null;
  }
  grounds.todo(on, 'Interface', 'no subscription uses it', `drop:${on}`);
  return step({
    id: `drop:${on}`,
    title: `Drop interface ${name} of ${node} on ${on}`,
    node: on,
    undo: 'Adds it again, with the address that it had.',
    action: {
      type: 'sql',
      node: on,
      timeoutSeconds: SQL_SECONDS,
      units: [grounds.changes.nodes.dropInterface(owner, name, dsnOf(interfaceHole(request, on)))],
    },
  });
}
