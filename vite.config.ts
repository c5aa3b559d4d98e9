import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** No real build ships the mock world: neither its service worker, which stands in public/, nor a module of it. */
const withoutMocks = (): Plugin => {
  let folder = '';
  return {
    name: 'without-mocks',
    apply: 'build',
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    generateBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
      const mock = modules.find((id) => /\/mocks\/|\/node_modules\/(msw|@mswjs)\//.test(id));
      if (mock !== undefined) this.error(`A real build must not hold ${mock}.`);
    },
    closeBundle() {
      rmSync(join(folder, 'mockServiceWorker.js'), { force: true });
    },
  };
};

/** The mock world starts the page, so the page itself knows nothing of it. */
const startedByMocks = (): Plugin => ({
  name: 'started-by-mocks',
  transformIndexHtml: { order: 'pre', handler: (html) => html.replace('/src/main.tsx', '/mocks/page.ts') },
});

/**
 * react-router's package gives its development build to all who ask by name; the one for production lies beside it, without the
 * warnings to developers, and is 2 kB lighter.
 */
const ROUTER_FOR_BROWSERS = [
  { find: /^react-router$/, replacement: resolve('node_modules/react-router/dist/production/index.mjs') },
  {
    find: /^react-router\/dom$/,
    replacement: resolve('node_modules/react-router/dist/production/dom-export.mjs'),
  },
];

/** The page. `--mode mocks` answers the API from mocks/world in the browser, so no server is needed. */
export default defineConfig(({ mode, command }) => ({
  resolve: { alias: command === 'build' ? ROUTER_FOR_BROWSERS : [] },
  plugins: [react(), tailwindcss(), mode === 'mocks' ? startedByMocks() : withoutMocks()],
  build: {
    outDir: mode === 'mocks' ? 'build/mocks' : 'build/page',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    // Every browser that knows light-dark() knows modulepreload.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // No getter of what is shipped does anything, and every global is there: 2 kB less.
      treeshake: { propertyReadSideEffects: false, unknownGlobalSideEffects: false },
      output: {
        // What most pages share comes in one chunk: twenty small ones weigh 5 kB more, and are twenty requests.
        codeSplitting: {
          groups: [
            // Pages where addresses are typed need it, the others do not.
            { name: 'dsn', test: /\/core\/dsn\//, priority: 2 },
            // What charts, sorting and overlays have in common: with one of them it would bring that one to the others.
            { name: 'external-store', test: /\/node_modules\/use-sync-external-store\//, priority: 2 },
            { name: 'react', test: /\/node_modules\/(react|react-dom|scheduler)\//, priority: 3 },
            {
              name: 'shared',
              priority: 1,
              // What a dialog, menu or tooltip opens comes when the data stands there; panels and lists without an end, with their pages.
              test: /\/src\/(ui|lib|parts|api)\/(?!form\/|dialog\.tsx|\S*-box\.tsx)|\/core\/|\/node_modules\/(lucide-react|react-router|@tanstack\/(react-query|query-core)(?!\S*[iI]nfiniteQuery(Observer)?\.js)|@orpc)\//,
              minShareCount: 3,
            },
            { name: 'overlays', test: /\/src\/ui\/\S*-box\.tsx|\/node_modules\/(@base-ui|@floating-ui)\// },
          ],
        },
      },
    },
  },
  server: {
    host: '127.0.0.1',
    port: 4320,
    proxy:
      mode === 'mocks' ? undefined : { '/api': 'http://127.0.0.1:4310', '/metrics': 'http://127.0.0.1:4310' },
  },
  preview: { host: '127.0.0.1' },
}));
