/** The parts that every page is made of: palette, menu, tooltip, dialog, form, question, toast. By keyboard where that is the point. */
import { expect, type Page } from '@playwright/test';
import { test } from './mock-page.ts';

const combobox = (page: Page) => page.getByRole('combobox', { name: /Find a page/ });

async function openPalette(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.keyboard.press('Control+k');
  await expect(combobox(page)).toBeFocused();
}

test.describe('the palette', () => {
  test('acts on things: it plans a change of what is named', async ({ page, open }) => {
    await open('/clusters/orders');
    await openPalette(page);
    await page.keyboard.type('disable sub_n1n2');
    const chosen = page.getByRole('option', { selected: true });
    await expect(chosen).toHaveAccessibleName('Disable sub_n1n2… on n1 opens its plan');
    // What is chosen is named to whoever does not see it.
    await expect(combobox(page)).toHaveAttribute(
      'aria-activedescendant',
      (await chosen.getAttribute('id')) ?? '',
    );
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/plans\/plan-\d+$/);
    await expect(page.getByRole('heading', { level: 1 })).toContainText('sub_n1n2');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  });

  test('opens things and pages by what people call them, and Escape gives the focus back', async ({
    page,
    open,
  }) => {
    await open('/clusters/orders');
    await openPalette(page);
    await page.keyboard.type('open n3');
    await expect(page.getByRole('option', { selected: true })).toContainText('n3');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/clusters\/orders\/nodes\/n3$/);

    await openPalette(page);
    await page.keyboard.type('time zone');
    const options = page.getByRole('option');
    await expect(options.filter({ hasText: 'Show times in local time' })).toBeVisible();
    await page.keyboard.press('ArrowDown');
    await expect(options.nth(1)).toHaveAttribute('aria-selected', 'true');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await expect(options.last()).toHaveAttribute('aria-selected', 'true');
    await page.keyboard.press('Escape');
    await expect(combobox(page)).toHaveCount(0);

    const find = page.getByRole('button', { name: /^Find or run/ });
    await find.focus();
    await page.keyboard.press('Enter');
    await combobox(page).fill('thresholds');
    await expect(page.getByRole('option', { selected: true })).toContainText('Settings');
    await page.keyboard.press('Escape');
    await expect(find).toBeFocused();
  });

  test('says beside what was typed why a change cannot be planned', async ({ page, open }) => {
    await open('/clusters/orders', 'disk-full');
    await openPalette(page);
    await page.keyboard.type('drop sub_n1n2');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('dialog').getByRole('alert')).toContainText('until there is space');
    await expect(combobox(page)).toBeFocused();
  });
});

test('a menu is moved in by keys, picked from by Enter, and left by Escape', async ({ page, open }) => {
  await open('/clusters/orders/nodes');
  const button = page.getByRole('button', { name: /^Cluster/ });
  await button.focus();
  await page.keyboard.press('ArrowDown');
  const menu = page.getByRole('menu', { name: 'Cluster' });
  const items = menu.getByRole('menuitem');
  await expect(items.first()).toBeFocused();
  await page.keyboard.press('End');
  await expect(items.last()).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(items.first()).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(menu).toHaveCount(0);
  await expect(button).toBeFocused();
  await button.click();
  await page.getByRole('menuitem', { name: 'All clusters' }).click();
  await expect(page).toHaveURL(/\/clusters$/);
  await expect(menu).toHaveCount(0);
});

test.describe('a tooltip', () => {
  test('comes with the focus and with the pointer, and goes by Escape', async ({ page, open }) => {
    await open('/clusters/orders', 'behind');
    const time = page.locator('time[data-tip]').first();
    await time.scrollIntoViewIfNeeded();
    // By key: only then is a focus one that is seen.
    await page.keyboard.press('Tab');
    await time.focus();
    const tooltip = page.getByRole('tooltip');
    await expect(tooltip).toHaveText(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC$/);
    await expect(time).toHaveAttribute('aria-describedby', 'tooltip');
    await page.keyboard.press('Escape');
    await expect(tooltip).toHaveCount(0);
    await page.getByRole('button', { name: 'Dark', exact: true }).hover();
    await expect(tooltip).toHaveText('Dark');
    // The pointer may go over it.
    await tooltip.hover();
    await expect(tooltip).toBeVisible();
    await page.mouse.move(600, 400);
    await expect(tooltip).toHaveCount(0);
  });

  test.describe('by touch', () => {
    test.use({ hasTouch: true });
    test('comes by a tap, and goes by a tap elsewhere', async ({ page, open }) => {
      await open('/activity', 'behind');
      const time = page.locator('main time[data-tip]').first();
      await expect(page.getByRole('status', { name: 'Done' })).toBeAttached();
      await time.tap();
      await expect(page.getByRole('tooltip')).toHaveText(/UTC$/);
      await page.getByRole('heading', { level: 1 }).tap();
      await expect(page.getByRole('tooltip')).toHaveCount(0);
    });
  });
});

test('a fault of the server stands at its field, which gets the focus', async ({ page, open }) => {
  await open('/settings');
  await page.getByRole('row', { name: /^n3/ }).getByRole('button', { name: 'Change' }).click();
  const dialog = page.getByRole('dialog', { name: 'How n3 is reached' });
  const address = dialog.getByRole('textbox', { name: 'Address from here' });
  await expect(address).toBeFocused();
  await address.fill('postgres://watch:p@authentication.example/shop');
  await dialog.getByRole('button', { name: 'Save the address' }).click();
  await expect(address).toHaveAttribute('aria-invalid', 'true');
  await expect(address).toHaveAccessibleDescription(/asks for GSSAPI/);
  await expect(address).toBeFocused();
  await address.press('End');
  await address.press('Backspace');
  await expect(address).not.toHaveAttribute('aria-invalid', 'true');
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
});

test('leaving with something typed asks, by a link and by Back', async ({ page, open }) => {
  await open('/activity');
  const rail = page.getByRole('navigation', { name: 'Main' });
  await rail.getByRole('link', { name: 'Settings' }).click();
  const behind = page.getByLabel('A link is behind from');
  await behind.fill('20');
  await rail.getByRole('link', { name: 'Activity' }).click();
  const question = page.getByRole('dialog', { name: 'Leave without saving' });
  await expect(question).toContainText('the settings of orders');
  await question.getByRole('button', { name: 'Stay here' }).click();
  await expect(behind).toHaveValue('20');
  await page.goBack();
  await expect(question).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(/\/settings/);
  // What was saved is no reason to ask.
  await page.getByRole('button', { name: 'Save settings' }).click();
  await expect(page.getByRole('status', { name: 'Done' })).toContainText('The settings of orders are saved');
  await behind.fill('30');
  await rail.getByRole('link', { name: 'Activity' }).click();
  await question.getByRole('button', { name: 'Leave' }).click();
  await expect(page).toHaveURL(/\/activity/);
});

test('a question waits for its answer; what came of it is said, with a link to it', async ({
  page,
  open,
}) => {
  await open('/settings');
  const row = page.getByRole('row', { name: /^n3/ });
  const forget = row.getByRole('button', { name: 'Forget' });
  await forget.click();
  const question = page.getByRole('dialog', { name: 'Forget n3' });
  await expect(question.getByRole('button', { name: 'Keep it' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(question).toHaveCount(0);
  await expect(forget).toBeFocused();
  await forget.click();
  await question.getByRole('button', { name: 'Forget the node' }).click();
  await expect(question).toHaveCount(0);
  await expect(row).toHaveCount(0);
  const done = page.getByRole('status', { name: 'Done' });
  await expect(done).toContainText('n3 is no longer watched');
  await done.getByRole('link', { name: 'Show activity' }).click();
  await expect(page).toHaveURL(/\/activity/);
  await expect(done).not.toContainText('n3 is no longer watched');
});

test('a question that is refused stays open and says why', async ({ page, open }) => {
  await open('/settings', 'disk-full');
  await page.getByRole('button', { name: /^Forget orders/ }).click();
  const question = page.getByRole('dialog', { name: 'Forget orders' });
  await question.getByRole('button', { name: 'Forget orders' }).click();
  await expect(question.getByRole('alert')).toContainText('until there is space');
});

test('the tab is called after the page, and the rail marks it', async ({ page, open }) => {
  await open('/clusters/orders/exceptions', 'exceptions');
  await expect(page).toHaveTitle('Exceptions · orders · Tricorder');
  await expect(
    page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /^Conflicts/ }),
  ).toHaveAttribute('aria-current', /page|true/);
  await page.goto(new URL('/settings', page.url()).href);
  await expect(page).toHaveTitle('Settings · Tricorder');
});
