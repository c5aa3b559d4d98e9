/** Builds the page and the backend where they are missing or older than what they are made from. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const PAGE = {
  name: 'page',
  stamp: 'build/page/.stamp',
  from: ['src', 'core', 'public', 'index.html'],
  args: ['build'],
};
const SERVER = {
  name: 'backend',
  stamp: 'build/server/.stamp',
  from: ['server', 'core'],
  args: ['build', '--config', 'vite.server.config.ts'],
};
const MOCKS = {
  name: 'mock page',
  stamp: 'build/mocks/.stamp',
  from: ['src', 'core', 'mocks', 'public', 'index.html'],
  args: ['build', '--mode', 'mocks'],
};
const MOCKS_SERVER = {
  name: 'server of the mock world',
  stamp: 'build/mocks-server/.stamp',
  from: ['mocks', 'core'],
  args: ['build', '--config', 'vite.mocks.config.ts'],
};
const ALWAYS = [
  'package.json',
  'vite.config.ts',
  'vite.server.config.ts',
  'vite.mocks.config.ts',
  'tsconfig.json',
  'tsconfig.base.json',
];

/** The newest modification below a path, in milliseconds; tests and fixtures are in no build. */
function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return /\.test\.tsx?$/.test(path) ? 0 : stat.mtimeMs;
  let latest = 0;
  for (const entry of readdirSync(path)) {
    if (entry !== 'fixtures') latest = Math.max(latest, newest(join(path, entry)));
  }
  return latest;
}

/** Builds one target unless it is fresh. Throws with the builder's own output when it fails. */
function build(target) {
  const stamp = join(ROOT, target.stamp);
  const made = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const begun = new Date();
  const sources = [...target.from, ...ALWAYS].map((path) => newest(join(ROOT, path)));
  if (made > Math.max(...sources)) return false;
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  if (!existsSync(vite)) throw new Error('The packages are not installed. Run npm ci first.');
  const run = spawnSync(process.execPath, [vite, ...target.args, '--logLevel', 'warn'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`The ${target.name} could not be built:\n${run.stdout}${run.stderr}`);
  writeFileSync(stamp, '');
  // What is edited while the build runs is newer than the stamp, and so is built again.
  utimesSync(stamp, begun, begun);
  return true;
}

export const buildPage = () => build(PAGE);
export const buildServer = () => build(SERVER);
export const buildMocks = () => build(MOCKS);
export const buildMocksServer = () => build(MOCKS_SERVER);
