import { defineConfig, devices } from '@playwright/test';

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
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.CHROME_BIN || undefined,
      // As root Chromium has no sandbox to offer; nothing but our own page on this machine is opened.
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'mock', testMatch: 'mock/**/*.spec.ts' },
    { name: 'real', testMatch: 'real/**/*.spec.ts', timeout: 120_000 },
    { name: 'screenshots', testMatch: 'screenshots/**/*.spec.ts' },
  ],
});
