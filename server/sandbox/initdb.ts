/** Data folders: one initdb, then copies of it. Measured quicker than one initdb a server (bench/sandbox.mjs). */
import { execFile, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { cp, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Account, asAccount, giveTo } from './account.ts';
import type { PgEngine } from './engines.ts';
import { killAllIn } from './processes.ts';
import { SANDBOX_USER } from './settings.ts';

const run = promisify(execFile);

export interface InitOptions {
  engine: PgEngine;
  account: Account | null;
  /** The sandbox's folder, the account's own. */
  folder: string;
  nodes: string[];
  password: string;
  /** Kills a running initdb. */
  signal?: AbortSignal;
}

export const initdbArguments = (target: string, passwordFile: string): string[] => [
  ...['-D', target, '-U', SANDBOX_USER, '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
  ...['-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'],
];

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * Makes the nodes' data folders that are not there yet: `FOLDER/n1`, … A folder appears under its name only when it is
 * whole, so this can be interrupted at any moment and done again. Throws with initdb's own words.
 */
export async function initialise(options: InitOptions): Promise<void> {
  const { folder, account, nodes } = options;
  const missing: string[] = [];
  for (const node of nodes) if (!(await isThere(join(folder, node)))) missing.push(node);
  if (missing.length === 0) return;
  const work = join(folder, 'new');
  // An initdb that a killed console has left may still write there.
  await killAllIn(work);
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { mode: 0o700 });
  await giveTo(account, work);
  const template = join(work, 'template');
  await initdb(options, template, join(work, 'password'));
  const [first, ...others] = missing as [string, ...string[]];
  await Promise.all(others.map((node) => copyFolder(template, join(work, node), account)));
  for (const node of others) await rename(join(work, node), join(folder, node));
  await rename(template, join(folder, first));
  await rm(work, { recursive: true, force: true });
}

async function initdb(options: InitOptions, target: string, passwordFile: string): Promise<void> {
  await writeFile(passwordFile, `${options.password}\n`, { mode: 0o600 });
  await giveTo(options.account, passwordFile);
  await new Promise<void>((resolve, reject) => {
    const child = spawn(join(options.engine.bin, 'initdb'), initdbArguments(target, passwordFile), {
      ...asAccount(options.account),
      cwd: options.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      signal: options.signal,
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        said = (said + chunk).slice(-4000);
      });
    }
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`initdb failed: ${said.trim().split('\n').slice(-3).join(' ')}`));
    });
  });
  await rm(passwordFile, { force: true });
}

/** By the system's cp, as the account: it owns what it copies. Falls back to node's where there is no cp. */
export async function copyFolder(from: string, to: string, account: Account | null): Promise<void> {
  const clone =
    process.platform === 'linux' ? ['--reflink=auto'] : process.platform === 'darwin' ? ['-c'] : [];
  try {
    await run('cp', ['-R', '-p', ...clone, from, to], { ...asAccount(account), cwd: '/' });
  } catch {
    await rm(to, { recursive: true, force: true });
    if (account === null) {
      await cp(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE, preserveTimestamps: true });
    } else {
      await run('cp', ['-R', '-p', from, to], { ...asAccount(account), cwd: '/' });
    }
  }
}
