/** Words about a node. */
import { formatNames } from '#core/model/format.ts';
import type { NodeSnapshot } from '#core/model/snapshot.ts';
import { milliseconds, plural } from '#src/lib/units.ts';

/** Why a node cannot be read, in two or three words: `no answer`, `refuses`, `wrong password`. */
export function stateWord(node: Pick<NodeSnapshot, 'error'>): string {
  // The server spoke: it gave up waiting, it did not stay silent.
  if (node.error?.code === 'timeout' && node.error.sqlstate !== null) return 'cannot be read';
  switch (node.error?.code) {
    case 'timeout':
      return 'no answer';
    case 'refused':
      return 'refuses';
    case 'auth':
      return 'refuses the role';
    case 'no-database':
      return 'no such database';
    case 'no-spock':
      return 'has no spock';
    case 'permission':
      return 'may not be read';
    case 'too-old':
      return 'too old';
    case 'query':
      return 'query failed';
    case 'protocol':
      return 'answers wrongly';
    case 'dsn':
      return 'wrong DSN';
    case 'unavailable':
      return 'accepts no connections';
    case 'replaced':
      return 'another server';
    default:
      return 'down';
  }
}

/** Why it gave no facts, and how often in a row: `10.3.0.9:5432 did not answer within 2 s; 268 tries.` */
export function errorText(node: Pick<NodeSnapshot, 'error' | 'address'>): string {
  if (node.error === null) return '';
  const message = node.error.message.replace(/\.\s*$/, '');
  const where = message.includes(node.address.split('/')[0] ?? node.address) ? '' : `${node.address}: `;
  return `${where}${message}; ${plural(node.error.tries, 'try', 'tries')}.`;
}

/** A clock's offset from the console's, signed, with its uncertainty in the same unit. Null: not measured. */
export function clockText(
  node: Pick<NodeSnapshot, 'clockOffsetSeconds' | 'clockUncertaintySeconds'>,
): { value: string; unit: string; plusMinus: string | null } | null {
  if (node.clockOffsetSeconds === null) return null;
  const ms = node.clockOffsetSeconds * 1000;
  const shown = milliseconds(Math.abs(ms));
  const sign = ms < 0 ? '−' : '+';
  const uncertainty = node.clockUncertaintySeconds;
  const within = shown.unit === 'ms' ? (uncertainty ?? 0) * 1000 : (uncertainty ?? 0);
  return {
    value: `${sign}${shown.value}`,
    unit: shown.unit,
    plusMinus: uncertainty === null ? null : `±${within < 9.95 ? within.toFixed(1) : within.toFixed(0)}`,
  };
}

export const CAPACITY_WORDS = {
  max_replication_slots: 'replication slots',
  max_wal_senders: 'WAL senders',
  max_worker_processes: 'worker processes',
  max_active_replication_origins: 'replication origins',
} as const;

/** The sentence of the nodes page. `engine` in a sentence: `Spock`. */
export function nodesSentence(
  engine: string,
  nodes: (Pick<NodeSnapshot, 'name' | 'state' | 'readOnly' | 'engineVersion'> &
    Partial<Pick<NodeSnapshot, 'error' | 'standby'>>)[],
): string {
  const named = (test: (node: (typeof nodes)[number]) => boolean) =>
    nodes.filter(test).map((node) => node.name);
  const down = named(({ state }) => state === 'down');
  const unread = named(({ state, error }) => state === 'unknown' && error != null);
  const unpolled = named(({ state, error }) => state === 'unknown' && error == null);
  const standbys = named(({ state, standby }) => state === 'up' && standby === true);
  const readOnly = nodes.filter((node) => node.readOnly === true).map((node) => node.name);
  const up = nodes.length - down.length - unread.length - unpolled.length;
  const versions = new Set(
    nodes.flatMap((node) => (node.engineVersion === null ? [] : [node.engineVersion])),
  );
  if (nodes.length > 0 && unpolled.length === nodes.length) {
    return `None of ${plural(nodes.length, 'node')} has been polled yet.`;
  }
  const said = [
    up === nodes.length
      ? `All ${plural(nodes.length, 'node')} answer.`
      : `${up} of ${plural(nodes.length, 'node')} answer.`,
  ];
  if (versions.size > 1)
    said.push(`They run ${versions.size} versions of ${engine}: ${formatNames([...versions].sort())}.`);
  if (readOnly.length > 0)
    said.push(`${formatNames(readOnly)} ${readOnly.length === 1 ? 'is' : 'are'} read-only.`);
  if (unpolled.length > 0)
    said.push(
      `${formatNames(unpolled.slice(0, 3))} ${unpolled.length === 1 ? 'was' : 'were'} not polled yet.`,
    );
  if (standbys.length > 0)
    said.push(
      `${formatNames(standbys.slice(0, 3))} ${standbys.length === 1 ? 'is a standby, not a primary' : 'are standbys, not primaries'}.`,
    );
  if (unread.length > 0)
    said.push(
      `${unread.length > 3 ? `${unread.length} nodes` : formatNames(unread)} cannot be read, though something answers there.`,
    );
  if (down.length > 0) {
    const which = down.length > 3 ? `${down.length} nodes` : formatNames(down);
    said.push(`${which} ${down.length === 1 ? 'does' : 'do'} not.`);
  }
  return said.join(' ');
}
