/** The page in the mock world: index.html loads this in place of src/main.tsx when vite runs with `--mode mocks`. */
import { startMockWorld } from './browser.ts';

await startMockWorld();
// Only now: the page asks for its data at once, and nobody else would answer.
await import('#src/main.tsx');
