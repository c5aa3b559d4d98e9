import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Account, closedAt, ownerOf, serverAccount, serversRoot } from './account.ts';

const asRoot = process.getuid?.() === 0;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tricorder-account-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('root runs servers as an account without rights, others as themselves', async () => {
  const account = await serverAccount();
  if (asRoot) expect(account?.uid).toBeGreaterThan(0);
  else expect(account).toBeNull();
});

test('an ordinary user has his servers in the data dir', async () => {
  expect(await serversRoot(folder, null)).toBe(join(folder, 'sandboxes'));
  expect(await closedAt(null, '/root')).toBeNull();
});

test.runIf(asRoot)('the servers of a sandbox go on as the account that its folder was given to', async () => {
  expect(await ownerOf(join(folder, 'nowhere'))).toBeNull();
  expect(await ownerOf(folder)).toBeNull();
  chownSync(folder, 1234, 2345);
  expect(await ownerOf(folder)).toEqual({ name: '1234', uid: 1234, gid: 2345 });
});

describe('for an account of its own', () => {
  const account: Account = { name: 'nobody', uid: 65_534, gid: 65_534 };

  test('a closed data dir is opened for passing through, and its files are closed', async () => {
    writeFileSync(join(folder, 'tricorder.db'), '', { mode: 0o644 });
    chmodSync(folder, 0o700);
    expect(await closedAt(account, folder)).toBe(folder);
    expect(await serversRoot(folder, account)).toBe(join(folder, 'sandboxes'));
    expect(statSync(folder).mode & 0o777).toBe(0o711);
    expect(statSync(join(folder, 'tricorder.db')).mode & 0o777).toBe(0o600);
    expect(await closedAt(account, join(folder, 'sandboxes'))).toBeNull();
  });

  test.runIf(asRoot)('a data dir under a closed folder has its servers elsewhere', async () => {
    const dataDir = join(folder, 'home', 'data');
    mkdirSync(dataDir, { recursive: true });
    chmodSync(join(folder, 'home'), 0o700);
    chmodSync(folder, 0o755);
    const root = await serversRoot(dataDir, account);
    expect(root).toMatch(/^\/var\/lib\/tricorder\/[0-9a-f]{12}$/);
    expect(await closedAt(account, root)).toBeNull();
    expect(statSync(join(folder, 'home')).mode & 0o777).toBe(0o700);
    rmSync(root, { recursive: true });
  });
});
