/** The page in the mock world: index.html loads this in place of src/main.tsx when vite runs with `--mode mocks`. */
import { startMockWorld } from './browser.ts';

// The page asks for its data at once, so it comes second. No top-level await: the page's chunk shares code with this
// one, and each would wait for the other.
void startMockWorld().then(async () => {
  // The world is this tab's own: no worker of another one may answer for it.
  const { tabFeed } = await import('#src/api/feed/tab.ts');
  tabFeed.alone();
  await import('#src/main.tsx');
});
