/** The page of the role that can only watch: its statements follow the version and the name that the reader gives. */
import { expect } from '@playwright/test';
import { test } from './mock-page.ts';

test('the statements follow version and name, which the address keeps', {
  tag: '@page:watchingRole',
}, async ({ page, open }) => {
  await open('/watching-role');
  const read = page.getByRole('figure', { name: 'Statements: Let it read the catalogs' });
  await expect(read).toContainText('spock.get_apply_worker_status()');
  await page.getByText('Spock 4.0', { exact: true }).click();
  await expect(read).not.toContainText('get_apply_worker_status');
  await expect(page).toHaveURL(/spock=4\.0/);
  await page.getByRole('textbox', { name: 'Name of the role' }).fill('onlooker');
  await expect(read).toContainText('TO "onlooker"');
  const back = page.getByRole('region', { name: 'Undoing it' });
  await expect(back).toContainText('The last statement restores Spock’s default');
  await expect(back.getByRole('figure')).not.toContainText('pause_apply_workers');
});

test('a name that is none is said at its field, and the statements keep a usable one', {
  tag: ['@page:watchingRole', '@wrong'],
}, async ({ page, open }) => {
  await open('/watching-role');
  await page.getByRole('textbox', { name: 'Name of the role' }).fill('');
  await expect(page.getByText('A role has a name.')).toBeVisible();
  const made = page.getByRole('figure', { name: 'Statements: Create the role' });
  await expect(made).toContainText('CREATE ROLE tricorder_watch LOGIN');
  const follows = page.getByRole('region', { name: 'Next' });
  await expect(follows).toContainText(
    'an application that runs spock.replicate_ddl(), columns that default to',
  );
  await expect(follows).toContainText(
    'ALTER EXTENSION spock UPDATE adds functions that everybody can run: repeat step 3.',
  );
});
