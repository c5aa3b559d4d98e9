/** A running cluster is connected by one address; the nodes that it names are offered, and connected to by a click. */
import { expect } from '@playwright/test';
import { test } from './mock-page.ts';

test('one address, then each other node when it is said so, with its fault at its field', {
  tag: '@page:clusters',
}, async ({ page, open }) => {
  await open('/clusters', 'empty');
  const address = page.getByRole('textbox', { name: 'Address of a node' });
  await address.fill('postgres://watch:hush-4411@n1.example:5432/shop');
  await expect(page.getByText(/Without sslmode=verify-full another server may take its place/)).toBeVisible();
  await address.fill('postgres://watch:hush-4411@n1.example:5432/shop?sslmode=verify-full');
  await expect(page.getByText(/another server may take its place/)).toHaveCount(0);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();

  const found = page.getByRole('region', { name: 'Nodes found in shop' });
  await expect(found.getByText('not connected to yet')).toHaveCount(2);
  expect(await page.content()).not.toContain('hush-4411');
  await found.getByRole('button', { name: 'Watch n2' }).click();
  await expect(found.getByRole('button', { name: 'Watch n2' })).toHaveCount(0);

  await found
    .getByRole('textbox', { name: 'Address of n3' })
    .fill('postgres://watch:p@authentication.example/shop');
  await found.getByRole('button', { name: 'Watch n3' }).click();
  await expect(found.getByText(/asks for GSSAPI \(Kerberos\) authentication/)).toBeVisible();
  await found.getByRole('textbox', { name: 'Address of n3' }).fill('postgres://watch:p@n3.example/shop');
  await found.getByRole('button', { name: 'Watch n3' }).click();
  await expect(page.getByRole('region', { name: 'Nodes found in shop' })).toContainText(
    'All nodes of shop are watched',
  );
});
