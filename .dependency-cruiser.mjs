/**
 * The walls between the rooms (core, server, src, mocks), and the floors inside them: a file imports from its own floor and from
 * those below it. Each rule is proven by a fixture in tests/walls. Imports of types count as imports; what only matters in a
 * bundle stands in .dependency-cruiser.bundle.mjs.
 */

/** Tests and their gear, which may import what they like. */
const TEST = String.raw`\.(test|spec|bench|trial|setup)\.tsx?$|(^|/)testing/|^(tests|e2e|bench|scripts)/|^[^/]+\.config\.ts$`;

/** The start of an installed package's path. */
const PACKAGE = '(^|/)node_modules/';

/**
 * One rule for each floor but the highest: what stands on it imports nothing from above. A file belongs to the first floor
 * that has its path; one that no floor has is held by nothing, which the rule `room-floor` says.
 *
 * @param {string} room the folder
 * @param {[name: string, ...paths: string[]][]} floors from the ground up; paths are regular expressions below the folder
 */
function floors(room, floors) {
  const below = floors.map(([name, ...paths], index) => ({
    name: `${room}-floor-${name}`,
    path: `^${room}/(${paths.join('|')})`,
    // Of a floor below: this one begins where those end.
    taken: floors.slice(0, index).flatMap(([, ...lower]) => lower),
  }));
  const notTaken = (taken) => (taken.length === 0 ? [TEST] : [TEST, `^${room}/(${taken.join('|')})`]);
  const all = floors.flatMap(([, ...paths]) => paths);
  return [
    ...below.slice(0, -1).map(({ name, path, taken }, index) => ({
      name,
      comment: `A floor of ${room} imports nothing from a higher one: ${floors.map(([floor]) => floor).join(' < ')}.`,
      severity: 'error',
      from: { path, pathNot: notTaken(taken) },
      to: {
        path: `^${room}/`,
        pathNot: `^${room}/(${floors
          .slice(0, index + 1)
          .flatMap(([, ...own]) => own)
          .join('|')})`,
      },
    })),
    {
      name: `${room}-floor`,
      comment: `Every folder of ${room} has a floor: name it in .dependency-cruiser.mjs.`,
      severity: 'error',
      from: {},
      to: { path: `^${room}/`, pathNot: [`^${room}/(${all.join('|')})`, TEST] },
    },
  ];
}

const room = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const rooms = [
  room(
    'core-is-pure',
    'core imports zod, @orpc/contract and itself: no I/O, no room above it.',
    { path: '^core/', pathNot: TEST },
    { pathNot: ['^core/', `${PACKAGE}(zod|@orpc/contract)/`] },
  ),
  room(
    'server-knows-no-page',
    'The backend imports core and itself.',
    { path: '^server/', pathNot: TEST },
    { path: ['^(src|mocks)/', `${PACKAGE}(react|react-dom|react-router|@tanstack|msw)/`] },
  ),
  room(
    'src-knows-no-backend',
    'The page talks to the backend through src/api, and runs in a browser.',
    { path: '^src/', pathNot: TEST },
    {
      path: [
        '^(server|mocks)/',
        '^node:',
        `${PACKAGE}(pg|libsql|hono|@hono|@orpc/(server|zod|openapi)|@types/node)/`,
      ],
    },
  ),
  room(
    'src-knows-no-node',
    'The page runs in a browser.',
    { path: '^src/', pathNot: TEST },
    { dependencyTypes: ['core'] },
  ),
  room(
    'mocks-answer-the-contract',
    'The mock world knows neither backend nor page; mocks/page.ts alone starts the page with it.',
    { path: '^mocks/', pathNot: ['^mocks/page\\.ts$', TEST] },
    { path: ['^(server|src)/', `${PACKAGE}(pg|libsql|react|react-dom|react-router)/`] },
  ),
  room(
    'mocks-run-in-a-browser',
    'Only what serves the mock world over HTTP runs in Node.',
    { path: '^mocks/', pathNot: ['^mocks/serve/', TEST] },
    { dependencyTypes: ['core'] },
  ),
  room(
    'test-gear-in-tests',
    'Nothing that is shipped imports tests or their gear.',
    { path: '^(core|server|src|mocks)/', pathNot: TEST },
    { path: TEST, pathNot: PACKAGE },
  ),
  room(
    'tests-are-not-imported',
    'What two tests need stands in a file of its own.',
    {},
    { path: String.raw`\.(test|spec|bench|trial)\.tsx?$`, pathNot: PACKAGE },
  ),
  room(
    'shipped-needs-no-dev-package',
    'The built backend finds only `dependencies` installed.',
    { path: '^server/', pathNot: TEST },
    { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
  ),
  room(
    'declared',
    'Each package is named in package.json.',
    {},
    { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  ),
  room('found', 'Each import leads somewhere.', {}, { couldNotResolve: true }),
];

const page = [
  room(
    'features-stand-apart',
    'Features do not import each other: what two need stands in src/parts, src/lib or src/ui.',
    { path: '^src/features/([^/]+)/' },
    { path: '^src/features/', pathNot: '^src/features/$1/' },
  ),
  room(
    'ui-only-draws',
    'ui knows neither router nor query: what does stands in src/parts.',
    { path: '^src/ui/', pathNot: TEST },
    { path: `${PACKAGE}(react-router|@tanstack/react-query|@orpc)/` },
  ),
  room(
    'orpc-in-api',
    'How the backend is called is known to src/api alone.',
    { path: '^src/', pathNot: ['^src/api/', TEST] },
    { path: `${PACKAGE}@orpc/` },
  ),
  room(
    'styles-in-one-place',
    'main.tsx imports the styles, so that their order is that of src/styles/index.css.',
    { path: '^src/', pathNot: '^src/main\\.tsx$' },
    { path: '\\.css$' },
  ),
];

const circles = [
  room(
    'no-circle',
    'Nothing imports itself over a detour, types included.',
    { pathNot: '^mocks/world/' },
    { circular: true },
  ),
  room(
    'no-circle-of-values',
    'Each part of the mock world may name the type of the whole, and no more.',
    { path: '^mocks/world/' },
    { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  ),
];

export default {
  forbidden: [
    ...rooms,
    ...page,
    ...circles,
    ...floors('core', [
      ['words', 'dsn/', 'model/'],
      ['contract', 'feed/', 'contract/'],
      ['lag', 'lag/'],
      ['engine', 'engines/(?!(registry|words|watching)\\.ts$)[^/]+\\.ts$'],
      ['snapshot', 'snapshot/'],
      ['advice', 'advice/'],
      ['rows', 'rows/'],
      ['engines', 'engines/'],
      ['plan', 'plan/'],
      ['run', 'run/'],
      ['activity', 'activity/'],
    ]),
    ...floors('server', [
      ['ground', '(log|start-error|project-root)\\.ts$'],
      ['postgres', 'postgres/'],
      ['store', 'store/'],
      ['sandbox', 'sandbox/'],
      ['observe', 'observe/'],
      ['steps', 'run/(held-up|sessions|step-context|step-failure)\\.ts$'],
      ['rows', 'rows/'],
      ['run', 'run/'],
      ['http', 'services\\.ts$', 'http/'],
      ['console', '[^/]+\\.ts$'],
    ]),
    ...floors('src', [
      ['lib', 'lib/'],
      ['api', 'api/'],
      ['ui', 'ui/'],
      ['parts', 'parts/'],
      ['features', 'features/'],
      // The table of pages names each page's file, and the frame is drawn from it.
      ['shell', 'pages\\.ts$', 'shell/'],
      ['routes', '[^/]+\\.tsx?$', 'styles/'],
    ]),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(build|fixtures)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
    },
  },
};
