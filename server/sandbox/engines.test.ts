import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findEngines } from './engines.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tricorder-engines-'));
  // The servers' account looks in here as well.
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const root = async () => folder;

/** A folder like a PostgreSQL installation's, whose postgres says this version. */
function install(version: string, spock: string | null): string {
  const bin = join(folder, 'pg', 'bin');
  mkdirSync(bin, { recursive: true });
  for (const program of ['postgres', 'initdb', 'pg_ctl']) {
    writeFileSync(join(bin, program), `#!/bin/sh\necho "${program} (PostgreSQL) ${version}"\n`, {
      mode: 0o755,
    });
  }
  const extension = join(folder, 'pg', 'share', 'postgresql', 'extension');
  mkdirSync(extension, { recursive: true });
  if (spock !== null) writeFileSync(join(extension, 'spock.control'), `default_version = '${spock}'\n`);
  return bin;
}

describe('TRICORDER_PG_BIN', () => {
  test('with Spock is what the sandbox runs on', async () => {
    const bin = install('17.4 (Debian 17.4-1)', '5.0.11');
    const search = await findEngines(root, bin);
    expect(search.engine).toMatchObject({ bin, serverVersion: '17.4', major: 17, spockVersion: '5.0.11' });
    expect(search.found[0]).toMatchObject({ state: 'usable', note: 'PostgreSQL 17.4 with Spock 5.0.11' });
  });

  test.each([
    ['no such folder', () => join(folder, 'nowhere'), 'There is no postgres in'],
    ['without Spock', () => install('17.4', null), 'PostgreSQL 17.4 without Spock'],
    ['too old', () => install('14.9', '3.1'), 'PostgreSQL 14.9 is too old'],
    [
      'of another kind of machine',
      () => {
        const bin = install('17.4', '5.0.11');
        writeFileSync(join(bin, 'postgres'), '#!/bin/sh\necho cannot execute >&2; exit 126\n');
        return bin;
      },
      'does not run',
    ],
  ])('%s: said, and nothing else is taken instead', async (_what, make, message) => {
    const search = await findEngines(root, make());
    expect(search.engine).toBeNull();
    expect(search.reason).toContain('TRICORDER_PG_BIN cannot be used');
    expect(search.reason).toContain(message);
    expect(search.reason).toContain('unset it to use the stand-in');
  });
});

describe('without TRICORDER_PG_BIN', () => {
  const path = process.env.PATH;
  afterEach(() => {
    process.env.PATH = path;
  });

  test('the PostgreSQL of pg_config on the PATH is taken, when it has Spock', async () => {
    const bin = install('16.3', '4.0.11');
    mkdirSync(join(folder, 'path'));
    writeFileSync(join(folder, 'path', 'pg_config'), `#!/bin/sh\necho ${bin}\n`, { mode: 0o755 });
    process.env.PATH = `${join(folder, 'path')}:${path}`;
    const search = await findEngines(root, undefined);
    expect(search.engine).toMatchObject({ bin, spockVersion: '4.0.11', from: 'pg_config on the PATH' });
  });

  test('one without Spock is named, and the stand-in is used', async () => {
    const bin = install('16.3', null);
    mkdirSync(join(folder, 'path'));
    writeFileSync(join(folder, 'path', 'pg_config'), `#!/bin/sh\necho ${bin}\n`, { mode: 0o755 });
    process.env.PATH = `${join(folder, 'path')}:${path}`;
    const search = await findEngines(root, '');
    const real = search.found.find((found) => found.what === 'Spock');
    // A machine that has a real Spock in one of the usual folders has that one.
    if (real?.state === 'usable') return expect(search.engine?.spockVersion).not.toBeNull();
    expect(search.found).toContainEqual(expect.objectContaining({ where: bin, state: 'unusable' }));
    expect(search.engine).toMatchObject({ major: 18, spockVersion: null });
  });

  test('binaries behind a link are found where they are', async () => {
    const bin = install('17.4', '5.0.11');
    symlinkSync(bin, join(folder, 'link'));
    expect((await findEngines(root, join(folder, 'link'))).engine?.bin).toBe(bin);
  });
});
