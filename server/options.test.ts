import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Options, readOptions } from './options.ts';
import { StartError } from './start-error.ts';

const read = (args: string[], env: NodeJS.ProcessEnv = {}) => readOptions(args, env) as Options;

it('has defaults', () => {
  expect(read([])).toEqual({
    port: 4310,
    host: '127.0.0.1',
    dataDir: join(homedir(), '.local/share/tricorder'),
    allowedHosts: new Set(),
    tls: null,
    token: null,
  });
  expect(read([], { XDG_DATA_HOME: '/data' }).dataDir).toBe('/data/tricorder');
  expect(read([], { XDG_DATA_HOME: 'relative' }).dataDir).toBe(join(homedir(), '.local/share/tricorder'));
});

it('takes the command line before the environment', () => {
  const env = { PORT: '1', TRICORDER_DATA_DIR: '/from-env', TRICORDER_TOKEN: 'a-long-token' };
  expect(read([], env)).toMatchObject({ port: 1, dataDir: '/from-env', token: 'a-long-token' });
  expect(read(['--port', '2', '--data-dir', '~/x'], env)).toMatchObject({
    port: 2,
    dataDir: join(homedir(), 'x'),
  });
  expect(read([], { PORT: '', TRICORDER_DATA_DIR: '', TRICORDER_TOKEN: '' })).toMatchObject({
    port: 4310,
    token: null,
  });
});

it('opens to other machines only with TLS or when told to', () => {
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'db1']) {
    expect(() => read(['--host', host])).toThrow(/lets other machines in/);
    expect(read(['--host', host, '--insecure-listen']).allowedHosts.size).toBe(1);
  }
  for (const host of ['localhost', '::1', '[::1]']) expect(read(['--host', host]).allowedHosts.size).toBe(0);
  const dir = mkdtempSync(join(tmpdir(), 'tricorder-options-'));
  writeFileSync(join(dir, 'c'), 'cert');
  const tls = ['--tls-cert', join(dir, 'c'), '--tls-key', join(dir, 'c')];
  expect(read(['--host', '0.0.0.0', ...tls]).tls?.cert.toString()).toBe('cert');
  expect(() => read(tls.slice(0, 2))).toThrow(/go together/);
  expect(() => read(['--tls-cert', '/nowhere', '--tls-key', '/nowhere'])).toThrow(
    /--tls-cert cannot be read/,
  );
  rmSync(dir, { recursive: true });
  expect([...read(['--allow-host', 'Console.Example', '--allow-host', 'b']).allowedHosts]).toEqual([
    'console.example',
    'b',
  ]);
});

it.each([
  [['--prot', '1'], {}, /Unknown option '--prot'/],
  [['extra'], {}, /extra/],
  [['--port'], {}, /--port/],
  [['--port', 'x'], {}, /--port is "x"/],
  [['--port', '70000'], {}, /--port is "70000"/],
  [[], { PORT: 'x' }, /PORT is "x"/],
  [[], { TRICORDER_TOKEN: 'short' }, /8 characters/],
  [[], { TRICORDER_TOKEN: 'with a space in it' }, /without spaces/],
] as [string[], NodeJS.ProcessEnv, RegExp][])('%j %j is one clear line', (args, env, message) => {
  expect(() => read(args, env)).toThrow(StartError);
  expect(() => read(args, env)).toThrow(message);
  try {
    read(args, env);
  } catch (error) {
    expect((error as Error).message).not.toContain('\n');
  }
});

it('answers --help and --version instead of a start', () => {
  expect(readOptions(['--help'], {})).toBe('help');
  expect(readOptions(['-h'], {})).toBe('help');
  expect(readOptions(['--version'], {})).toBe('version');
});
