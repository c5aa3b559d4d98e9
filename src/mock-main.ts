/** The entry of `npm run dev:mocks` and of the demo build: the same page over a simulated world, without any server. */
import { startMockWorld } from '#mocks/browser.ts';

await startMockWorld();
await import('./main.tsx');
