/**
 * Two versions of Spock side by side: TRICORDER_PG_BIN and TRICORDER_PG_BIN_2 name the folders of one and the other. 5.0 and 6.0 do not
 * understand each other in one direction, which no wire protocol tells.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { request } from '#server/testing/deploy-orders.ts';
import { deleteDataDir, newDataDir, openConsole, type TestConsole } from '#server/testing/test-console.ts';

const first = process.env.TRICORDER_PG_BIN;
const second = process.env.TRICORDER_PG_BIN_2;

describe.skipIf(first === undefined || second === undefined)('two versions of Spock', () => {
  let dataDir: string;
  let servers: BareServers;
  let tricorder: TestConsole;

  beforeEach(async () => {
    dataDir = newDataDir();
    tricorder = openConsole(dataDir);
    servers = await startBareServers(2, { prepared: true, bins: [first, second] });
    await servers.sql(1, 'CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)');
  }, 120_000);

  afterEach(async () => {
    await tricorder.stop();
    await servers?.stop();
    await deleteDataDir(dataDir);
  });

  test.each(['n1', 'n2', null])('a deploy of them is refused, with data from %s', async (dataFrom) => {
    await servers.sql(2, 'CREATE TABLE t (id int PRIMARY KEY)');
    if (dataFrom === 'n2') {
      await servers.sql(1, 'TRUNCATE t');
      await servers.sql(2, 'INSERT INTO t VALUES (1)');
    }
    const versions = await Promise.all(
      [1, 2].map(async (n) => {
        const [row] = await servers.sql(
          n,
          "SELECT default_version AS version FROM pg_available_extensions WHERE name = 'spock'",
        );
        return String(row?.version);
      }),
    );
    expect(new Set(versions).size).toBe(2);
    const plan = await tricorder.runner.plan(request(servers, { dataFrom }));
    const [problem] = plan.problems.filter(({ code }) => code === 'version-skew');
    expect(problem?.message).toMatch(/n[12] with Spock .* cannot subscribe to n[12] with /);
    for (const version of versions) expect(problem?.message).toContain(version);
    await expect(tricorder.runner.start(plan.id)).rejects.toThrow();
    for (const n of [1, 2]) {
      expect(await servers.sql(n, "SELECT FROM pg_extension WHERE extname = 'spock'")).toEqual([]);
    }
  });
});
