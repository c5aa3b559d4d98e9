/** Which nodes were read now. No zod here: the page imports it. */
import type { NodeSnapshot, Snapshot } from './snapshot.ts';

/** It answered the last poll, and is the node itself: what a standby says is not said of its primary. */
export const isRead = ({ state, standby }: Pick<NodeSnapshot, 'state' | 'standby'>): boolean =>
  state === 'up' && standby !== true;

/** A node that does not answer is said to be down within this. */
const SAID_WITHIN_MS = 5000;

/**
 * Whether a snapshot speaks of what was so after a moment (RFC 3339): every node was read since, or did not answer for so long that
 * it is said to be down.
 */
export function isPolledAfter(snapshot: Pick<Snapshot, 'observedAt' | 'nodes'>, moment: string): boolean {
  const from = Date.parse(moment);
  if (Date.parse(snapshot.observedAt) - from >= SAID_WITHIN_MS) return true;
  return snapshot.nodes.every(({ observedAt }) => observedAt !== null && Date.parse(observedAt) >= from);
}
