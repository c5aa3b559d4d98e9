/**
 * A whole console among servers that go wrong: 400 connections by fixed seeds, some in each phase. `npm run trials -- guard`
 * tries 10,000. Then the cases that once ended or froze it, and that it can be got out of them.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ConsoleProcess, watchHealth } from '#server/testing/console-process.ts';
import { answersOfNode, fuzzConsole } from '#server/testing/fuzz-run.ts';
import { type ScriptedServer, scriptedServer } from '#server/testing/scripted-server.ts';
import { until } from '#server/testing/servers.ts';
import { authentication, fields, letIn, message } from '#server/testing/wire-messages.ts';

const SEEDS = { from: 1, count: 400 };

const tricorder = new ConsoleProcess();
let answers: Buffer[];
let hostile: ScriptedServer;

/** Each by the user that is in the DSN. */
const HOSTILE: Record<string, Buffer> = {
  gss: authentication(7),
  zero: Buffer.from('E\0\0\0\0E\0\0\0\0'),
  fieldless: Buffer.concat([letIn, message('E')]),
  endless: Buffer.concat([letIn, message('N', 'MA')]),
  bomb: fields({ S: 'FATAL', C: '28000', M: 'a://:'.repeat(5000) }),
};

beforeAll(async () => {
  [answers] = await Promise.all([answersOfNode(), tricorder.build()]);
  hostile = await scriptedServer((user) => ({ startup: HOSTILE[user ?? ''] ?? letIn }));
  await tricorder.start();
}, 180_000);
afterAll(async () => {
  await tricorder.close();
  await hostile?.close();
});

it(`answers within a second while ${SEEDS.count} connections go wrong, and lives`, {
  timeout: 300_000,
}, async () => {
  const report = await fuzzConsole(tricorder, answers, SEEDS);
  process.stdout.write(
    `note: ${SEEDS.count} spoiled connections and ${report.watched} of watched nodes; /health took ${Math.round(report.health.worstMs)} ms at most in ${report.health.asked} tries\n`,
  );
  expect(report.faults).toEqual([]);
  expect(report.health.bad).toEqual([]);
  expect(report.health.worstMs).toBeLessThan(1000);
  expect(report.health.worstRanMs).toBeLessThan(1000);
  expect(Object.values(report.tried).every((count) => count >= 40)).toBe(true);
  expect(report.peakMegabytes).toBeLessThan(900);
});

it('is started again while the nodes that it watches do their worst, and lets them be removed', async () => {
  const nodes = Object.keys(HOSTILE).map((user) => ({
    dsn: hostile.dsn(`user=${user} password=p sslmode=disable`),
  }));
  // They share an address, so each in a cluster of its own.
  for (const [index, node] of nodes.entries()) {
    const created = await tricorder.ask('POST', '/clusters', {
      name: `hostile-${index}`,
      nodes: [node],
      unreachable: 'keep',
    });
    expect(created.status, JSON.stringify(created.body)).toBe(201);
  }
  await tricorder.end('SIGKILL');
  await tricorder.start();
  const health = watchHealth(tricorder);
  const before = hostile.connections;
  await until('each was connected to since', async () => hostile.connections >= before + 2 * nodes.length);
  for (const index of nodes.keys()) {
    const { body } = await tricorder.ask('GET', `/clusters/hostile-${index}/snapshot`);
    expect(body.nodes[0]).toMatchObject({ state: 'unknown', error: { message: expect.any(String) } });
    expect((await tricorder.ask('DELETE', `/clusters/hostile-${index}`)).status).toBe(200);
  }
  expect((await health.stop()).bad).toEqual([]);
});

it('reads no pipe, device or large file that a DSN names', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tricorder-fifo-'));
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  const health = watchHealth(tricorder);
  try {
    for (const keyword of ['sslrootcert', 'sslcert', 'sslkey']) {
      for (const file of [join(folder, 'fifo'), '/dev/zero', '/dev/tty', folder]) {
        const dsn = hostile.dsn(`user=u sslmode=require ${keyword}='${file}'`);
        const { status, body } = await tricorder.ask('POST', '/clusters', {
          name: 'files',
          nodes: [{ dsn }],
        });
        expect([status, body.data.issues[0].code], JSON.stringify(body)).toEqual([422, 'malformed-dsn']);
        expect(body.data.issues[0].message).toContain(`The file that ${keyword} names cannot be used.`);
      }
    }
  } finally {
    const { bad, worstMs } = await health.stop();
    rmSync(folder, { recursive: true, force: true });
    expect(bad).toEqual([]);
    expect(worstMs).toBeLessThan(1000);
  }
});
