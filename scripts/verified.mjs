/**
 * Writes the first part of docs/verified.md from the reports of the truth suite, one for each engine:
 *
 *     TRICORDER_PG_BIN=… npx vitest run tests/truth --reporter=json --outputFile=spock-5.json
 *     node scripts/verified.mjs spock-5.json spock-6.json stand-in.json
 *
 * The sections are those of other scripts, and stay; so does the column of an engine of which there is no report.
 */
import { readFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { head, putSection, row } from './verified-section.mjs';

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
  const run = known ?? { engine, machine: `${platform()} ${arch()}, ${cores} cores`, tests: new Map() };
  if (known === undefined) runs.push(run);
  run.date = new Date(report.startTime).toISOString().slice(0, 10);
  // A later report of the same engine may be of some tests only.
  for (const test of tests) run.tests.set(test.ancestorTitles.concat(test.title).join(': '), test);
}

runs.push(...keptRuns(head().split('\n')));

/** The runs of engines that are not reported anew, as they stand in the page. */
function keptRuns(lines) {
  const cells = (line) => line.slice(2, -2).split(' | ');
  const tables = lines.filter((line) => line.startsWith('| ') || line.startsWith('|  |'));
  const heads = tables.findIndex((line) => line.startsWith('|  |'));
  const known = lines.filter((line) => /^\d+\. /.test(line)).map((line) => line.replace(/^\d+\. /, ''));
  const columns = cells(tables[heads] ?? '').slice(1);
  const engines = tables.slice(2, heads).map(cells);
  return engines
    .filter(([engine]) => !runs.some((run) => run.engine === engine))
    .map(([engine, date, machine]) => {
      const column = columns.indexOf(engine.split(',')[0]) + 1;
      const tests = tables.slice(heads + 2).flatMap((line) => {
        const all = cells(line);
        const [status, number] = all[column].replaceAll('*', '').split(' ');
        if (status === 'not') return [];
        return [[all[0], { status, meta: { refused: known[number - 1] } }]];
      });
      return { engine, date, machine, tests: new Map(tests) };
    });
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
const lines = [
  '# What was verified, on which engine',
  '',
  'Made by `scripts/verified.mjs` from the reports of `tests/truth/`, which makes a mesh of three nodes, does something to it behind',
  'the console’s back, and holds what the console says against what the nodes themselves say.',
  '`TRICORDER_PG_BIN` names the engine; without it the stand-in runs. A test is skipped where the engine refuses a capability',
  'that it asked for.',
  '',
  row(['engine', 'date', 'machine', 'passed', 'failed', 'skipped']),
  row(['---', '---', '---', '---', '---', '---']),
  ...runs.map((run) =>
    row([
      run.engine,
      run.date,
      run.machine,
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
putSection(null, lines);
