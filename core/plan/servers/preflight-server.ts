/** Preflight of each server for itself: versions, settings, rights, room, leftovers. */
import { quoteLiteral } from '#core/engines/quote.ts';
import { formatSeconds } from '#core/model/format.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import type { Server } from './choices.ts';
import { type Requirement, requirementsOf } from './requirements.ts';

/** The oldest PostgreSQL that Spock 4.0 and later are made for. */
const OLDEST_SERVER = 150000;
/** A transaction that has been open for longer than this will not end by itself soon. */
const LONG_SECONDS = 60;

export function checkServer(grounds: Grounds, server: Server, names: readonly string[]): void {
  const nodes = names.length;
  checkVersions(grounds, server);
  checkSettings(grounds, server, nodes);
  checkRole(grounds, server);
  checkRoom(grounds, server, nodes);
  checkLeftovers(grounds, server, names);
  checkOpenTransactions(grounds, server);
}

function checkVersions(grounds: Grounds, { name, facts }: Server): void {
  if (facts.serverVersionNum >= OLDEST_SERVER) grounds.ok(name, 'PostgreSQL', facts.serverVersion);
  else {
    grounds.stop(name, 'PostgreSQL', facts.serverVersion, {
      code: 'too-old',
      message: `${name} runs PostgreSQL ${facts.serverVersion}; Spock needs 15 or later.`,
      remedy: 'Upgrade the server.',
    });
  }
  const { available, installed } = facts.extension;
  if (installed !== null && available !== null && installed !== available) {
    grounds.stop(name, 'Spock', `${installed} installed, ${available} on disk`, {
      code: 'version-skew',
      message: `The extension in ${facts.database} on ${name} is ${installed}, its library ${available}.`,
      remedy: 'Run ALTER EXTENSION spock UPDATE there, then check again.',
    });
  } else if (installed !== null) grounds.ok(name, 'Spock', installed);
  else if (available !== null) {
    grounds.todo(name, 'Spock', `${available}, not yet in ${facts.database}`, `extension:${name}`);
  } else {
    grounds.stop(name, 'Spock', 'not on this server', {
      code: 'no-spock',
      message: `The server of ${name} has no extension spock to install.`,
      remedy: "Install pgEdge's PostgreSQL, or build Spock for this one, then check again.",
    });
  }
}

const SHORT: Record<string, (requirement: Requirement) => string> = {
  shared_preload_libraries: ({ met }) => (met ? 'has spock' : 'lacks spock'),
  output_plugin_libraries: ({ met }) => (met ? 'has spock_output' : 'lacks spock_output'),
};

function checkSettings(grounds: Grounds, { name, facts }: Server, nodes: number): void {
  for (const requirement of requirementsOf(facts, nodes)) {
    const { setting, met, value } = requirement;
    const said = SHORT[setting]?.(requirement) ?? value;
    const pending = facts.settings[setting]?.pendingRestart ? ', another value waits for a restart' : '';
    if (met) grounds.ok(name, setting, said);
    else grounds.todo(name, setting, `${said}${pending}`, `settings:${name}`);
  }
}

function checkRole(grounds: Grounds, { name, facts }: Server): void {
  if (facts.superuser) {
    grounds.ok(name, 'Role', `${facts.role}, superuser`);
    return;
  }
  grounds.stop(name, 'Role', `${facts.role}, no superuser`, {
    code: 'no-superuser',
    message: `Role ${facts.role} on ${name} is no superuser: it may not create the extension, change settings, or make the node.`,
    remedy: `Give a DSN of a superuser for the deploy, or run ALTER ROLE ${facts.role} SUPERUSER there; a watching role is enough afterwards.`,
  });
}

/** Slots, senders and workers that are free now; settings that are raised by the plan count as raised. */
function checkRoom(grounds: Grounds, { name, facts }: Server, nodes: number): void {
  const requirements = requirementsOf(facts, nodes);
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

/** What an earlier try, or another cluster, has left. */
function checkLeftovers(grounds: Grounds, { name, facts }: Server, names: readonly string[]): void {
  if (facts.nodeName !== null && facts.nodeName !== name) {
    grounds.stop(name, 'Leftovers', `node ${facts.nodeName}`, {
      code: 'other-node',
      message: `Database ${facts.database} on ${name} is a Spock node already, named ${facts.nodeName}.`,
      remedy: `Call it ${facts.nodeName} here to go on with it, or drop its subscriptions and run SELECT spock.node_drop(${quoteLiteral(facts.nodeName)}) there.`,
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
      remedy: `Connect that cluster instead, or drop there what is not needed: ${strangers.map((each) => `SELECT spock.sub_drop(${quoteLiteral(each.name)});`).join(' ')}`,
    });
    return;
  }
  const disabled = facts.subscriptions.filter(({ enabled }) => !enabled);
  if (disabled.length > 0) {
    const said = disabled.map((each) => each.name).join(', ');
    grounds.stop(name, 'Leftovers', `${said} disabled`, {
      code: 'disabled',
      message: `${said} on ${name} ${disabled.length === 1 ? 'is' : 'are'} disabled: the links would not replicate.`,
      remedy: `Enable what is to go on: ${disabled.map((each) => `SELECT spock.sub_enable(${quoteLiteral(each.name)});`).join(' ')} Drop the rest (spock.sub_drop).`,
    });
    return;
  }
  const stray = facts.slots.filter((slot) => slot.plugin === 'spock_output' && !slot.active);
  if (facts.nodeName === null && stray.length > 0) {
    const names = stray.map((slot) => slot.name).join(', ');
    grounds.stop(name, 'Leftovers', `slot ${names}`, {
      code: 'leftover-slot',
      message: `${name} is no node, and has ${stray.length === 1 ? 'a slot' : 'slots'} of Spock that nobody reads: ${names}. A new subscription could not make its own.`,
      remedy: `If no other cluster needs ${stray.length === 1 ? 'it' : 'them'}: ${stray.map((slot) => `SELECT pg_drop_replication_slot(${quoteLiteral(slot.name)});`).join(' ')}`,
    });
    return;
  }
  grounds.ok(name, 'Leftovers', facts.nodeName === null ? 'none' : `node ${name}, of an earlier try`);
}

function checkOpenTransactions(grounds: Grounds, { name, facts }: Server): void {
  if (facts.preparedTransactions > 0) {
    grounds.stop(name, 'Open transactions', `${facts.preparedTransactions} prepared`, {
      code: 'prepared-transactions',
      message: `${name} has ${facts.preparedTransactions} prepared transactions: a slot can only be made when they have ended.`,
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
        remedy: 'Let it end, or end it (pg_stat_activity names it), then check again.',
      },
    );
  } else grounds.ok(name, 'Open transactions', 'none that last');
}
