/**
 * What is checked without running a test: `npm run typecheck`, `npm run lint`, and the two first phases of `npm test`.
 * All commands of a group run, so that one look says all that is wrong.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from './build.mjs';

const bin = (name) => join(ROOT, 'node_modules', '.bin', name);

/** Folders with a tsconfig of their own, which knows no more than the room has; the root's takes in all that is left. */
const ROOMS = ['core', 'server', 'src', 'mocks', '.'];

const CODE = ['core', 'server', 'src', 'mocks', 'e2e', 'tests', 'bench'];

/** Each: a command and its arguments, run in the project's folder. */
export const checks = {
  types: [[process.execPath, [join(ROOT, 'node_modules/typescript-native/bin/tsc'), '--build', ...ROOMS]]],
  lint: [
    [bin('biome'), ['check', '--error-on-warnings', '.']],
    [bin('oxlint'), ['--type-aware', '--deny-warnings', '.']],
    [bin('depcruise'), ['--config', '.dependency-cruiser.mjs', ...CODE]],
    [bin('depcruise'), ['--config', '.dependency-cruiser.bundle.mjs', 'src']],
    [bin('knip'), ['--no-progress']],
  ],
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [group = 'lint'] = process.argv.slice(2);
  const runs = checks[group].map(([command, args]) =>
    spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' }),
  );
  process.exitCode = runs.every(({ status }) => status === 0) ? 0 : 1;
}
