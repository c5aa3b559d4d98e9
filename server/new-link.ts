/** `npm start -- --new-link --data-dir DIR`: another way in, beside a running console, for who may read its data dir. */
import { statSync } from 'node:fs';
import { StartError } from './start-error.ts';
import { readHolder, tryLock } from './store/data-dir.ts';
import { LINK_MINUTES, leaveLink } from './store/links.ts';
import { causeOf } from './store/trouble.ts';

/** What to print. Throws StartError: no console runs there, or this account may not write there. */
export function newLink(dataDir: string): string {
  const holder = runningOn(dataDir);
  try {
    const { token } = leaveLink(dataDir);
    const link = holder === null ? `?token=${token}` : `${holder}/?token=${token}`;
    return `${link}\nThe link signs in one browser, once, within ${LINK_MINUTES} minutes.`;
  } catch (error) {
    const full = causeOf(error)?.state === 'full';
    throw new StartError(
      full
        ? `The data dir ${dataDir} is on a full disk, so no link can be left there. Free some space, or press Enter in the terminal of the console.`
        : `No link can be left in the data dir ${dataDir} (${(error as Error).message}). Run this as the account that runs the console.`,
    );
  }
}

/** The address of the console that runs there; null: it has not said it. */
function runningOn(dataDir: string): string | null {
  if (!statSync(dataDir, { throwIfNoEntry: false })?.isDirectory()) {
    throw new StartError(
      `There is no data dir ${dataDir}. Give the --data-dir that the console was started with.`,
    );
  }
  let lock: ReturnType<typeof tryLock>;
  try {
    lock = tryLock(dataDir);
  } catch (error) {
    throw new StartError(
      `The data dir ${dataDir} cannot be read (${(error as Error).message}). Run this as the account that runs the console.`,
    );
  }
  if (lock === null) return readHolder(dataDir)?.url ?? null;
  lock.close();
  throw new StartError(
    `No console runs on the data dir ${dataDir}. Start it (npm start -- --data-dir ${dataDir}): it prints a link; or give the --data-dir of the one that runs.`,
  );
}
