import { rmSync } from 'node:fs';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** public/ holds the service worker of the mock world, which no real build may ship. */
const withoutMockWorker = (): Plugin => ({
  name: 'without-mock-worker',
  apply: 'build',
  closeBundle() {
    rmSync('build/page/mockServiceWorker.js', { force: true });
  },
});

/** The mock world starts the page, so the page itself knows nothing of it. */
const startedByMocks = (): Plugin => ({
  name: 'started-by-mocks',
  transformIndexHtml: { order: 'pre', handler: (html) => html.replace('/src/main.tsx', '/mocks/page.ts') },
});

/** The page. `--mode mocks` answers the API from mocks/world in the browser, so no server is needed. */
export default defineConfig(({ mode }) => ({
  plugins: [react(), tailwindcss(), mode === 'mocks' ? startedByMocks() : withoutMockWorker()],
  build: {
    outDir: mode === 'mocks' ? 'build/mocks' : 'build/page',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
  },
  server: {
    host: '127.0.0.1',
    port: 4320,
    proxy:
      mode === 'mocks' ? undefined : { '/api': 'http://127.0.0.1:4310', '/metrics': 'http://127.0.0.1:4310' },
  },
  preview: { host: '127.0.0.1' },
}));
