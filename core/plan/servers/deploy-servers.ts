/** An active-active cluster on servers that are there: what is looked at before, and what is done. */

import type { DeployServers } from '#core/model/deploy.ts';
import { formatNames } from '#core/model/format.ts';
import type { Observed } from '#core/model/observed.ts';
import type { ObservedServer } from '#core/model/observed-server.ts';
import type { ExecutablePlan } from '#core/plan/executable.ts';
import { Grounds } from '#core/plan/nodes.ts';
import { choose, readServers } from './choices.ts';
import { checkHolds } from './hold.ts';
import { checkEnvironment } from './preflight-environment.ts';
import { checkPeers } from './preflight-peers.ts';
import { checkInUse, checkServer } from './preflight-server.ts';
import { checkTables } from './preflight-tables.ts';
import { deploySteps } from './steps.ts';
import { newLinks, wayOn } from './subscribe.ts';

/** NAMEDATALEN of PostgreSQL, without the zero at its end. */
const NAME_BYTES = 63;

/**
 * Every check is made, also after the first that forbids the deploy, so that all is said at once. Steps are planned where
 * all servers could be read: a plan with problems shows them, and cannot be run.
 */
export function planDeployServers(request: DeployServers, observed: Observed): ExecutablePlan {
  const grounds = new Grounds(observed);
  const observedServers = observed.servers ?? [];
  const names = request.nodes.map(({ name }) => name);
  checkNames(grounds, request, observed);
  checkReached(grounds, observedServers);
  const servers = readServers(observedServers);
  const choices = choose(request, servers, grounds.changes);
  for (const server of servers) checkServer(grounds, server, names);
  checkEnvironment(grounds, request, servers, choices);
  checkInUse(grounds, servers);
  checkPeers(grounds, servers, choices);
  checkTables(grounds, request, servers, choices);
  checkHolds(grounds, servers, newLinks(servers, choices), choices, wayOn(servers, grounds.changes));
  const steps = servers.length === names.length ? deploySteps(request, servers, choices) : [];
  const ids = new Set(steps.map(({ id }) => id));
  return {
    title: `Deploy ${request.name} on ${formatNames(names)}`,
    checks: grounds.checks.map((check) =>
      check.step !== null && !ids.has(check.step) ? { ...check, step: null } : check,
    ),
    problems: grounds.problems,
    steps,
  };
}

/** That each could be read, and directly; one that could not is a problem. */
export function checkReached(grounds: Grounds, servers: readonly ObservedServer[]): void {
  for (const { name, read } of servers) {
    if (read.ok) {
      grounds.ok(name, 'Reached', read.facts.address);
      checkDirect(grounds, name, read.facts.pooled);
      continue;
    }
    if (read.answered === true) {
      grounds.stop(name, 'Reached', `answered, but: ${read.error}`, {
        code: 'not-read',
        message: `${name} accepted the connection but could not be read: ${read.error}`,
        remedy: 'Fix the cause that the server reports, then check again.',
      });
      continue;
    }
    grounds.stop(name, 'Reached', read.error, {
      code: 'unreachable',
      message: `${name} could not be read: ${read.error}`,
      remedy: read.remedy ?? 'Bring it back, or leave it out, then check again.',
    });
  }
}

function checkNames(grounds: Grounds, request: DeployServers, observed: Observed): void {
  if (observed.clusters.includes(request.name)) {
    grounds.problem(
      null,
      'name-taken',
      `A cluster ${request.name} is already watched.`,
      'Choose another name, or forget that one first.',
    );
  }
  for (const { name } of request.nodes) {
    if (new TextEncoder().encode(name).length <= NAME_BYTES) continue;
    grounds.problem(
      name,
      'long-name',
      `The name ${name} is longer than ${NAME_BYTES} bytes: PostgreSQL would truncate it.`,
      'Choose a shorter one.',
    );
  }
  const twice = request.nodes.find(
    ({ name }, index) => request.nodes.findIndex((other) => other.name === name) < index,
  );
  if (twice !== undefined) {
    grounds.problem(
      twice.name,
      'same-name',
      `Two nodes are named ${twice.name}.`,
      'Give each a name of its own.',
    );
  }
}

function checkDirect(grounds: Grounds, name: string, pooled: boolean): void {
  if (!pooled) return;
  grounds.stop(name, 'Direct connection', 'through a pooler', {
    code: 'pooled',
    message: `${name} is reached through a pooler, such as pgbouncer. Watching works this way; a deploy needs a direct connection.`,
    remedy: `Give the server's own host and port for ${name}, then check again.`,
  });
}
