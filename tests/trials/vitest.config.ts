import { defineConfig } from 'vitest/config';

/** `npm run trials -- NAME`: minutes to hours on real servers; see scripts/trials.mjs. */
export default defineConfig({
  test: {
    include: ['tests/trials/**/*.trial.ts'],
    environment: 'node',
    fileParallelism: false,
    maxConcurrency: Number(process.env.TRIAL_AT_ONCE ?? 1),
    testTimeout: 600_000,
    hookTimeout: 240_000,
    reporters: ['verbose', 'json'],
  },
});
