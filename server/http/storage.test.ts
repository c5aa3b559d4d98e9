/** A data dir that takes nothing: what the API, the findings and the page's own requests say of it. */
import { truncateSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '#core/model/finding.ts';
import { startApp, type TestApp } from '#server/testing/app.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startApp();
  const created = await app.json('POST', '/clusters', {
    name: 'demo',
    nodes: [{ dsn: 'host=127.0.0.1 port=1 user=x' }],
    unreachable: 'keep',
  });
  expect(created.status).toBe(201);
});
afterEach(() => app.stop());

/** The database takes no page more, as on a full disk. */
function fill(): void {
  const [{ page_count: pages }] = app.db.prepare('PRAGMA page_count').all() as [{ page_count: number }];
  app.db.exec(`PRAGMA max_page_count = ${pages}`);
}
const file = () => join(app.db.dataDir, 'tricorder.db');

async function finding(): Promise<Finding | undefined> {
  await app.services.watchers.get('demo')?.refresh();
  const { body } = await app.json('GET', '/clusters/demo/snapshot');
  return body.findings.find(({ code }: Finding) => code === 'console-storage');
}

const dsn = `host=127.0.0.1 port=1 user=${'u'.repeat(4000)}`;
const [location, peerDsn] = [null, null];
/** What changes something that is kept. */
const CHANGES: readonly (readonly [string, string, unknown])[] = [
  ['POST', '/clusters', { name: 'other', nodes: [{ dsn }], unreachable: 'keep' }],
  ['POST', '/deploys', { name: 'd', nodes: [{ name: 'n1', dsn, peerDsn, location }] }],
];

describe('a full disk', () => {
  it('is answered with 507 and the cause in one sentence, and nothing is half done', async () => {
    fill();
    for (const [method, path, body] of CHANGES) {
      const answer = await app.json(method, path, body);
      expect([answer.status, answer.body.code], path).toEqual([507, 'INSUFFICIENT_STORAGE']);
      expect(answer.body.message).toMatch(
        /^The disk of the data dir \S+ is full \(SQLITE_FULL\): .* Free some space there/,
      );
      expect(answer.body.data).toEqual({ storage: 'full' });
    }
    expect((await app.json('GET', '/clusters')).body.items).toHaveLength(1);
    expect((await app.json('GET', '/deploys')).body.items).toEqual([]);
  });

  it('is a finding of every cluster, in GET /console and, without where, in GET /health', async () => {
    expect(await finding()).toBeUndefined();
    fill();
    await app.json('POST', '/deploys', CHANGES[1]?.[2]);
    expect(await finding()).toMatchObject({
      severity: 'warning',
      title: 'The console cannot store its data',
      detail: expect.stringContaining('is full (SQLITE_FULL)'),
      remedy: { text: expect.stringContaining('Free some space') },
    });
    const { body: info } = await app.json('GET', '/console');
    expect(info.storage).toMatchObject({ state: 'full', message: expect.stringContaining('is full') });
    const health = await (await app.request('/api/v1/health', { as: null })).json();
    expect(health).toEqual({
      status: 'ok',
      version: '0.0.0',
      storage: { state: 'full', since: expect.any(String) },
    });
    const logged = app.logged.filter((line) => line.includes('is full'));
    expect(logged).toHaveLength(1);
    expect(app.logged.join()).not.toContain('request failed');
  });
});

describe('a database that is lost or damaged while the console runs', () => {
  it.each([
    ['removed', () => unlinkSync(file()), /was removed .* saved as tricorder\.db\.saved-/],
    ['truncated', () => truncateSync(file(), 0), /was truncated .*0 of \d+ bytes are left/],
  ])(
    '%s: changes are refused with 503, what is known is answered, and that is a critical finding',
    async (state, lose, words) => {
      lose();
      for (const [method, path, body] of [
        ...CHANGES,
        ['PATCH', '/clusters/demo', { thresholds: { lagSeconds: 3 } }],
        ['DELETE', '/clusters/demo', undefined],
      ] as const) {
        const answer = await app.json(method, path, body);
        expect([answer.status, answer.body.code], `${method} ${path}`).toEqual([503, 'SERVICE_UNAVAILABLE']);
        expect(answer.body.message).toMatch(words);
        expect(answer.body.data).toEqual({ storage: state });
      }
      const { body } = await app.json('GET', '/clusters/demo');
      expect([body.name, body.thresholds.lagSeconds]).toEqual(['demo', 10]);
      expect(await finding()).toMatchObject({ severity: 'critical', detail: expect.stringMatching(words) });
      expect(app.logged.filter((line) => line.includes('tricorder.db'))).toHaveLength(1);
    },
  );
});

it('a new name goes through all that is kept by name, or through nothing', async () => {
  await app.services.watchers.get('demo')?.refresh();
  app.db.exec("CREATE TRIGGER stop BEFORE UPDATE ON watch_state BEGIN SELECT RAISE(ABORT, 'no'); END");
  app.services.watchers.get('demo')?.stop();
  expect((await app.json('PATCH', '/clusters/demo', { name: 'other' })).status).toBe(500);
  app.db.exec('DROP TRIGGER stop');
  expect((await app.json('GET', '/clusters/demo')).status).toBe(200);
  const rows = (table: string) =>
    (app.db.prepare(`SELECT DISTINCT cluster FROM ${table}`).all() as { cluster: string }[]).map(
      ({ cluster }) => cluster,
    );
  for (const table of ['sample_stretch', 'activity', 'watch_state'])
    expect(rows(table), table).not.toContain('other');
});
