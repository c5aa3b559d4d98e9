import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { killAllIn, postmasterOf, processesIn, signal } from './processes.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'tricorder-processes-')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a program that merely reads in the folder is neither counted nor killed', async () => {
  const file = join(folder, 'postgresql.conf');
  writeFileSync(file, '');
  const tail = spawn('tail', ['-f', file], { cwd: folder, stdio: 'ignore' });
  await new Promise((resolve) => tail.once('spawn', resolve));
  expect(await processesIn(folder)).toEqual([]);
  expect(await killAllIn(folder)).toBe(0);
  expect(tail.exitCode).toBeNull();
  expect(signal(tail.pid ?? 0, 'SIGKILL')).toBe(true);
});

test('a postmaster.pid whose number another process has by now names no server', async () => {
  const data = join(folder, 'n1');
  mkdirSync(data);
  expect(await postmasterOf(data)).toBeNull();
  writeFileSync(
    join(data, 'postmaster.pid'),
    `${process.pid}\n${data}\n0\n5501\n\n127.0.0.1\n0 0\nready   \n`,
  );
  expect(await postmasterOf(data)).toBeNull();
  writeFileSync(join(data, 'postmaster.pid'), 'nonsense');
  expect(await postmasterOf(data)).toBeNull();
});
