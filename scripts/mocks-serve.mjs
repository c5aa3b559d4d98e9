/** `npm run mocks:serve`: builds the page and the mock world's server where they are older than their sources, and serves. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildMocksServer, buildPage, ROOT } from './build.mjs';

buildPage();
buildMocksServer();
const child = spawn(process.execPath, [join(ROOT, 'build/mocks-server/main.js')], {
  cwd: ROOT,
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
