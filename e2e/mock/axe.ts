/** What axe finds in a page as it stands. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

const CONTRAST = 'color-contrast';

/** What is violated, by rule and element: of all rules, of contrast alone, or of all but contrast. */
export async function violations(page: Page, of: 'all' | 'contrast' | 'all but contrast'): Promise<string[]> {
  const axe = new AxeBuilder({ page });
  if (of === 'contrast') axe.withRules([CONTRAST]);
  if (of === 'all but contrast') axe.disableRules([CONTRAST]);
  // In the page itself: else each is finished in a further tab, for frames of other sites, of which there are none.
  const found = await axe.setLegacyMode().analyze();
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}
