/** A small house beside this file, with the project's packages and configurations, for tools to find fault with. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const WALLS = dirname(fileURLToPath(import.meta.url));
export const ROOT = dirname(dirname(WALLS));

/** Writes files by their paths into a new folder, whose path it returns. Whoever calls removes it. */
export function makeFiles(files: Record<string, string>): string {
  const folder = mkdtempSync(join(WALLS, 'made-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${text}\n`);
  }
  return folder;
}

/** Runs an installed tool in a folder; what it prints, whatever its exit code. */
export function runTool(name: string, args: string[], folder: string): string {
  const { stdout, stderr, error } = spawnSync(join(ROOT, 'node_modules/.bin', name), args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
  });
  if (error) throw error;
  return stdout + stderr;
}
