/** For tests: where `makeDataFolders` keeps what the test files of one run share. Gone with the run, however that ends. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KEPT_FOLDERS } from './data-folders.ts';
import { guardFolder } from './server-guard.ts';

export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'tricorder-initdb-'));
  // The account that runs the servers passes through.
  chmodSync(folder, 0o711);
  const unguard = guardFolder(folder);
  process.env[KEPT_FOLDERS] = folder;
  return () => {
    rmSync(folder, { recursive: true, force: true });
    unguard();
  };
}
