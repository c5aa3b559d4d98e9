/**
 * `npm test`: types, lint, unit and integration tests, and the page in a real Chromium, one after the other, since
 * the integration tests start real servers. A phase that passes is one line; one that fails shows what it printed.
 * The last line counts: `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBrowser } from './browser.mjs';
import { buildMocks, buildPage, buildServer, ROOT } from './build.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'tricorder-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };
const only = process.argv.slice(2);

function run(command, args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (data) => {
      output += data;
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => resolve({ code, output }));
  });
}

const bin = (name) => join(ROOT, 'node_modules', '.bin', name);

/** One check that passes or fails as a whole. */
async function whole(command, args) {
  const { code, output } = await run(command, args);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0, output };
}

async function vitest(projects) {
  const report = join(scratch, `vitest-${projects.join('-')}.json`);
  const args = ['run', '--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
  const { code, output } = await run(bin('vitest'), [
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

async function playwright(browser, project) {
  const report = join(scratch, `playwright-${project}.json`);
  const { code, output } = await run(
    bin('playwright'),
    ['test', '--project', project, '--reporter=line,json'],
    {
      CHROME_BIN: browser,
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

/** The phases in the order that says soonest what is wrong. */
const phases = {
  types: () => whole(bin('tsc'), ['--noEmit']),
  lint: () => whole(bin('biome'), ['check', '--error-on-warnings', '.']),
  unit: () => vitest(['core', 'page']),
  build: built,
  server: () => vitest(['server']),
  'page with the mock world': () => inBrowser('mock'),
  'page with the real backend': () => inBrowser('real'),
};

let chromium;
async function inBrowser(project) {
  // Nothing to do when the build phase ran; a phase that is run alone needs it too.
  const build = built();
  if (build.failed > 0) return build;
  chromium ??= browser();
  if (chromium.error) return { passed: 0, failed: 1, skipped: 0, output: chromium.error };
  return playwright(chromium.path, project);
}

try {
  for (const [name, phase] of Object.entries(phases)) {
    if (only.length > 0 && !only.some((word) => name.startsWith(word))) continue;
    const begun = Date.now();
    const { passed, failed, skipped, output } = await phase();
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
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(
  `${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`,
);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
