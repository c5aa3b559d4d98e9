/** The section "Trials" of docs/verified.md, from the reports that scripts/trials.mjs has left. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { putSection, row, section } from './verified-section.mjs';

const HEADING = 'Trials';
const HEAD = [
  'Written by `npm run trials -- NAME` from what it has left in `build/trials/`: the last result of each trial, by engine. "In time": the',
  'fault came while its step ran; else the step had just ended. "Went on": the run succeeded in spite of the fault. Tries: how often a',
  'rollback or a resume was asked for, at most, once the fault was mended.',
  '',
  row([
    'trials',
    'engine',
    'last',
    'commits',
    'passed',
    'failed',
    'not run',
    'in time',
    'went on',
    'tries',
    'minutes, load',
  ]),
  row(Array(11).fill('---')),
];

/** `folder`: of reports. Rows of engines of which there is no report stay as they are. */
export function writeTrials(folder) {
  const reports = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')))
    .filter(({ engine }) => engine);
  const groups = grouped(reports);
  const old = section(HEADING).split('\n');
  const isOf = (line) => [...groups.keys()].some((key) => line.startsWith(key));
  const oldRows = old.filter((line) => /^\| \S/.test(line) && !HEAD.includes(line) && !isOf(line.slice(2)));
  const oldFailed = old.filter((line) => line.startsWith('- ') && !isOf(line.slice(2)));
  const fresh = [...groups].map(([key, all]) => summed(key, all));
  const failed = [...oldFailed, ...fresh.flatMap((each) => each.failed)];
  putSection(HEADING, [
    ...HEAD,
    ...[...oldRows, ...fresh.map((each) => each.row)].sort(),
    '',
    ...(failed.length === 0 ? [] : ['Failed:', '', ...failed.sort()]),
  ]);
}

/** As a row begins. */
const keyOf = ({ name, engine }) => `${name} | ${engine} |`;

function grouped(reports) {
  const groups = new Map();
  for (const report of reports) groups.set(keyOf(report), [...(groups.get(keyOf(report)) ?? []), report]);
  return groups;
}

function summed(key, reports) {
  const last = new Map();
  for (const { trials } of reports) {
    for (const trial of trials) {
      if (trial.state === 'passed' || trial.state === 'failed' || !last.has(trial.name))
        last.set(trial.name, trial);
    }
  }
  // Trials that there are no more, or by another name.
  const names = new Set(reports.at(-1).trials.map(({ name }) => name));
  const all = [...last.values()].filter(({ name }) => names.has(name));
  const passed = all.filter(({ state }) => state === 'passed');
  const failed = all.filter(({ state }) => state === 'failed');
  const minutes = reports.reduce((sum, report) => sum + report.minutes, 0);
  const loads = reports.flatMap(({ load }) => load);
  return {
    row: row([
      key.slice(0, -2),
      reports.at(-1).begun.slice(0, 10),
      [...new Set(reports.map(({ commit }) => commit))].join(', '),
      passed.length,
      failed.length,
      all.length - passed.length - failed.length,
      passed.filter(({ struck }) => struck === 'running').length,
      passed.filter(({ stopped }) => stopped === 'succeeded').length,
      Math.max(0, ...passed.map(({ tries }) => tries ?? 0)),
      `${Math.round(minutes)}, ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)} on ${reports.at(-1).cores} cores`,
    ]),
    failed: failed.map(({ name }) => `- ${key} ${name}`),
  };
}
