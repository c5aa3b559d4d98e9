/** `npm run mocks:serve`: the built page and the mock world over HTTP, so that nothing but the page runs in the browser. */
import { serve } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { API_PREFIX } from '#core/contract/contract.ts';
import { Worlds } from './worlds.ts';

const port = Number(process.env.PORT ?? 4330);
const worlds = new Worlds();
const app = new Hono();
app.all(`${API_PREFIX}/*`, ({ req }) => worlds.answer(req.raw));
app.use('*', async (context, next) => {
  const cookie = worlds.open(new URL(context.req.url));
  await next();
  if (cookie !== null) context.header('set-cookie', cookie);
});
app.use('*', serveStatic({ root: 'build/page', precompressed: false }));
app.get('*', serveStatic({ path: 'build/page/index.html' }));

const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, ({ port: taken }) => {
  process.stdout.write(`The mock world is at http://127.0.0.1:${taken}/clusters?scenario=healthy\n`);
});
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    worlds.close();
    server.close(() => process.exit(0));
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
