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

/** The page. `--mode mocks` answers the API from mocks/world in the browser, so no server is needed. */
export default defineConfig(({ mode }) => ({
  plugins: [react(), tailwindcss(), mode === 'mocks' ? startedByMocks() : withoutMocks()],
  build: {
    outDir: mode === 'mocks' ? 'build/mocks' : 'build/page',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    // Every browser that knows light-dark() knows modulepreload.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What most pages share comes in one chunk: twenty small ones weigh 5 kB more, and are twenty requests.
        codeSplitting: {
          groups: [
            {
              name: 'shared',
              test: /\/src\/(ui|lib|layouts|api)\/|\/core\/|\/node_modules\/(lucide-react|react|react-dom|react-router|scheduler|@tanstack\/(react-query|query-core)|@orpc)\//,
              minShareCount: 3,
            },
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
