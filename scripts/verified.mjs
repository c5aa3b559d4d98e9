/**
 * Writes docs/verified.md from the reports of the truth suite, one for each engine:
 *
 *     TRICORDER_PG_BIN=… npx vitest run server/truth --reporter=json --outputFile=spock-5.json
 *     node scripts/verified.mjs spock-5.json spock-6.json stand-in.json
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { join } from 'node:path';

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('Usage: node scripts/verified.mjs REPORT.json …');
  process.exit(2);
}

const runs = [];
for (const file of files) {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const tests = report.testResults
    .flatMap((result) => result.assertionResults)
    .filter((test) => test.meta?.engine);
  if (tests.length === 0) throw new Error(`${file} holds no test of the truth suite`);
  const { engine, cores } = tests[0].meta;
  const known = runs.find((run) => run.engine === engine);
  const run = known ?? { engine, cores, tests: new Map() };
  if (known === undefined) runs.push(run);
  run.date = new Date(report.startTime).toISOString().slice(0, 10);
  // A later report of the same engine may be of some tests only.
  for (const test of tests) run.tests.set(test.ancestorTitles.concat(test.title).join(': '), test);
}

/** What a refused capability is, once for all tests that lack it. */
const refusals = [
  ...new Set(runs.flatMap(({ tests }) => [...tests.values()].flatMap((test) => test.meta.refused ?? []))),
];

function cell(test) {
  if (test === undefined) return 'not run';
  if (test.status === 'passed') return 'passed';
  if (test.status === 'failed') return '**failed**';
  return `skipped ${refusals.indexOf(test.meta.refused) + 1}`;
}

const count = ({ tests }, status) => [...tests.values()].filter((test) => status(test.status)).length;
const titles = [...new Set(runs.flatMap(({ tests }) => [...tests.keys()]))];
const row = (cells) => `| ${cells.join(' | ')} |`;
const lines = [
  '# What was verified, on which engine',
  '',
  'Made by `scripts/verified.mjs` from the reports of `server/truth/`, which deploys a mesh of three nodes as the page does, does',
  'something to it behind the console’s back, and holds what the console says against what the nodes themselves say.',
  '`TRICORDER_PG_BIN` names the engine; without it the stand-in runs. A test is skipped where the engine refuses a capability',
  'that it asked for.',
  '',
  row(['engine', 'date', 'machine', 'passed', 'failed', 'skipped']),
  row(['---', '---', '---', '---', '---', '---']),
  ...runs.map((run) =>
    row([
      run.engine,
      run.date,
      `${platform()} ${arch()}, ${run.cores} cores`,
      count(run, (status) => status === 'passed'),
      count(run, (status) => status === 'failed'),
      count(run, (status) => status !== 'passed' && status !== 'failed'),
    ]),
  ),
  '',
  row(['', ...runs.map(({ engine }) => engine.split(',')[0])]),
  row(['---', ...runs.map(() => '---')]),
  ...titles.map((title) => row([title, ...runs.map(({ tests }) => cell(tests.get(title)))])),
  '',
  ...(refusals.length === 0
    ? []
    : ['Refused capabilities:', '', ...refusals.map((name, index) => `${index + 1}. ${name}`), '']),
];
writeFileSync(join(import.meta.dirname, '..', 'docs', 'verified.md'), lines.join('\n'));
