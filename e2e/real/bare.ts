/** Servers as a DBA brings them to a deploy, for a browser that deploys on them. */
import { createServer } from 'vite';
import type { BareOptions, BareServers } from '#server/testing/bare-servers.ts';

/**
 * As `startBareServers`, which is loaded by Vite: the stand-in's SQL is imported as text, which the test runner cannot.
 * `stop` ends the servers and the loader.
 */
export async function bareServers(count: number, options: BareOptions): Promise<BareServers> {
  const loader = await createServer({
    configFile: false,
    logLevel: 'error',
    appType: 'custom',
    server: { middlewareMode: true, watch: null, ws: false },
    optimizeDeps: { noDiscovery: true },
  });
  try {
    const { startBareServers } = await loader.ssrLoadModule('/server/testing/bare-servers.ts');
    const servers: BareServers = await startBareServers(count, options);
    return {
      ...servers,
      async stop() {
        await servers.stop();
        await loader.close();
      },
    };
  } catch (error) {
    await loader.close();
    throw error;
  }
}
