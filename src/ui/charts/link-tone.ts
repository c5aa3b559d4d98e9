import type { LinkSnapshot } from '#core/model/snapshot.ts';
import { isDown, shownState } from '#src/lib/link-state.ts';
import type { LineTone } from './end-labels.ts';

/** How much a link's line matters now. Undefined: it is not in the cluster any more. */
export function linkTone(link: LinkSnapshot | undefined): LineTone {
  const state = link && shownState(link);
  if (state !== undefined && isDown(state)) return 'crit';
  // What somebody has disabled falls behind as well, and is named.
  if (state === 'behind' || state === 'disabled') return 'warn';
  // A link to a node that does not answer keeps growing: its slot on the provider knows.
  return link?.state === 'unknown' && link.lagSeconds !== null ? 'strong' : 'quiet';
}
