import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '#server/log.ts';
import { StartError } from '#server/start-error.ts';
import { narrowDataDir } from './data-dir.ts';
import { openDatabase } from './database.ts';

const asRoot = process.getuid?.() === 0;
let base: string;
let dir: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'tricorder-data-dir-'));
  dir = join(base, 'data');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8).padStart(4, '0');
function folder(path: string, mode: number): string {
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
  return path;
}

describe('a data dir', () => {
  it('that is its owner’s alone is left as it is, and nothing is said', () => {
    folder(dir, 0o700);
    expect(narrowDataDir(dir)).toEqual([]);
    expect(modeOf(dir)).toBe('0700');
  });

  it.each([0o755, 0o777, 0o750, 0o711, 0o2775])(
    'of mode %i is narrowed, with its files, and that is said',
    (mode) => {
      folder(dir, mode);
      for (const name of ['tricorder.db', 'tricorder.db-wal', 'seal.key', 'console.lock', 'console.pid']) {
        writeFileSync(join(dir, name), '');
        chmodSync(join(dir, name), 0o644);
      }
      const said = narrowDataDir(dir);
      expect(modeOf(dir)).toMatch(/0700$/);
      for (const name of ['tricorder.db', 'tricorder.db-wal', 'seal.key', 'console.lock', 'console.pid'])
        expect(modeOf(join(dir, name)), name).toBe('0600');
      expect(said).toHaveLength(2);
      expect(said[0]).toMatch(/was open to other accounts \(mode \d+\) and is 0700 now/);
      expect(said[1]).toMatch(/tricorder\.db \(0644\), tricorder\.db-wal \(0644\)/);
      expect(narrowDataDir(dir)).toEqual([]);
    },
  );

  it('is narrowed when it is opened, which is one line in the log', () => {
    folder(dir, 0o755);
    const lines: string[] = [];
    openDatabase(
      dir,
      createLog((line) => lines.push(line)),
    ).close();
    expect(lines).toEqual([expect.stringMatching(/ warn The data dir .* is 0700 now\.$/)]);
    expect(modeOf(dir)).toBe('0700');
  });

  it.runIf(asRoot)('stays open for passing where sandboxes below it run under another account', () => {
    folder(dir, 0o755);
    folder(join(dir, 'sandboxes'), 0o711);
    const manifest = (where: string) =>
      writeFileSync(
        join(dir, 'sandboxes', 'demo.json'),
        `${JSON.stringify({ name: 'demo', folder: where }, null, 2)}\n`,
      );
    manifest(join(dir, 'sandboxes', 'demo-1a2b3c'));
    narrowDataDir(dir);
    expect(modeOf(dir)).toBe('0711');
    // They stand elsewhere: nobody has to pass.
    manifest('/var/lib/tricorder/0123456789ab/demo-1a2b3c');
    narrowDataDir(dir);
    expect(modeOf(dir)).toBe('0700');
  });

  it.runIf(asRoot)('of another account is said to be that account’s', () => {
    folder(dir, 0o700);
    chownSync(dir, 65_534, 65_534);
    expect(narrowDataDir(dir)).toEqual([expect.stringMatching(/belongs to account 65534/)]);
  });
});

describe('a folder that others need', () => {
  const refused = (pattern: RegExp) => {
    const before = modeOf(dir);
    expect(() => openDatabase(dir)).toThrow(StartError);
    expect(() => openDatabase(dir)).toThrow(pattern);
    expect(modeOf(dir)).toBe(before);
  };

  it('is not closed to them: one for all, as /tmp is', () => {
    folder(dir, 0o1777);
    refused(/cannot be closed to them: it is a folder for all \(sticky\)/);
  });

  it('is not closed to them: one that holds other things', () => {
    folder(dir, 0o755);
    folder(join(dir, 'bin'), 0o755);
    refused(/it holds other things \(bin\)/);
    // One that was a data dir before is one, whatever was put there since.
    writeFileSync(join(dir, 'tricorder.db'), '');
    openDatabase(dir).close();
    expect(modeOf(dir)).toBe('0700');
  });

  it('is taken where only files of the same account stand there: a log', () => {
    folder(dir, 0o755);
    writeFileSync(join(dir, 'console.log'), 'started\n');
    openDatabase(dir).close();
    expect(modeOf(dir)).toBe('0700');
  });

  it.runIf(asRoot)('is not closed to them: one in which another account has files', () => {
    folder(dir, 0o755);
    writeFileSync(join(dir, 'theirs'), '');
    chownSync(join(dir, 'theirs'), 65_534, 65_534);
    refused(/it holds theirs, of another account/);
  });
});
