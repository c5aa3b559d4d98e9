/** What a room's tsconfig does not know is an error there, a promise that nobody waits for is one everywhere. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFiles, ROOT, runTool } from './made-files.ts';

const biome: object = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8'));

const folder = makeFiles({
  ...Object.fromEntries(
    Object.entries({
      core: 'export const home = process.env.HOME;\nexport const title = document.title;',
      server: 'export const title = document.title;',
      src: 'export const home = process.env.HOME;',
      mocks: 'export const home = process.env.HOME;',
    }).flatMap(([room, text]) => [
      [`${room}/x.ts`, text],
      [
        `${room}/tsconfig.json`,
        JSON.stringify({
          extends: `../../../../${room}/tsconfig.json`,
          compilerOptions: { incremental: false, tsBuildInfoFile: null },
          include: ['x.ts', ...(room === 'core' ? ['../../../../core/everywhere.d.ts'] : [])],
          exclude: [],
        }),
      ],
    ]),
  ),
  'promises/tsconfig.json': JSON.stringify({ extends: '../../../../tsconfig.base.json', include: ['x.ts'] }),
  'promises/x.ts': [
    "import { useNavigate } from 'react-router';",
    'export async function work(): Promise<boolean> { return true; }',
    'work();',
    'if (work()) work;',
    '[1].forEach(async () => { await work(); });',
    "export function Lead() { useNavigate()('/'); }",
  ].join('\n'),
  'biome.json': JSON.stringify({ ...biome, vcs: { enabled: false } }),
  'styled/up.ts': "import '../server/parts.ts';",
  'styled/says.ts': "console.log('here');",
  'styled/twice.css': 'a {\n  color: red;\n  color: blue;\n}',
  'package.json': JSON.stringify({ type: 'module' }),
  'server/main.ts': "import { used } from './parts.ts';\nused();",
  'server/parts.ts': 'export const used = () => 1;\nexport const unused = () => 2;',
  'server/nobody.ts': 'export const alone = 1;',
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a room knows no more than it has', () => {
  it.each([
    ['core', ['process', 'document']],
    ['server', ['document']],
    ['src', ['process']],
    ['mocks', ['process']],
  ])('%s', (room, names) => {
    const found = runTool('../../node_modules/typescript-native/bin/tsc', ['--noEmit', '-p', room], folder);
    for (const name of names) expect(found).toMatch(new RegExp(`${room}/x\\.ts.*Cannot find name '${name}'`));
    expect(found.match(/error TS/g)).toHaveLength(names.length);
  });
});

it('refuses promises that nobody waits for, also those of packages', () => {
  const found = runTool(
    'oxlint',
    ['--type-aware', '--no-ignore', '-c', join(ROOT, '.oxlintrc.json'), '-f', 'unix', 'promises/x.ts'],
    folder,
  );
  const lines = [...found.matchAll(/x\.ts:(\d+):.*\((no-\w+-promises)\)/g)].map(
    ([, line, rule]) => `${line} ${rule}`,
  );
  expect(lines.sort()).toEqual([
    '3 no-floating-promises',
    '4 no-misused-promises',
    '5 no-misused-promises',
    '6 no-floating-promises',
  ]);
});

it('finds files and exports that nobody uses', () => {
  const found = runTool(
    'knip',
    ['-c', join(ROOT, 'knip.json'), '--no-progress', '--reporter', 'compact'],
    folder,
  );
  expect(found).toContain('server/nobody.ts');
  expect(found).toMatch(/server\/parts\.ts: unused/);
});

it('refuses a way up out of a folder, the console, and a style that is said twice', () => {
  const found = runTool('biome', ['lint', '--max-diagnostics=100', 'styled'], folder);
  expect(found).toMatch(/up\.ts:1:8 lint\/style\/noRestrictedImports/);
  expect(found).toMatch(/says\.ts:1:1 lint\/suspicious\/noConsole/);
  expect(found).toMatch(/twice\.css:3:3 lint\/suspicious\/noDuplicateProperties/);
});
