/** Preflight of the servers with each other: different servers, one language, clocks, ways, encodings, roles. */

import { formatSeconds } from '#core/model/format.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import type { Choices, Server } from './choices.ts';
import type { Reach } from './observed-server.ts';

/** Last update wins goes by the clock: nodes further apart than this resolve conflicts wrongly. */
const CLOCKS_APART_SECONDS = 1;

/** Wire protocols by the extension's major version: [newest, oldest that it still speaks] (Spock's spock_output_proto.h). */
const PROTOCOLS: Record<string, [number, number]> = { '3': [1, 1], '4': [2, 2], '5': [4, 3], '6': [5, 4] };

export function checkPeers(grounds: Grounds, servers: readonly Server[], choices: Choices): void {
  checkDifferent(grounds, servers);
  checkLanguage(grounds, servers);
  checkReach(grounds, servers);
  checkClocks(grounds, servers);
  checkEncoding(grounds, servers);
  checkOwners(grounds, servers, choices);
}

function checkDifferent(grounds: Grounds, servers: readonly Server[]): void {
  for (const [index, server] of servers.entries()) {
    const first = servers.slice(0, index).find((other) => other.facts.identity === server.facts.identity);
    if (first === undefined) continue;
    grounds.stop(server.name, 'Server', `the same as ${first.name}`, {
      code: 'same-server',
      message: `${server.name} and ${first.name} are the same database of the same server, ${server.facts.address}.`,
      remedy: 'Give each node a server of its own.',
    });
  }
}

const versionOf = ({ facts }: Server): string => facts.extension.installed ?? facts.extension.available ?? '';

function checkLanguage(grounds: Grounds, servers: readonly Server[]): void {
  const versions = servers.filter((server) => versionOf(server) !== '');
  const standins = versions.filter(({ facts }) => facts.extension.standin);
  if (standins.length > 0 && standins.length < versions.length) {
    grounds.stop(null, 'Versions', 'Spock and its stand-in', {
      code: 'version-skew',
      message: `${standins.map(({ name }) => name).join(', ')} would run the stand-in, the others Spock: they do not understand each other.`,
      remedy: 'Use Spock on all of them.',
    });
    return;
  }
  const ranges = versions.flatMap((server) => {
    const range = PROTOCOLS[versionOf(server).split('.')[0] ?? ''];
    return range === undefined ? [] : [{ server, newest: range[0], oldest: range[1] }];
  });
  const deaf = ranges.flatMap((one, index) =>
    ranges
      .slice(index + 1)
      .filter((other) => one.oldest > other.newest || other.oldest > one.newest)
      .map((other) => [one, other] as const),
  )[0];
  const shown = [...new Set(versions.map(versionOf))].join(', ');
  if (deaf === undefined) {
    if (versions.length > 0) grounds.ok(null, 'Versions', `Spock ${shown}: they understand each other`);
    return;
  }
  const [one, other] = deaf;
  grounds.stop(null, 'Versions', `Spock ${shown}`, {
    code: 'version-skew',
    message: `Spock ${versionOf(one.server)} on ${one.server.name} and ${versionOf(other.server)} on ${other.server.name} have no wire protocol in common.`,
    remedy: 'Upgrade the older one; versions next to each other can talk.',
  });
}

/** Every ordered pair, from the server itself, by the DSN that the subscription will use. */
function checkReach(grounds: Grounds, servers: readonly Server[]): void {
  for (const { name, facts } of servers) {
    const peers = servers.flatMap((peer) => {
      const reach = peer.name === name ? undefined : facts.reach[peer.name];
      return reach === undefined ? [] : [{ peer: peer.name, reach }];
    });
    const bad = peers.filter(({ reach }) => reach.state === 'failed' || reach.state === 'other-server');
    for (const { peer, reach } of bad) tellUnreached(grounds, name, peer, reach);
    if (bad.length > 0) continue;
    const untried = peers.find(({ reach }) => reach.state === 'untried')?.reach;
    if (untried?.state === 'untried') {
      grounds.todo(name, 'Reaches its peers', `untried: ${untried.reason}`, 'links');
    } else if (peers.length > 0) {
      grounds.ok(name, 'Reaches its peers', peers.map(({ peer }) => peer).join(', '));
    }
  }
}

function tellUnreached(grounds: Grounds, name: string, peer: string, reach: Reach): void {
  if (reach.state === 'other-server') {
    grounds.stop(name, 'Reaches its peers', `another server for ${peer}`, {
      code: 'other-server',
      message: `By the DSN of ${peer}, ${name} reaches another server than the console does.`,
      remedy: `Give the address by which its peers reach ${peer} (“peers’ address”).`,
    });
  }
  if (reach.state !== 'failed') return;
  const what = reach.replication ? 'a replication connection' : 'a connection';
  grounds.stop(name, 'Reaches its peers', `not ${peer}${reach.replication ? ', for replication' : ''}`, {
    code: reach.replication ? 'no-replication' : 'peer-unreached',
    message: `${name} could not make ${what} to ${peer}: ${reach.error}`,
    remedy: remedyOf(reach.error, peer),
  });
}

function remedyOf(error: string, peer: string): string {
  if (/pg_hba\.conf/.test(error)) {
    return `Add a line for this address, role and database to pg_hba.conf on ${peer}, then SELECT pg_reload_conf() there.`;
  }
  if (/password|authentication/i.test(error)) return `Correct the password in the DSN of ${peer}.`;
  if (/(database|role) .* does not exist/i.test(error)) return `Correct the DSN of ${peer}.`;
  if (/max_wal_senders/.test(error)) {
    return `Raise max_wal_senders on ${peer} (needs a restart), or end what takes them.`;
  }
  if (/replication role|start wal ?sender|attribute/i.test(error))
    return `Give the role in the DSN of ${peer} the attribute REPLICATION there.`;
  return `Check address, port and firewall between them; if the peers reach ${peer} at another address, give that too.`;
}

function checkClocks(grounds: Grounds, servers: readonly Server[]): void {
  const measured = servers.filter(({ facts }) => facts.clockOffsetSeconds !== null);
  if (measured.length < 2) return;
  const offsets = measured.map(({ facts }) => facts.clockOffsetSeconds ?? 0).sort((a, b) => a - b);
  const middle = offsets[Math.floor(offsets.length / 2)] ?? 0;
  for (const { name, facts } of measured) {
    const off = (facts.clockOffsetSeconds ?? 0) - middle;
    const said = `${off < 0 ? '−' : '+'}${formatSeconds(Math.abs(off))} ± ${formatSeconds(facts.clockErrorSeconds)}`;
    if (Math.abs(off) - facts.clockErrorSeconds <= CLOCKS_APART_SECONDS) {
      grounds.ok(name, 'Clock', said);
      continue;
    }
    grounds.stop(name, 'Clock', said, {
      code: 'clock-skew',
      message: `The clock of ${name} is ${formatSeconds(Math.abs(off))} ${off < 0 ? 'behind' : 'ahead of'} the others: in a conflict the later update wins by the clock.`,
      remedy: `Mend NTP on the host of ${name}, then check again.`,
    });
  }
}

function checkEncoding(grounds: Grounds, servers: readonly Server[]): void {
  const first = servers[0];
  if (first === undefined) return;
  for (const { name, facts } of servers) {
    const said = `${facts.encoding}, ${facts.collation}`;
    if (facts.encoding === first.facts.encoding) {
      const apart = facts.collation !== first.facts.collation ? `; ${first.name} sorts otherwise` : '';
      grounds.ok(name, 'Encoding', said + apart);
      continue;
    }
    grounds.stop(name, 'Encoding', said, {
      code: 'encoding',
      message: `Database ${facts.database} on ${name} is in ${facts.encoding}, on ${first.name} in ${first.facts.encoding}.`,
      remedy: 'Make the database anew with the same encoding.',
    });
  }
}

/**
 * A structure that is copied names owners, grantees and extensions; roles are the server's and are not copied. Where one is
 * missing Spock's restore fails, and only the server's log says why.
 */
function checkOwners(grounds: Grounds, servers: readonly Server[], { source, structure }: Choices): void {
  if (source === null) return;
  const roles = [...new Set([...source.facts.neededRoles, ...source.facts.tables.map(({ owner }) => owner)])];
  const extensions = source.facts.extensions.filter((name) => name !== 'plpgsql' && name !== 'spock');
  for (const { name, facts } of servers) {
    if (!structure.includes(name)) continue;
    lacks(grounds, name, 'Roles', roles, facts.roles, {
      code: 'no-role',
      why: `own something on ${source.name}, or were granted something`,
      remedy: `Create what is missing on ${name} first (CREATE ROLE …).`,
    });
    lacks(grounds, name, 'Extensions', extensions, facts.availableExtensions, {
      code: 'no-extension',
      why: `are installed on ${source.name}`,
      remedy: `Install their packages on the host of ${name} first.`,
    });
  }
}

function lacks(
  grounds: Grounds,
  node: string,
  check: string,
  wanted: readonly string[],
  there: readonly string[],
  said: { code: string; why: string; remedy: string },
): void {
  const missing = wanted.filter((one) => !there.includes(one));
  if (missing.length === 0) {
    grounds.ok(node, check, wanted.length === 0 ? 'none needed' : wanted.join(', '));
    return;
  }
  grounds.stop(node, check, `lacks ${missing.join(', ')}`, {
    code: said.code,
    message: `${node} lacks ${missing.join(', ')}, which ${said.why}.`,
    remedy: said.remedy,
  });
}
