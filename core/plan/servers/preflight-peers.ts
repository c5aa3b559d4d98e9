/** Preflight of the servers with each other: different servers, ways, clocks, encodings. */

import { formatSeconds } from '#core/model/format.ts';
import type { PeerRole, Reach } from '#core/model/observed-server.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import type { Choices, Server } from './choices.ts';
import { checkDumpVersion, checkLanguage } from './preflight-versions.ts';

/** Last update wins goes by the clock: nodes further apart than this resolve conflicts wrongly. */
const CLOCKS_APART_SECONDS = 1;

export function checkPeers(grounds: Grounds, servers: readonly Server[], choices: Choices): void {
  checkDifferent(grounds, servers);
  checkLanguage(grounds, servers);
  checkReach(grounds, servers);
  checkClocks(grounds, servers);
  checkEncoding(grounds, servers);
  checkDumpVersion(grounds, servers, choices);
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

/** Every ordered pair, from the server itself, by the DSN that the subscription will use. */
function checkReach(grounds: Grounds, servers: readonly Server[]): void {
  for (const { name, facts } of servers) {
    const peers = servers.flatMap((peer) => {
      const reach = peer.name === name ? undefined : facts.reach[peer.name];
      return reach === undefined ? [] : [{ peer: peer.name, reach }];
    });
    const bad = peers.filter(({ reach }) => reach.state === 'failed' || reach.state === 'other-server');
    for (const { peer, reach } of bad) tellUnreached(grounds, name, peer, reach);
    for (const { peer, reach } of peers)
      if (reach.state === 'ok') checkPeerRole(grounds, name, peer, reach.role);
    if (bad.length > 0) continue;
    const untried = peers.find(({ reach }) => reach.state === 'untried')?.reach;
    if (untried?.state === 'untried') {
      grounds.todo(name, 'Reaches its peers', `not tried: ${untried.reason}`, 'links');
    } else if (peers.length > 0) {
      grounds.ok(name, 'Reaches its peers', peers.map(({ peer }) => peer).join(', '));
    }
  }
}

/**
 * A subscription reads the engine's catalogs on its provider and dumps its tables by this role, and only node_create makes the schema
 * that it would have to be let into: in effect it takes a superuser. REPLICATION alone lets it connect and no more.
 */
function checkPeerRole(grounds: Grounds, name: string, peer: string, role: PeerRole | undefined): void {
  if (role === undefined) return;
  if (!role.superuser) {
    grounds.stop(name, 'Role at its peers', `${role.name} on ${peer}, not a superuser`, {
      code: 'peer-role',
      message: `${name} would subscribe to ${peer} as ${role.name}, which is not a superuser there: it can connect but cannot read schema ${grounds.changes.words.extension}.`,
      remedy: `Give a DSN of a superuser as the peers' address of ${peer}, or run ALTER ROLE ${role.name} SUPERUSER there.`,
    });
  }
  if (role.isolation !== 'read committed') {
    grounds.know(name, 'Isolation at its peers', `${role.isolation} for ${role.name} on ${peer}`);
  }
}

function tellUnreached(grounds: Grounds, name: string, peer: string, reach: Reach): void {
  if (reach.state === 'other-server') {
    grounds.stop(name, 'Reaches its peers', `another server for ${peer}`, {
      code: 'other-server',
      message: `With the DSN of ${peer}, ${name} reaches a different server than the console does.`,
      remedy: `Give the address by which its peers reach ${peer} (“peers’ address”).`,
    });
  }
  if (reach.state !== 'failed') return;
  const what = reach.replication ? 'a replication connection' : 'a connection';
  grounds.stop(name, 'Reaches its peers', `not ${peer}${reach.replication ? ', for replication' : ''}`, {
    code: reach.replication ? 'no-replication' : 'peer-unreached',
    message: `${name} could not make ${what} to ${peer}: ${reach.error}`,
    remedy: remedyOf(reach.error, peer, name),
  });
}

function remedyOf(error: string, peer: string, name: string): string {
  if (/pg_hba\.conf/.test(error)) {
    return `Add a line for this address, role and database to pg_hba.conf on ${peer}, then SELECT pg_reload_conf() there.`;
  }
  const tls = tlsRemedyOf(error, peer, name);
  if (tls !== null) return tls;
  if (/password|authentication/i.test(error)) return `Correct the password in the DSN of ${peer}.`;
  if (/(database|role) .* does not exist/i.test(error)) return `Correct the DSN of ${peer}.`;
  if (/max_wal_senders/.test(error)) {
    return `Raise max_wal_senders on ${peer} (needs a restart), or stop what uses them.`;
  }
  if (/replication role|start wal ?sender|attribute/i.test(error))
    return `Give the role in the DSN of ${peer} the attribute REPLICATION there.`;
  return `Check address, port and firewall between them; if the peers reach ${peer} at another address, give that too.`;
}

/** What libpq says of certificates (fe-secure-openssl.c): files are those of the account that the asking server runs as. */
function tlsRemedyOf(error: string, peer: string, name: string): string | null {
  if (/root certificate file .* does not exist/i.test(error)) {
    return `Put the certificate of the authority that signed ${peer}'s where PostgreSQL on ${name} looks for it (~/.postgresql/root.crt of the account it runs as), or name it in the peers' DSN (sslrootcert=…).`;
  }
  if (/certificate verify failed|certificate has expired|self.signed/i.test(error)) {
    return `PostgreSQL on ${name} does not trust ${peer}'s certificate: give it the authority that signed it (sslrootcert=…), or renew the certificate.`;
  }
  if (/server certificate for .* does not match|host name/i.test(error) && /certificate/i.test(error)) {
    return `Use the host name that ${peer}'s certificate is for in the peers' DSN, or have it issued for this one.`;
  }
  if (/private key file|certificate file|could not load|client certificate/i.test(error)) {
    return `Put the client's certificate and key where PostgreSQL on ${name} can read them (sslcert=…, sslkey=…, mode 0600 of the account it runs as).`;
  }
  if (/does not support SSL/i.test(error))
    return `Turn on ssl on ${peer}, or leave out sslmode in its peers' DSN.`;
  return null;
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
      remedy: `Correct the time service (NTP) on the host of ${name}, then check again.`,
    });
  }
}

function checkEncoding(grounds: Grounds, servers: readonly Server[]): void {
  const first = servers[0];
  if (first === undefined) return;
  for (const { name, facts } of servers) {
    const said = `${facts.encoding}, ${facts.collation}`;
    if (facts.encoding === first.facts.encoding) {
      const apart = facts.collation !== first.facts.collation ? `; ${first.name} sorts differently` : '';
      grounds.ok(name, 'Encoding', said + apart);
      continue;
    }
    grounds.stop(name, 'Encoding', said, {
      code: 'encoding',
      message: `Database ${facts.database} on ${name} is in ${facts.encoding}, on ${first.name} in ${first.facts.encoding}.`,
      remedy: 'Create the database again with the same encoding.',
    });
  }
}
