/** `npm start`: builds what is missing, then runs the console in this very process, so that signals reach it. */
import { existsSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`Tricorder needs Node 20.19 or later; this is ${process.versions.node}.\n`);
  process.exit(1);
}

const { buildPage, buildServer, ROOT } = await import('./build.mjs');
try {
  // A link beside a running console needs no newer build, and must not take away what that one runs from.
  const besideOne = process.argv.includes('--new-link') && existsSync(`${ROOT}/build/server/main.js`);
  if (!besideOne) {
    buildServer();
    buildPage();
  }
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
await import(`${ROOT}/build/server/main.js`);
