/**
 * A node added to a cluster while applications write. The new node gets a copy of one node, the source, and what the others write
 * meanwhile is kept for it by slots that are made before. It goes on with each of them from where the source stood in the copy's
 * snapshot: earlier, and changes would be done twice; later, and rows would be missing without a sign.
 */
import type { Observed } from '#core/model/observed.ts';
import type { NodeAdd } from '#core/model/requests/nodes.ts';
import type { ExecutablePlan } from '#core/plan/executable.ts';
import { Grounds } from '#core/plan/nodes.ts';
import { type Choices, readServers, type Server } from '#core/plan/servers/choices.ts';
import { checkReached } from '#core/plan/servers/deploy-servers.ts';
import { checkMembers, checkName, checkQuiet } from './checks-cluster.ts';
import { checkNewServer } from './checks-server.ts';
import { joinLinks } from './links.ts';
import { joinSteps } from './steps.ts';

/** Every check is made, also after the first that forbids the plan, so that all is said at once. */
export function planNodeAdd(request: NodeAdd, observed: Observed): ExecutablePlan {
  const { cluster, source } = request;
  const { name } = request.node;
  const grounds = new Grounds(observed);
  const all = observed.servers ?? [];
  checkName(grounds, request, observed);
  checkReached(grounds, all);
  const servers = readServers(all);
  const members = checkMembers(grounds, request, observed);
  const added = servers.find((server) => server.name === name);
  const from = servers.find((server) => server.name === source);
  if (added !== undefined && from !== undefined) {
    checkNewServer(grounds, { added, source: from, servers }, choicesOf(added, from, grounds));
  }
  checkQuiet(
    grounds,
    servers.filter((server) => server !== added),
  );
  const links = members === null ? null : joinLinks(grounds, request, members);
  const ready =
    grounds.problems.length === 0 &&
    added !== undefined &&
    from !== undefined &&
    members !== null &&
    links !== null;
  const steps = ready
    ? joinSteps({
        grounds,
        request,
        members,
        links,
        added,
        source: from,
      })
    : [];
  const ids = new Set(steps.map(({ id }) => id));
  return {
    title: `Add ${name} to ${cluster}, copied from ${source}`,
    checks: grounds.checks.map((check) =>
      check.step !== null && !ids.has(check.step) ? { ...check, step: null } : check,
    ),
    problems: grounds.problems,
    steps,
  };
}

/** As a deploy would have them that fills the one server from the other. */
const choicesOf = (added: Server, source: Server, { changes }: Grounds): Choices => ({
  changes,
  tables: source.facts.tables.flatMap((table) => {
    const [set] = table.sets;
    if (set === undefined) return [];
    const { schema, table: name } = table;
    return [{ schema, table: name, set, deltaColumns: [], on: new Map([[source.name, table]]) }];
  }),
  unknown: [],
  sequences: [],
  source,
  structure: [added.name],
  rowsOnly: [],
});
