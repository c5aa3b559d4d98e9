/** What a conflict did, in words: who won, who lost, by what, and whether the clocks decided. */

import { formatNames } from '#core/model/format.ts';
import { safeName } from '#src/lib/safe-name.ts';
import type { ConflictEvent, ConflictGroup, Version } from './events.ts';
import { columnsOf, keptIn, localVersion, loses, remoteVersion } from './events.ts';
import { originName } from './origin-name.ts';

/** `n1’s row`, `a deletion on n3`, or `the remote row` when the catalog names no origin. */
function called(version: Version, side: 'local' | 'remote'): string {
  const who = version.origin === null ? null : originName(version.origin);
  if (version.tuple === null) return who === null ? `the ${side} deletion` : `${who}’s deletion`;
  return who === null ? `the ${side} row` : `${who}’s row`;
}

/** A sentence begins with a capital, a node's name stays as it is. */
const capital = (words: string): string => words.replace(/^the /, 'The ').replace(/^former /, 'Former ');

/** One or two sentences, from what the nodes recorded and no more. */
export function verdictOf(event: ConflictEvent): string {
  if (event.won === null) {
    const kept = event.views.map((view) => {
      const side = keptIn(view);
      const version = side === 'remote' ? remoteVersion(view) : localVersion(view);
      return `${safeName(view.node)} kept ${called(version, side)}`;
    });
    return `${formatNames(kept)}. The row is not the same on all nodes.`;
  }
  const winner = event.won === 'local' ? event.local : event.remote;
  const loser = event.won === 'local' ? event.remote : event.local;
  const nodes = formatNames(event.views.map((view) => safeName(view.node)));
  const first = `${capital(called(winner, event.won))} was kept on ${nodes}.`;
  const lost = called(loser, event.won === 'local' ? 'remote' : 'local');
  if (/^insert_/.test(event.type)) return `${first} ${capital(lost)} is no longer in any table.`;
  if (loser.tuple === null) return `${first} ${capital(lost)} did nothing there.`;
  return `${first} ${capital(lost)} was overwritten.`;
}

export interface Stamps {
  /** Milliseconds by which the remote version is later than the local one; negative: earlier. */
  remoteLaterMs: number;
  /** The same after taking the nodes' measured clock offsets out; null: one of the offsets is not known. */
  correctedMs: number | null;
  /** ± of the corrected difference. */
  uncertaintyMs: number | null;
  /** Corrected for the clocks the other version would have been the later one, beyond the uncertainty. */
  clocksDecided: boolean;
}

export type ClockOf = (node: string) => { offsetSeconds: number; uncertaintySeconds: number } | null;

/** Compares the two commit stamps, as stamped and corrected. Null when a stamp is missing. */
export function stampsOf(event: ConflictEvent, clockOf: ClockOf): Stamps | null {
  const { local, remote } = event;
  if (local.at === null || remote.at === null) return null;
  const remoteLaterMs = Date.parse(remote.at) - Date.parse(local.at);
  const here = local.origin === null ? null : clockOf(local.origin);
  const there = remote.origin === null ? null : clockOf(remote.origin);
  if (here === null || there === null || local.origin === remote.origin) {
    return { remoteLaterMs, correctedMs: null, uncertaintyMs: null, clocksDecided: false };
  }
  const correctedMs = remoteLaterMs - (there.offsetSeconds - here.offsetSeconds) * 1000;
  const uncertaintyMs = (here.uncertaintySeconds + there.uncertaintySeconds) * 1000;
  const flipped =
    Math.sign(correctedMs) !== Math.sign(remoteLaterMs) && Math.abs(correctedMs) > uncertaintyMs;
  return { remoteLaterMs, correctedMs, uncertaintyMs, clocksDecided: flipped };
}

/** The second line of a group: what became of the rows, `summed` for columns that are added up. */
export function groupLine(
  group: ConflictGroup,
  deltaColumns: string[],
): { tone: 'warn' | 'plain' | 'sum'; words: string } {
  if (group.events.some((event) => event.won === null))
    return { tone: 'warn', words: 'nodes kept different rows' };
  if (group.events.some(loses)) return { tone: 'warn', words: 'rows lost' };
  const summed = group.events.every((event) => {
    const pairs = columnsOf(event)?.filter((pair) => pair.differs) ?? [];
    return pairs.length > 0 && pairs.every((pair) => deltaColumns.includes(pair.column));
  });
  if (summed) return { tone: 'sum', words: `${deltaColumns.map(safeName).join(', ')} summed, nothing lost` };
  const [first] = group.events;
  if (first && (first.local.tuple === null || first.remote.tuple === null)) {
    const gone = first.local.tuple === null ? first.local : first.remote;
    const kept = first.local.tuple === null ? first.remote : first.local;
    if (gone.origin !== null && kept.origin !== null) {
      return { tone: 'plain', words: `${originName(gone.origin)} deleted, ${originName(kept.origin)} wrote` };
    }
    return { tone: 'plain', words: 'a deletion met a write' };
  }
  const later = group.events.every((event) => {
    const { at: a } = event.local;
    const { at: b } = event.remote;
    if (a === null || b === null) return false;
    return event.won === 'remote' ? b >= a : a >= b;
  });
  return { tone: 'plain', words: later ? 'later update kept' : 'one update kept' };
}
