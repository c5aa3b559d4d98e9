/** Holds what the console says against running clusters, on the engine that this machine has; see docs/verified.md. */
import { afterAll, beforeAll } from 'vitest';
import { conflictsSuite } from './conflicts.ts';
import { costSuite } from './cost.ts';
import { exceptionsSuite } from './exceptions.ts';
import { findingsSuite } from './findings.ts';
import { interfacesSuite } from './interfaces.ts';
import { lagSuite } from './lag.ts';
import { type Mesh, openMesh } from './mesh.ts';
import { oddSuite } from './odd.ts';
import { outageSuite } from './outage.ts';
import { summary } from './suite.ts';

let opened: Mesh | null = null;
const mesh = (): Mesh => {
  if (opened === null) throw new Error('the mesh was not deployed');
  return opened;
};

beforeAll(async () => {
  opened = await openMesh();
}, 180_000);

afterAll(async () => {
  if (opened !== null) process.stdout.write(`\n${summary(opened.engine)}\n`);
  await opened?.close();
}, 30_000);

lagSuite(mesh);
outageSuite(mesh);
exceptionsSuite(mesh);
conflictsSuite(mesh);
findingsSuite(mesh);
interfacesSuite(mesh);
costSuite(mesh);
oddSuite(mesh);
