/** Words about a node. */
import type { NodeSnapshot } from '#core/model/snapshot.ts';
import { milliseconds, plural } from '#src/lib/units.ts';

/** Why a node is down, in two or three words: `no answer`, `refuses`, `wrong password`. */
export function stateWord(node: Pick<NodeSnapshot, 'error'>): string {
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

const list = (names: string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

/** The sentence of the nodes page. */
export function nodesSentence(
  nodes: Pick<NodeSnapshot, 'name' | 'state' | 'readOnly' | 'engineVersion'>[],
): string {
  const down = nodes.filter((node) => node.state === 'down').map((node) => node.name);
  const unknown = nodes.filter((node) => node.state === 'unknown').map((node) => node.name);
  const readOnly = nodes.filter((node) => node.readOnly === true).map((node) => node.name);
  const up = nodes.length - down.length - unknown.length;
  const versions = new Set(
    nodes.flatMap((node) => (node.engineVersion === null ? [] : [node.engineVersion])),
  );
  if (nodes.length > 0 && unknown.length === nodes.length) {
    return `None of ${plural(nodes.length, 'node')} has been polled yet.`;
  }
  const said = [
    up === nodes.length
      ? `All ${plural(nodes.length, 'node')} answer.`
      : `${up} of ${plural(nodes.length, 'node')} answer.`,
  ];
  if (versions.size > 1)
    said.push(`They run ${versions.size} versions of Spock: ${list([...versions].sort())}.`);
  if (readOnly.length > 0) said.push(`${list(readOnly)} ${readOnly.length === 1 ? 'is' : 'are'} read-only.`);
  if (unknown.length > 0)
    said.push(`${list(unknown.slice(0, 3))} ${unknown.length === 1 ? 'was' : 'were'} not polled yet.`);
  if (down.length > 0) {
    const named = down.length > 3 ? `${down.length} nodes` : list(down);
    said.push(`${named} ${down.length === 1 ? 'does' : 'do'} not.`);
  }
  return said.join(' ');
}
