/** Each rule of .dependency-cruiser.mjs fires where it is broken, and only there. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeFiles, ROOT, runTool } from './made-files.ts';

/** Rule → file → text. A rule is named by the first file under it; the others are what that one imports. */
const broken: Record<string, Record<string, string>> = {
  'core-is-pure': { 'core/model/disk.ts': "import 'node:fs';" },
  'server-knows-no-page': { 'server/http/draws.ts': "import 'react';" },
  'src-knows-no-backend': {
    'src/lib/asks.ts': "import '#server/http/asked.ts';",
    'server/http/asked.ts': '',
  },
  'src-knows-no-node': { 'src/lib/disk.ts': "import 'node:fs';" },
  'mocks-answer-the-contract': {
    'mocks/world/copies.ts': "import '#server/run/copied.ts';",
    'server/run/copied.ts': '',
  },
  'mocks-run-in-a-browser': { 'mocks/world/disk.ts': "import 'node:fs';" },
  'test-gear-in-tests': {
    'server/run/trusting.ts': "import '#core/testing/gear.ts';",
    'core/testing/gear.ts': '',
  },
  'tests-are-not-imported': {
    'core/run/one.test.ts': "import './other.test.ts';",
    'core/run/other.test.ts': '',
  },
  'shipped-needs-no-dev-package': { 'server/http/dev.ts': "import 'vitest';" },
  declared: { 'server/http/undeclared.ts': "import 'acorn';" },
  found: { 'server/http/nowhere.ts': "import './not-there.ts';" },
  'features-stand-apart': {
    'src/features/lag/reaches.ts': "import '#src/features/nodes/deep/reached.ts';",
    'src/features/nodes/deep/reached.ts': "import '#src/features/nodes/own.ts';",
    'src/features/nodes/own.ts': '',
  },
  'ui-only-draws': { 'src/ui/leads.ts': "import 'react-router';" },
  'orpc-in-api': { 'src/parts/calls.ts': "import '@orpc/client';" },
  'styles-in-one-place': {
    'src/features/lag/styled.ts': "import './own.css';",
    'src/features/lag/own.css': '',
  },
  'no-circle': {
    'core/lag/one.ts': "import type { B } from './other.ts';\nexport type A = B | 1;",
    'core/lag/other.ts': "import type { A } from './one.ts';\nexport type B = A | 2;",
  },
  'no-circle-of-values': {
    'mocks/world/one.ts': "import { b } from './other.ts';\nexport const a = () => b;",
    'mocks/world/other.ts': "import { a } from './one.ts';\nexport const b = () => a;",
  },
};

/** A file on each floor, from the ground up. */
const floors: Record<string, Record<string, string>> = {
  core: {
    words: 'model/x.ts',
    contract: 'contract/x.ts',
    lag: 'lag/x.ts',
    engine: 'engines/x.ts',
    snapshot: 'snapshot/x.ts',
    advice: 'advice/x.ts',
    rows: 'rows/x.ts',
    engines: 'engines/spock/x.ts',
    plan: 'plan/servers/x.ts',
    run: 'run/x.ts',
    activity: 'activity/x.ts',
  },
  server: {
    ground: 'log.ts',
    postgres: 'postgres/x.ts',
    store: 'store/x.ts',
    sandbox: 'sandbox/x.ts',
    observe: 'observe/x.ts',
    steps: 'run/sessions.ts',
    rows: 'rows/x.ts',
    run: 'run/x.ts',
    http: 'http/x.ts',
    console: 'console.ts',
  },
  src: {
    lib: 'lib/x.ts',
    api: 'api/x.ts',
    ui: 'ui/x.ts',
    parts: 'parts/x.ts',
    features: 'features/lag/x.ts',
    shell: 'shell/x.ts',
    routes: 'routes.ts',
  },
};

const files: Record<string, string> = Object.assign({}, ...Object.values(broken));
const expected = Object.entries(broken).map(([rule, made]) => `${rule}: ${Object.keys(made)[0]}`);
for (const [room, byName] of Object.entries(floors)) {
  const paths = Object.entries(byName);
  paths.forEach(([name, path], index) => {
    const above = paths[index + 1]?.[1];
    files[`${room}/${path}`] = above === undefined ? '' : `import '#${room}/${above}';`;
    if (above !== undefined) expected.push(`${room}-floor-${name}: ${room}/${path}`);
  });
  // A folder that nobody gave a floor.
  files[`${room}/${paths[0]?.[1]}`] += `\nimport '#${room}/attic/x.ts';`;
  files[`${room}/attic/x.ts`] = '';
  expected.push(`${room}-floor: ${room}/${paths[0]?.[1]}`);
}
// Where one import breaks several rules, those are right too.
expected.push(
  'core-floor-words: core/model/x.ts',
  'server-floor-ground: server/log.ts',
  'src-floor-lib: src/lib/x.ts',
);

const folder = makeFiles({
  ...files,
  'package.json': JSON.stringify({
    type: 'module',
    imports: Object.fromEntries(
      ['core', 'server', 'src', 'mocks'].map((room) => [`#${room}/*`, `./${room}/*`]),
    ),
    dependencies: { react: '*', 'react-router': '*', '@orpc/client': '*', zod: '*' },
    devDependencies: { vitest: '*' },
  }),
  'tsconfig.json': '{ "extends": "../../../tsconfig.base.json" }',
  'src/lib/heavy.ts': "import '#core/model/schema.ts';",
  'src/lib/light.ts': "import type { A } from '#core/model/schema.ts';\nexport type B = A;",
  'core/model/schema.ts': "import { z } from 'zod';\nexport type A = number;\nexport const a = z.number();",
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Report {
  summary: { violations: { from: string; rule: { name: string } }[] };
}

function violations(config: string, rooms: string[]): string[] {
  const json = runTool('depcruise', ['--config', join(ROOT, config), '-T', 'json', ...rooms], folder);
  const found = (JSON.parse(json) as Report).summary.violations;
  return [...new Set(found.map(({ rule, from }) => `${rule.name}: ${from}`))].sort();
}

it('fires each rule of rooms, floors, features, test gear and circles where it is broken', () => {
  const found = violations('.dependency-cruiser.mjs', ['core', 'server', 'src', 'mocks']);
  for (const violation of expected) expect(found).toContain(violation);
});

it('lets the page take types of core, and no schema', () => {
  expect(violations('.dependency-cruiser.bundle.mjs', ['src/lib'])).toEqual([
    'src-without-zod: src/lib/heavy.ts',
  ]);
});
