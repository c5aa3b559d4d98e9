/**
 * The section "Plans on real servers" of docs/verified.md: what came out of the tests of plans, a cell for each file and engine; cells
 * that no report speaks of stay:
 *
 *     TRICORDER_PG_BIN=… npx vitest run --project server server/run/crash.test.ts --reporter=json --outputFile=crash.json
 *     node scripts/verified-plans.mjs 'Spock 5.0.11, PostgreSQL 15.18' COMMIT crash.json …
 */
import { readFileSync } from 'node:fs';
import { putSection, row, section } from './verified-section.mjs';

const HEADING = 'Plans on real servers';

const [engine, commit, ...files] = process.argv.slice(2);
if (engine === undefined || commit === undefined || files.length === 0) {
  console.error('Usage: node scripts/verified-plans.mjs ENGINE COMMIT REPORT.json …');
  process.exit(2);
}

const cellsOf = (line) =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

const [head, , ...body] = section(HEADING)
  .split('\n')
  .filter((line) => line.startsWith('|'));
const engines = head === undefined ? [] : cellsOf(head).slice(1);
/** By file, by engine. */
const rows = new Map(
  body.map((line) => {
    const [file, ...cells] = cellsOf(line);
    return [file, new Map(cells.map((cell, index) => [engines[index], cell]))];
  }),
);
if (!engines.includes(engine)) engines.push(engine);
engines.sort();

for (const file of files) {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const date = new Date(report.startTime).toISOString().slice(0, 10);
  for (const result of report.testResults) {
    const name = `\`${result.name.slice(result.name.lastIndexOf('/server/') + 8)}\``;
    const count = (wanted) => result.assertionResults.filter(({ status }) => status === wanted).length;
    const [passed, failed] = [count('passed'), count('failed')];
    const skipped = result.assertionResults.length - passed - failed;
    const said = [
      `${passed} passed`,
      ...(failed > 0 ? [`**${failed} failed**`] : []),
      ...(skipped > 0 ? [`${skipped} skipped`] : []),
      // A hook that fails takes its tests along, and leaves none that failed.
      ...(result.status === 'failed' && failed === 0 ? ['**failed before its tests**'] : []),
    ].join(', ');
    rows.set(name, (rows.get(name) ?? new Map()).set(engine, `${said} · ${date} · ${commit}`));
  }
}

putSection(HEADING, [
  'Written by `scripts/verified-plans.mjs` from reports of single test files in `server/`, which plan, run, break, resume and take back',
  'deploys and changes on servers of their own. Each cell: counts, the day, the commit. A test is skipped where the engine lacks what it',
  'asks for, and says so; the rest of the file runs. An empty cell was not run.',
  '',
  row(['file', ...engines]),
  row(['---', ...engines.map(() => '---')]),
  ...[...rows.keys()]
    .sort()
    .map((file) => row([file, ...engines.map((each) => rows.get(file)?.get(each) ?? '')])),
]);
