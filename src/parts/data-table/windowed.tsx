/** Only the lines in sight, by TanStack Virtual. The window itself scrolls, so a long table has no scroll bar of its own. */
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, type RefObject, useCallback, useLayoutEffect, useState } from 'react';

/** Lines drawn beyond either edge, so that scrolling shows no gap. */
const OVERSCAN = 24;

export interface Range {
  /** The first and the last line that are drawn. */
  first: number;
  last: number;
  /** Heights in px that stand for those before and after them. */
  before: number;
  after: number;
  /** Scrolls the window so far that the line is in sight. */
  scrollTo: (line: number) => void;
}

interface Props {
  count: number;
  /** In px; has to keep its identity as long as the heights do. */
  heightOf: (line: number) => number;
  /** What the lines stand in. */
  box: RefObject<HTMLElement | null>;
  children: (range: Range) => ReactNode;
}

export function Windowed({ count, heightOf, box, children }: Props) {
  const [top, setTop] = useState(0);
  const virtualizer = useWindowVirtualizer({
    count,
    estimateSize: heightOf,
    overscan: OVERSCAN,
    scrollMargin: top,
    // Another function means that heights have changed: the library then adds them up anew.
    // biome-ignore lint/correctness/useExhaustiveDependencies: the heights are what its identity stands for
    getItemKey: useCallback((line: number) => line, [heightOf]),
  });
  useLayoutEffect(() => {
    // What stands above the table comes and goes.
    const now = Math.round((box.current?.getBoundingClientRect().top ?? 0) + scrollY);
    if (Math.abs(now - top) > 1) setTop(now);
  });
  const items = virtualizer.getVirtualItems();
  const [begin] = items;
  const end = items.at(-1);
  return children({
    first: begin?.index ?? 0,
    last: end?.index ?? -1,
    before: begin ? begin.start - top : 0,
    after: end ? virtualizer.getTotalSize() - (end.end - top) : 0,
    scrollTo: (line) => virtualizer.scrollToIndex(line, { align: 'auto' }),
  });
}
