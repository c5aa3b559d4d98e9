/** `npm run screenshots`: the pages as the docs show them, into docs/screenshots/. */
import { shown, test } from '#e2e/mock/mock-page.ts';
import { PAGES, type THEMES, type WIDTHS } from '#e2e/pages.ts';

type Theme = (typeof THEMES)[number];
type Width = (typeof WIDTHS)[number];

/** Each page once, and a few as they look in dark, on a laptop and on a phone; all the others are looked at by tests. */
const SHOTS: [theme: Theme, width: Width, names: string[]][] = [
  [
    'light',
    1440,
    [
      'clusters',
      'overview',
      'overview-64-nodes',
      'nodes',
      'node',
      'subscriptions',
      'subscription',
      'replication-sets',
      'lag',
      'conflicts',
      'exceptions',
      'deploy-tables',
      'deploy-review',
      'deploy-copying',
      'run-failed',
      'activity',
      'settings',
    ],
  ],
  ['dark', 1440, ['overview', 'replication-sets', 'deploy-receipt']],
  ['light', 1024, ['overview', 'lag']],
  ['light', 390, ['overview', 'subscriptions']],
  ['dark', 390, ['overview-node-down', 'run-failed']],
];

for (const [theme, width, names] of SHOTS) {
  test.describe(`${theme} ${width}`, () => {
    test.use({
      viewport: { width, height: width === 390 ? 844 : 900 },
      colorScheme: theme,
      reducedMotion: 'reduce',
    });
    for (const { name, path, scenario } of PAGES.filter((page) => names.includes(page.name))) {
      test(name, async ({ page, open }) => {
        await open(path, scenario);
        await shown(page);
        // Charts come after the page, in a chunk of their own; the live world gets a few polls to fill the tapes.
        await page.waitForTimeout(1500);
        await page.screenshot({ path: `docs/screenshots/${name}-${theme}-${width}.png`, fullPage: true });
      });
    }
  });
}
