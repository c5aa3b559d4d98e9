import { defineConfig } from 'vite';

/** The mock world as a server (`npm run mocks:serve`), one folder of plain modules. */
export default defineConfig({
  publicDir: false,
  build: {
    ssr: 'mocks/serve/main.ts',
    outDir: 'build/mocks-server',
    emptyOutDir: true,
    target: 'node20',
    rollupOptions: { output: { entryFileNames: 'main.js' } },
  },
});
