import { defineConfig, devices } from '@playwright/test';
import { BROWSER_ARGUMENTS } from './e2e/browser-arguments.ts';

/** The page in a real Chromium: against the mock world (quick, every scenario) and against the real backend. */
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  snapshotPathTemplate: 'e2e/looks/{arg}{ext}',
  fullyParallel: false,
  // Two would share the two cores with three servers and a browser each.
  workers: 1,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 10_000 },
  use: {
    ...devices['Desktop Chrome'],
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    // Recording every test for the few that fail costs more than the tests: `--trace on` records one that is run again.
    trace: 'off',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.CHROME_BIN || undefined,
      args: BROWSER_ARGUMENTS,
    },
  },
  projects: [
    { name: 'mock', testMatch: 'mock/**/*.spec.ts' },
    { name: 'real', testMatch: 'real/**/*.spec.ts', timeout: 120_000 },
    { name: 'screenshots', testMatch: 'screenshots/**/*.spec.ts' },
  ],
});
