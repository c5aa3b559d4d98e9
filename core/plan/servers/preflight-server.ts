/** Preflight of each server for itself: rights, room, leftovers; its versions, settings and ways stand in files of their own. */
import { quoteLiteral } from '#core/engines/quote.ts';
import { formatSeconds } from '#core/model/format.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import type { Server } from './choices.ts';
import { checkSettings } from './preflight-settings.ts';
import { checkVersion } from './preflight-versions.ts';
import { requirementsOf } from './requirements.ts';

/** A transaction that has been open for longer than this will not end by itself soon. */
const LONG_SECONDS = 60;

export function checkServer(grounds: Grounds, server: Server, names: readonly string[]): void {
  const nodes = names.length;
  checkVersion(grounds, server);
  checkSettings(grounds, server, nodes);
  checkRole(grounds, server);
  checkRoom(grounds, server, nodes);
  checkLeftovers(grounds, server, names);
  checkOpenTransactions(grounds, server);
}

function checkRole(grounds: Grounds, { name, facts }: Server): void {
  if (facts.superuser) {
    grounds.ok(name, 'Role', `${facts.role}, superuser`);
    return;
  }
  grounds.stop(name, 'Role', `${facts.role}, not a superuser`, {
    code: 'no-superuser',
    message: `Role ${facts.role} on ${name} is not a superuser: it cannot create the extension, change settings, or create the node.`,
    remedy: `Give a DSN of a superuser for the deploy, or run ALTER ROLE ${facts.role} SUPERUSER there; a watching role is enough afterwards.`,
  });
}

/** Slots, senders and workers that are free now; settings that are raised by the plan count as raised. */
function checkRoom(grounds: Grounds, { name, facts }: Server, nodes: number): void {
  const requirements = requirementsOf(facts, nodes, grounds.changes);
  const limit = (setting: string): number => {
    const found = requirements.find((each) => each.setting === setting);
    return Number(found === undefined || found.met ? facts.settings[setting]?.value : found.target);
  };
  // One for each peer, one for a copy that is made.
  const needed = nodes;
  const own = facts.nodeName === null ? 0 : facts.subscriptions.length;
  const left = [
    {
      what: 'slots',
      setting: 'max_replication_slots',
      free: limit('max_replication_slots') - facts.used.slots,
    },
    { what: 'senders', setting: 'max_wal_senders', free: limit('max_wal_senders') - facts.used.senders },
    // The manager, one apply worker a peer, one for a copy.
    {
      what: 'workers',
      setting: 'max_worker_processes',
      free: limit('max_worker_processes') - facts.used.workers - 1,
    },
  ];
  const short = left.filter(({ free }) => Number.isFinite(free) && free + own < needed);
  const said = left.map(({ what, free }) => `${Math.max(0, free)} ${what}`).join(', ');
  if (short.length === 0) {
    grounds.ok(name, 'Free slots', said);
    return;
  }
  const which = short.map(({ setting }) => setting).join(', ');
  grounds.stop(name, 'Free slots', said, {
    code: 'capacity',
    message: `${name} has ${said} free; each of ${nodes} nodes needs ${needed}.`,
    remedy: `Raise ${which} there (needs a restart), or drop slots that nobody needs.`,
  });
}

/**
 * Nodes of which two read from each other are in use, or nearly deployed. A node that reads from none of them and that none
 * reads from is new: what is written while it is filled would be lost to it, or come twice. An earlier try never looks like
 * this: before two nodes read from each other, each has the copy or a subscription of the first turn (mesh.ts, pairsOf).
 */
export function checkInUse(grounds: Grounds, servers: readonly Server[]): void {
  const reads = (receiver: Server, provider: string): boolean =>
    receiver.facts.subscriptions.some((each) => each.provider === provider);
  const inUse = servers.filter((one) =>
    servers.some((other) => reads(one, other.name) && reads(other, one.name)),
  );
  if (inUse.length === 0) return;
  const fresh = servers.filter(
    (one) => !servers.some((other) => reads(one, other.name) || reads(other, one.name)),
  );
  const cluster = inUse.map(({ name }) => name).join(', ');
  for (const { name } of fresh) {
    grounds.stop(name, 'In use', `new, ${cluster} ${inUse.length === 1 ? 'is' : 'are'} a cluster already`, {
      code: 'in-use',
      message: `${cluster} replicate to each other already, and ${name} is new: a deploy does not add a node to a cluster in use, since what is written meanwhile would be missing on ${name}, or be there twice.`,
      remedy: `Leave ${name} out; or take the other nodes apart first, and deploy all of them again.`,
    });
  }
}

/** What an earlier try, or another cluster, has left. */
function checkLeftovers(grounds: Grounds, { name, facts }: Server, names: readonly string[]): void {
  const { words, unsubscribing, nodes, servers } = grounds.changes;
  if (facts.nodeName !== null && facts.nodeName !== name) {
    grounds.stop(name, 'Leftovers', `node ${facts.nodeName}`, {
      code: 'other-node',
      message: `Database ${facts.database} on ${name} is a ${words.name} node already, named ${facts.nodeName}.`,
      remedy: `Call it ${facts.nodeName} here to continue with it, or drop its subscriptions and run ${nodes.dropText(facts.nodeName)} there.`,
    });
    return;
  }
  const strangers = facts.subscriptions.filter(
    ({ provider }) => provider === null || provider === name || !names.includes(provider),
  );
  if (strangers.length > 0) {
    const providers = strangers.map(({ provider }) => provider ?? 'an unknown node').join(', ');
    grounds.stop(name, 'Leftovers', `subscribes to ${providers}`, {
      code: 'other-cluster',
      message: `${name} subscribes to ${providers} already, which ${strangers.length === 1 ? 'is none' : 'are none'} of these nodes: it belongs to another cluster.`,
      remedy: `Connect that cluster instead, or drop there what is not needed: ${strangers.map((each) => `${unsubscribing.dropByHand(each.name)};`).join(' ')}`,
    });
    return;
  }
  const disabled = facts.subscriptions.filter(({ enabled }) => !enabled);
  if (disabled.length > 0) {
    const said = disabled.map((each) => each.name).join(', ');
    grounds.stop(name, 'Leftovers', `${said} disabled`, {
      code: 'disabled',
      message: `${said} on ${name} ${disabled.length === 1 ? 'is' : 'are'} disabled: the links would not replicate.`,
      remedy: `Enable those that should replicate: ${disabled.map((each) => `${unsubscribing.enableByHand(each.name)};`).join(' ')} Drop the rest (${unsubscribing.dropText}).`,
    });
    return;
  }
  const stray = facts.slots.filter((slot) => slot.plugin === servers.plugin && !slot.active);
  if (facts.nodeName === null && stray.length > 0) {
    const names = stray.map((slot) => slot.name).join(', ');
    grounds.stop(name, 'Leftovers', `slot ${names}`, {
      code: 'leftover-slot',
      message: `${name} is not a node, but has ${stray.length === 1 ? 'a slot' : 'slots'} of ${words.name} that nobody reads: ${names}. A new subscription could not create its own.`,
      remedy: `If no other cluster needs ${stray.length === 1 ? 'it' : 'them'}: ${stray.map((slot) => `SELECT pg_drop_replication_slot(${quoteLiteral(slot.name)});`).join(' ')}`,
    });
    return;
  }
  grounds.ok(name, 'Leftovers', facts.nodeName === null ? 'none' : `node ${name}, of an earlier attempt`);
}

export function checkOpenTransactions(grounds: Grounds, { name, facts }: Server): void {
  if (facts.preparedTransactions > 0) {
    grounds.stop(name, 'Open transactions', `${facts.preparedTransactions} prepared`, {
      code: 'prepared-transactions',
      message: `${name} has ${facts.preparedTransactions} prepared transactions: a slot can only be created when they have ended.`,
      remedy: 'COMMIT PREPARED or ROLLBACK PREPARED each that pg_prepared_xacts lists, then check again.',
    });
  } else if (facts.oldestWriteSeconds !== null && facts.oldestWriteSeconds > LONG_SECONDS) {
    grounds.stop(
      name,
      'Open transactions',
      `one since ${formatSeconds(Math.round(facts.oldestWriteSeconds))}`,
      {
        code: 'open-transaction',
        message: `A transaction on ${name} has been open for ${formatSeconds(Math.round(facts.oldestWriteSeconds))} and has written: the subscriptions to ${name} would wait for its end.`,
        remedy: 'Let it end, or terminate it (pg_stat_activity shows it), then check again.',
      },
    );
  } else grounds.ok(name, 'Open transactions', 'none that are long');
}
