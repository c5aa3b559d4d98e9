/** Asks before a page is left in which something was typed that is kept nowhere yet. Mounted once: a router takes one blocker. */
import { useEffect } from 'react';
import { useBlocker } from 'react-router';
import { formatNames } from '#core/model/format.ts';
import { paths } from '#src/lib/paths.ts';
import { ask } from '#src/lib/questions.ts';
import { unsavedNow } from '#src/lib/unsaved.ts';

export function LeaveGuard() {
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      // A filter in the address leaves nothing; who is no longer let in cannot stay.
      currentLocation.pathname !== nextLocation.pathname &&
      nextLocation.pathname !== paths.signIn &&
      unsavedNow().length > 0,
  );
  useEffect(() => {
    if (blocker.state !== 'blocked') return;
    ask(
      {
        title: 'Leave without saving',
        text: `What you typed is not saved, and is lost when you leave: ${formatNames(unsavedNow())}.`,
        act: 'Leave',
        keep: 'Stay here',
      },
      async () => blocker.proceed(),
      () => blocker.reset(),
    );
  }, [blocker]);
  useEffect(() => {
    const leave = (event: BeforeUnloadEvent) => {
      if (unsavedNow().length > 0) event.preventDefault();
    };
    addEventListener('beforeunload', leave);
    return () => removeEventListener('beforeunload', leave);
  }, []);
  return null;
}
