/** Where a node is: a word that the catalogs of all nodes have of it, and that regions and matrices are drawn by. */
import type { Place } from '#core/engines/changes.ts';
import type { Observed, ObservedFacts } from '#core/model/observed.ts';
import type { NodeLocation } from '#core/model/requests/nodes.ts';
import { type ExecutablePlan, type ExecutableStep, step } from './executable.ts';
import { Grounds } from './nodes.ts';

const SQL_SECONDS = 10;

export function planNodeLocation(request: NodeLocation, observed: Observed): ExecutablePlan {
  const { node } = request;
  const grounds = new Grounds(observed);
  const own = grounds.need(node);
  const called = own?.nodeName ?? node;
  const others = (observed.nodes ?? []).filter(({ name }) => name !== node).map(({ name }) => name);
  const steps =
    own === null ? [] : [node, ...others].flatMap((on) => stepOn(grounds, request, { on, called }) ?? []);
  return {
    title: `Set the location of ${node}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps: grounds.problems.length > 0 ? [] : steps,
  };
}

/** On the node itself, and on each that has it in its catalog. One that cannot be read keeps what it has, and that is said. */
function stepOn(
  grounds: Grounds,
  { node, location, country }: NodeLocation,
  { on, called }: { on: string; called: string },
): ExecutableStep | null {
  const facts = on === node ? grounds.need(on) : grounds.may(on);
  if (facts === null) {
    grounds.know(on, 'Location', `${on} could not be read: it keeps the location of ${node} that it has`);
    return null;
  }
  if (!grounds.read(on, facts, 'places') || !canWrite(grounds, on, facts)) return null;
  const was = facts.places?.find((each) => each.node === called);
  if (was === undefined) return null;
  const before: Place = { location: was.location, country: was.country };
  const to: Place = {
    location: location === undefined ? before.location : location,
    country: country === undefined ? before.country : country,
  };
  const done = to.location === before.location && to.country === before.country;
  if (done) grounds.ok(on, 'Location', textOf(before));
  else grounds.todo(on, 'Location', `${textOf(before)} becomes ${textOf(to)}`, `location:${on}`);
  return step({
    id: `location:${on}`,
    title: `Set the location of ${node} on ${on}`,
    node: on,
    done,
    undo: `Sets it to ${textOf(before)} again.`,
    action: {
      type: 'sql',
      node: on,
      timeoutSeconds: SQL_SECONDS,
      units: [grounds.changes.nodes.place(called, to, before)],
    },
  });
}

const textOf = ({ location, country }: Place): string =>
  [location, country].filter((each) => each !== null).join(', ') || 'none';

/** A row of a catalog is a row: a version that keeps superusers from writing refuses this as well. */
function canWrite(grounds: Grounds, on: string, facts: ObservedFacts): boolean {
  const { readOnly } = grounds.changes.settings;
  if (readOnly === null || facts.readOnly == null) return true;
  if (readOnly.keepingOff(facts.engineVersion).superusers === 'write on') return true;
  grounds.stop(on, 'Read-only', `${readOnly.name} is ${facts.readOnly}`, {
    code: 'read-only',
    message: `${on} is read-only (${readOnly.name} = ${facts.readOnly}) and refuses writes of superusers too.`,
    remedy: `Allow writes on ${on} first.`,
  });
  return false;
}
