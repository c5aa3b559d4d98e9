/**
 * `npm test`: types, lint, unit and integration tests, and the page in a real Chromium. The integration tests mostly wait for
 * their PostgreSQL servers, so where there are two cores the other phases run beside them, at a lower priority: a server that is
 * asked in the midst of a test answers as it would by itself. A phase that passes is one line, and every minute there is one that
 * says how far the phases are; a phase that fails shows what it printed. The last line counts: `N passed, N failed`.
 * `npm test -- server page` runs the phases whose names begin with these words.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, constants, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBrowser } from './browser.mjs';
import { buildMocks, buildPage, buildServer, ROOT } from './build.mjs';

const PROGRESS_MS = 60_000;
const CHECKS = join(ROOT, 'scripts/checks.mjs');
const scratch = mkdtempSync(join(tmpdir(), 'tricorder-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };
const only = process.argv.slice(2);

/** What a phase is given: `givesWay` to those beside it; `output`, what its command has printed so far. */
function run({ givesWay, progress }, command, args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (givesWay && child.pid !== undefined) giveWay(child.pid);
    let output = '';
    const keep = (data) => {
      output += data;
      progress.output = output;
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => resolve({ code, output }));
  });
}

function giveWay(pid) {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already, or the system has no priorities.
  }
}

const bin = (name) => join(ROOT, 'node_modules', '.bin', name);

/** One check that passes or fails as a whole. */
async function whole(context, command, args) {
  const { code, output } = await run(context, command, args);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0, output };
}

async function vitest(context, projects) {
  const report = join(scratch, `vitest-${projects.join('-')}.json`);
  const args = ['run', '--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
  const { code, output } = await run(context, bin('vitest'), [
    ...args,
    ...projects.flatMap((name) => ['--project', name]),
  ]);
  return counted(report, code, output, (json) => ({
    passed: json.numPassedTests,
    failed:
      json.numFailedTests +
      json.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
        .length,
    skipped: json.numPendingTests + json.numTodoTests,
  }));
}

async function playwright(context, browser, project) {
  const report = join(scratch, `playwright-${project}.json`);
  const { code, output } = await run(
    context,
    bin('playwright'),
    ['test', '--project', project, '--reporter=line,json', '--output', join('test-results', project)],
    {
      CHROME_BIN: browser,
      // Beside those of the integration tests (server/testing/ports.setup.ts).
      TRICORDER_SANDBOX_PORTS: process.env.TRICORDER_SANDBOX_PORTS ?? '6301-6780',
      PLAYWRIGHT_JSON_OUTPUT_NAME: report,
    },
  );
  return counted(report, code, output, ({ stats }) => ({
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
    skipped: stats.skipped,
  }));
}

/** What a runner's own report counts; a runner that failed without a failed test is a failure all the same. */
function counted(report, code, output, read) {
  try {
    const counts = read(JSON.parse(readFileSync(report, 'utf8')));
    if (code !== 0 && counts.failed === 0) counts.failed = 1;
    return { ...counts, output };
  } catch {
    return { passed: 0, failed: 1, skipped: 0, output };
  }
}

function built() {
  try {
    buildServer();
    buildPage();
    buildMocks();
    return { passed: 1, failed: 0, skipped: 0, output: '' };
  } catch (error) {
    return { passed: 0, failed: 1, skipped: 0, output: error.message };
  }
}

function browser() {
  try {
    return { path: findBrowser() };
  } catch (error) {
    return { error: error.message };
  }
}

let chromium;
async function inBrowser(context, project) {
  // Nothing to do when the build phase ran; a phase that is run alone needs it too.
  const build = built();
  if (build.failed > 0) return build;
  chromium ??= browser();
  if (chromium.error) return { passed: 0, failed: 1, skipped: 0, output: chromium.error };
  return playwright(context, chromium.path, project);
}

/** In the order that says soonest what is wrong. */
const quick = {
  types: (context) => whole(context, process.execPath, [CHECKS, 'types']),
  lint: (context) => whole(context, process.execPath, [CHECKS, 'lint']),
  unit: (context) => vitest(context, ['core', 'page']),
  build: built,
  'page with the mock world': (context) => inBrowser(context, 'mock'),
};
const servers = { server: (context) => vitest(context, ['server']) };
const both = { 'page with the real backend': (context) => inBrowser(context, 'real') };

const underWay = new Map();

/** Runs one phase after the other, and says how each ended. */
async function lane(phases, givesWay) {
  for (const [name, phase] of Object.entries(phases)) {
    if (only.length > 0 && !only.some((word) => name.startsWith(word))) continue;
    const begun = Date.now();
    const progress = { output: '' };
    underWay.set(name, progress);
    const { passed, failed, skipped, output } = await phase({ givesWay, progress });
    underWay.delete(name);
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
    const seconds = ((Date.now() - begun) / 1000).toFixed(1);
    console.log(
      `${failed > 0 ? '✗' : '✓'} ${name}: ${passed} passed${failed ? `, ${failed} failed` : ''}${skipped ? `, ${skipped} skipped` : ''} in ${seconds} s`,
    );
    if (failed > 0) console.log(output);
    // What a phase has to say besides passing, such as which engine ran.
    else
      for (const line of output.split('\n')) if (line.startsWith('note: ')) console.log(`  ${line.slice(6)}`);
  }
}

/** How far a runner is, from what it has printed: a dot of vitest for each that passed, `[12/160]` of Playwright. */
function howFar([name, { output }]) {
  const page = output.match(/\[\d+\/\d+\]/g)?.at(-1);
  if (page !== undefined) return `${name} ${page.slice(1, -1)}`;
  const passed = output.match(/·/g)?.length ?? 0;
  return passed === 0 ? name : `${name} ${passed}`;
}

const begun = Date.now();
const telling = setInterval(() => {
  const minutes = Math.round((Date.now() - begun) / 60_000);
  console.log(`… ${minutes} min: ${[...underWay].map(howFar).join('; ')}`);
}, PROGRESS_MS);

try {
  if (availableParallelism() > 1) await Promise.all([lane(servers, false), lane(quick, true)]);
  else {
    await lane(quick, false);
    await lane(servers, false);
  }
  await lane(both, false);
} finally {
  clearInterval(telling);
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`in ${((Date.now() - begun) / 60_000).toFixed(1)} min on ${availableParallelism()} cores`);
console.log(
  `${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`,
);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
