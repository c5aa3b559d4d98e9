import { defineConfig } from 'vitest/config';

/** `core` is pure and quick; `server` starts real PostgreSQL servers and waits for them, so three of its files run at a time: they wait more than they work. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'core',
          include: ['core/**/*.test.ts', 'mocks/**/*.test.ts', 'tests/walls/**/*.test.ts'],
          environment: 'node',
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'page',
          include: ['src/**/*.test.{ts,tsx}'],
          environment: 'happy-dom',
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'server',
          include: ['server/**/*.test.ts', 'tests/**/*.test.ts'],
          exclude: ['tests/walls/**'],
          environment: 'node',
          globalSetup: ['server/testing/kept-folders.setup.ts'],
          setupFiles: ['server/testing/ports.setup.ts'],
          maxWorkers: 3,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
