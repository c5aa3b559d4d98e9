/** Finds a Chromium for the tests: CHROME_BIN, Playwright's own, the system's; else installs one; else says what to do. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from '@playwright/test';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

function runnable(path) {
  if (!path) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function find() {
  if (process.env.CHROME_BIN) {
    if (runnable(process.env.CHROME_BIN)) return process.env.CHROME_BIN;
    throw new Error(
      `CHROME_BIN names ${process.env.CHROME_BIN}, which cannot be run. Point it at a Chromium, or unset it.`,
    );
  }
  const own = chromium.executablePath();
  const folders = (process.env.PATH ?? '').split(delimiter);
  const system = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [own, ...system, ...ELSEWHERE].find(runnable);
}

/** Path of a Chromium that runs. Throws one line that says what to do when there is none and none can be installed. */
export function findBrowser({ install = true } = {}) {
  const found = find();
  if (found || !install) return found;
  const quiet = { stdio: 'ignore', timeout: 300_000 };
  spawnSync('npx', ['--no', 'playwright', 'install', 'chromium'], quiet);
  if (find()) return find();
  if (process.getuid?.() === 0) {
    spawnSync('apt-get', ['update'], quiet);
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], quiet);
    if (find()) return find();
  }
  throw new Error(
    'No Chromium was found, and none could be installed. Install one (as root: apt-get install chromium), or set CHROME_BIN to one.',
  );
}
