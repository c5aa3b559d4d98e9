/** What could not be had is asked for every now and then, and the page goes on by itself when it is there. */
import { useEffect, useRef } from 'react';
import { isThere, loadAnew, PartFault } from '#src/lib/part.ts';

const EVERY_MS = 2000;

/** `error`: a file of the page, or an answer of the console that did not come; `again` asks for the latter once more. */
export function useComeBack(error: unknown, again?: () => void | Promise<void>): void {
  const latest = useRef(again);
  latest.current = again;
  useEffect(() => {
    if (!(error instanceof PartFault) && latest.current === undefined) return;
    let over = false;
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      const back = error instanceof PartFault ? await isThere(error) : await isUp();
      if (over) return;
      if (!back) timer = setTimeout(look, EVERY_MS);
      else if (error instanceof PartFault) loadAnew(error);
      else void latest.current?.();
    };
    timer = setTimeout(look, EVERY_MS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [error]);
}

const isUp = async (): Promise<boolean> =>
  (await fetch('/api/v1/health', { cache: 'no-store' }).catch(() => null))?.ok === true;
