import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The page. `--mode mocks` answers the API from mocks/world in the browser, so no server is needed. */
export default defineConfig(({ mode }) => ({
  plugins: [react(), tailwindcss()],
  define: { 'import.meta.env.TRICORDER_MOCKS': JSON.stringify(mode === 'mocks') },
  build: {
    outDir: mode === 'mocks' ? 'build/mocks' : 'build/page',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
  },
  // The service worker of the mock world stands in public/; a real build leaves it out (see scripts/).
  server: {
    host: '127.0.0.1',
    port: 4320,
    proxy:
      mode === 'mocks' ? undefined : { '/api': 'http://127.0.0.1:4310', '/metrics': 'http://127.0.0.1:4310' },
  },
  preview: { host: '127.0.0.1' },
}));
