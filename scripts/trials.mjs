/**
 * `npm run trials -- NAME`: the trials whose file name begins so, on the engine that TRICORDER_PG_BIN names (the stand-in
 * without it). Minutes to hours; may be run in slices. Each leaves a report in build/trials/, and from all that are there the
 * section "Trials" of docs/verified.md is written: the last result of each trial counts.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './build.mjs';
import { writeTrials } from './verified-trials.mjs';

const folder = join(ROOT, 'tests', 'trials');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.trial.ts'))
  .map((file) => file.replace('.trial.ts', ''));
const [name] = process.argv.slice(2);
if (name === undefined || !names.some((each) => each.startsWith(name))) {
  console.error(`Usage: npm run trials -- NAME, one of ${names.join(', ')}`);
  process.exit(2);
}

const kept = join(ROOT, 'build', 'trials');
mkdirSync(kept, { recursive: true });
const begun = new Date();
const file = join(kept, `${begun.toISOString().replaceAll(':', '-')}.json`);
const before = loadavg()[0];
const git = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' });
const { status } = spawnSync(
  join(ROOT, 'node_modules', '.bin', 'vitest'),
  ['run', '--config', join(folder, 'vitest.config.ts'), name, `--outputFile.json=${file}`],
  { cwd: ROOT, stdio: 'inherit' },
);
const { testResults } = JSON.parse(readFileSync(file, 'utf8'));
const trials = testResults
  .flatMap(({ assertionResults }) => assertionResults)
  .map(({ title, status: state, meta }) => ({ name: title, state, ...meta }));
const report = {
  name,
  engine: trials.find(({ engine }) => engine)?.engine ?? null,
  begun: begun.toISOString(),
  commit: git.stdout.trim(),
  minutes: (Date.now() - begun.getTime()) / 60_000,
  cores: cpus().length,
  load: [before, loadavg()[0]],
  trials,
};
writeFileSync(file, JSON.stringify(report, null, 1));
const count = (state) => trials.filter((trial) => trial.state === state).length;
console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} not chosen`);
if (report.engine !== null) writeTrials(kept);
process.exit(status ?? 1);
