import { defineConfig } from 'vitest/config';

/** `npm run bench -- <name>`: measurements, not tests. Each prints its figures; docs/performance.md keeps them. */
export default defineConfig({
  test: {
    include: ['bench/**/*.bench.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 1_800_000,
    hookTimeout: 600_000,
    reporters: [['default', { summary: false }]],
  },
});
