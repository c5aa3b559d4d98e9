/** What a cell of the matrix says of a link, by its state. Pure: the rule that unknown is never a number stands here. */
import type { LinkSnapshot } from '#core/model/snapshot.ts';
import { type ShownLinkState, shownState } from '#src/lib/link-state.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { bytesText, shortLag } from '#src/lib/units.ts';

export interface CellText {
  state: ShownLinkState;
  /** The value or word beside the icon. */
  value: string;
  /** The value is a measured lag, set larger; else it is a word. */
  measured: boolean;
  /** Second and third line; `strong` where a number still stands in an unknown cell. `at` is an instant to write as time. */
  lines: { text: string; strong?: boolean; at?: string }[];
}

const behindText = (link: LinkSnapshot): string | null =>
  link.lagSeconds === null ? null : `${shortLag(link.lagSeconds, link.lagAtLeast)} behind`;
const bytesLine = (link: LinkSnapshot): string =>
  link.lagBytes === null ? 'bytes behind unknown' : `${bytesText(link.lagBytes)} behind`;
/** `tight` where a cell has no room for the word WAL. */
const heldLine = (link: LinkSnapshot, tight: boolean): string =>
  link.walHeldBytes === null
    ? `${tight ? '' : 'WAL '}held unknown`
    : `${bytesText(link.walHeldBytes)} ${tight ? '' : 'WAL '}held`;

export function cellText(link: LinkSnapshot, tight = false): CellText {
  const state = shownState(link);
  switch (state) {
    case 'replicating':
    case 'behind':
      return link.lagSeconds === null
        ? {
            state,
            value: 'lag unknown',
            measured: false,
            lines: [{ text: bytesLine(link) }, { text: heldLine(link, tight) }],
          }
        : {
            state,
            value: shortLag(link.lagSeconds, link.lagAtLeast),
            measured: true,
            lines: [{ text: bytesLine(link) }, { text: heldLine(link, tight) }],
          };
    case 'initializing':
      return {
        state,
        value: state,
        measured: false,
        lines: [{ text: link.reason ?? 'copying' }, { text: heldLine(link, tight) }],
      };
    case 'disabled':
    case 'down':
    case 'failing':
      return {
        state,
        value: state,
        measured: false,
        lines: [{ text: behindText(link) ?? link.reason ?? 'lag unknown' }, { text: heldLine(link, tight) }],
      };
    case 'missing':
      return { state, value: state, measured: false, lines: [{ text: link.reason ?? 'no subscription' }] };
    case 'unknown':
      return { state, value: state, measured: false, lines: unknownLines(link, tight) };
  }
}

/** Nothing can be read: since when. The provider's slot can, though its state is in doubt: what the slot says. */
function unknownLines(link: LinkSnapshot, tight: boolean): CellText['lines'] {
  const behind = behindText(link);
  if (behind !== null) return [{ text: behind, strong: true }, { text: heldLine(link, tight) }];
  const since = link.since ?? link.observedAt;
  return since === null ? [{ text: 'never read' }] : [{ text: 'no data' }, { text: 'since', at: since }];
}

/** The cell in words, for those who do not see it. */
export function cellLabel(link: LinkSnapshot): string {
  const { value, lines } = cellText(link);
  const words = [value, ...lines.map((line) => line.text)].filter((word) => word !== shownState(link));
  return `${safeName(link.provider)} to ${safeName(link.receiver)}: ${[shownState(link), ...words].join(', ').replaceAll('≥', 'at least')}`;
}
