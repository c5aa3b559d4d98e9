/** `npm run screenshots [name…]`: pictures of every page, from the mock world, into docs/screenshots/. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { findBrowser } from './browser.mjs';
import { buildMocks, ROOT } from './build.mjs';

buildMocks();
const words = process.argv.slice(2);
const { status } = spawnSync(
  join(ROOT, 'node_modules/.bin/playwright'),
  ['test', '--project', 'screenshots', ...(words.length > 0 ? ['--grep', words.join('|')] : [])],
  { cwd: ROOT, stdio: 'inherit', env: { ...process.env, CHROME_BIN: findBrowser() } },
);
process.exitCode = status ?? 1;
