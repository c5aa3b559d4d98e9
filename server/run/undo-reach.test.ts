/**
 * Rollbacks while the console cannot reach the source, and the nodes can: whatever the servers are set to, the source keeps every
 * row and every table, and a second rollback, when the way is back, leaves nothing.
 */
import { afterEach, describe, expect, test } from 'vitest';
import type { Run } from '#core/model/plan.ts';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { FILLED, request, SCHEMA, TABLES } from '#server/testing/deploy-orders.ts';
import { type Photo, photograph } from '#server/testing/photo.ts';
import { dsnBy, startProxy, type TcpProxy } from '#server/testing/proxy.ts';
import {
  deleteDataDir,
  ended,
  newDataDir,
  openConsole,
  type TestConsole,
} from '#server/testing/test-console.ts';

const AUTO_DDL = `
spock.enable_ddl_replication = on
spock.include_ddl_repset = on
spock.allow_ddl_from_functions = on`;

let servers: BareServers;
let spock: boolean;
let proxy: TcpProxy;
let dataDir: string;
let tricorder: TestConsole;

async function open(count: number, of: { structure: boolean; settings?: string }): Promise<Photo[]> {
  dataDir = newDataDir();
  servers = await startBareServers(count, {
    prepared: true,
    ...(of.settings === undefined ? {} : { settings: of.settings }),
  });
  spock = servers.engine.spockVersion !== null;
  await servers.sql(1, SCHEMA + FILLED);
  if (!of.structure) for (let n = 2; n <= count; n++) await servers.sql(n, SCHEMA);
  proxy = await startProxy(servers.port(1));
  tricorder = openConsole(dataDir);
  return photos();
}

const photos = (): Promise<Photo[]> =>
  Promise.all(
    Array.from({ length: servers.count }, (_, index) => photograph((text) => servers.sql(index + 1, text))),
  );

afterEach(async () => {
  await tricorder?.stop();
  await proxy?.close();
  await servers?.stop();
  await deleteDataDir(dataDir);
});

/** The console reaches n1 through the proxy, its peers do not. */
async function begin(): Promise<string> {
  const asked = request(servers, { dataFrom: 'n1', tables: TABLES(spock) });
  const nodes = asked.nodes.map((node) =>
    node.name === 'n1' ? { ...node, dsn: dsnBy(node.dsn, proxy.port), peerDsn: node.dsn } : node,
  );
  const plan = await tricorder.runner.plan({ ...asked, nodes });
  expect(plan.problems).toEqual([]);
  return (await tricorder.runner.start(plan.id)).id;
}

/** Until the step has ended, or the run has. */
async function past(id: string, step: string): Promise<void> {
  for await (const run of tricorder.runner.events(id, AbortSignal.timeout(120_000))) {
    const state = run.steps.find((each) => each.id === step)?.state;
    if (state === 'done' || state === 'skipped' || run.state !== 'running') return;
  }
}

const rollback = async (id: string): Promise<Run> =>
  ended(tricorder, (await tricorder.runner.rollback(id)).id);

const errorsOf = (run: Run) => run.steps.flatMap(({ id, error }) => (error === null ? [] : [[id, error]]));

describe('the console is cut off from the source, its peers are not', () => {
  test.for([
    ['rows only', false, undefined],
    ['rows only, automatic DDL on in postgresql.conf', false, AUTO_DDL],
    ['with structure', true, undefined],
    ['with structure, automatic DDL on in postgresql.conf', true, AUTO_DDL],
  ] as const)('%s', { timeout: 240_000 }, async ([_name, structure, settings], { skip }) => {
    const before = await open(2, { structure, ...(settings === undefined ? {} : { settings }) });
    if (!spock && (structure || settings !== undefined))
      skip('the stand-in copies no structure and sends no DDL');
    const source = before[0]?.rows;
    const id = await begin();
    await past(id, 'links');
    await tricorder.runner.cancel(id);
    proxy.cut();
    const half = await rollback(id);
    expect(half.state).toBe('failed');
    expect((await photograph((text) => servers.sql(1, text))).rows).toEqual(source);
    // Whatever was to travel has come by now: n2's next write has.
    await servers.sql(2, 'CREATE TABLE IF NOT EXISTS nothing (id int)').catch(() => undefined);
    await servers.sql(2, 'DROP TABLE IF EXISTS nothing').catch(() => undefined);
    expect((await photograph((text) => servers.sql(1, text))).rows).toEqual(source);
    const codes = half.leftToDo.map(({ node, code }) => `${node} ${code}`);
    expect(codes, codes.join('\n')).toContain('n1 unreachable');
    // n1 may read from n2, so nothing on n2 goes: by its slots, or already by the slot that was held for n1.
    expect(codes, codes.join('\n')).toContain(structure ? 'n2 not-known' : 'n2 still-read');
    expect((await photograph((text) => servers.sql(2, text))).rows).toEqual(source);
    expect(half.leftToDo.every(({ message }) => message !== '')).toBe(true);
    expect(half.allowed).toMatchObject({ resume: false, rollback: true });
    proxy.mend();
    const whole = await rollback(id);
    expect(errorsOf(whole)).toEqual([]);
    expect(whole).toMatchObject({ state: 'rolled-back', leftToDo: [] });
    expect(await photos()).toEqual(before);
  });
});

describe('the source goes down during the rollback and comes back', () => {
  test.each([[2], [3]])('%s nodes', { timeout: 300_000 }, async (count) => {
    const before = await open(count, { structure: false });
    const id = await begin();
    await past(id, 'links');
    await tricorder.runner.cancel(id);
    // A sequence comes back from the WAL up to 32 values further than it stood (SEQ_LOG_VALS of PostgreSQL's sequence.c).
    await servers.sql(1, 'CHECKPOINT');
    await servers.crash(1);
    const half = await rollback(id);
    expect(half.state).toBe('failed');
    expect(half.leftToDo.map(({ node, code }) => `${node} ${code}`)).toContain('n1 unreachable');
    await servers.start(1);
    expect((await photograph((text) => servers.sql(1, text))).rows).toEqual(before[0]?.rows);
    const whole = await rollback(id);
    expect(errorsOf(whole)).toEqual([]);
    expect(whole).toMatchObject({ state: 'rolled-back', leftToDo: [] });
    expect(await photos()).toEqual(before);
  });
});
