/** When the slow poll reads the tables, on a real server. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Engine } from '#core/engines/engine.ts';
import { spock } from '#core/engines/spock/spock.ts';
import { silentLog } from '#server/log.ts';
import { type Mesh, startMesh } from '#server/testing/mesh.ts';
import { until } from '#server/testing/servers.ts';
import { NodeWatch } from './node-watch.ts';

let mesh: Mesh;
beforeAll(async () => {
  mesh = await startMesh(1);
});
afterAll(() => mesh?.stop());

it('lets tables that took long rest, whatever calls the slow poll, and reads them when told to', async () => {
  /** Of each slow poll, whether it asked for the tables. */
  const asked: boolean[] = [];
  let happenings = 0;
  const engine: Engine = {
    ...spock,
    slowStatements: (...given) => {
      const sections = spock.slowStatements(...given);
      asked.push(sections.some(({ name }) => name === 'tables'));
      return sections;
    },
    // Half a minute of the server's time.
    decodeSlow: (...given) => ({ ...spock.decodeSlow(...given), tablesMs: 30_000 }),
    // As if a conflict were logged each second.
    slowMark: () => String(happenings++),
  };
  const record = { name: 'n1', dsn: mesh.nodes[0]?.dsn ?? '' } as NodeWatch['record'];
  const watch = new NodeWatch({ record, engine, log: silentLog, onReading: () => {}, onUrgent: () => {} });
  const timer = setInterval(() => void watch.poll(), 200);
  try {
    await until('three slow polls', async () => asked.length >= 3);
    expect(asked).toEqual([true, false, false]);
    expect(watch.input().slow?.value.tables?.map(({ table }) => table)).toEqual(['acct']);
    const before = asked.length;
    await watch.refresh();
    expect(asked.slice(before)).toContain(true);
  } finally {
    clearInterval(timer);
    watch.stop();
  }
});

it('reads tables that came too late once again soon, as of a server that stood still, and then leaves them alone', async () => {
  const asked: { at: number; tables: boolean }[] = [];
  let happenings = 0;
  const engine: Engine = {
    ...spock,
    slowStatements: (...given) => {
      const sections = spock.slowStatements(...given);
      asked.push({ at: performance.now(), tables: sections.some(({ name }) => name === 'tables') });
      // query_canceled, as a statement's time-out says.
      const late = "DO $$BEGIN RAISE EXCEPTION USING ERRCODE = '57014'; END$$";
      return sections.map((section) => (section.name === 'tables' ? { ...section, sql: late } : section));
    },
    slowMark: () => String(happenings++),
  };
  const record = { name: 'n1', dsn: mesh.nodes[0]?.dsn ?? '' } as NodeWatch['record'];
  const watch = new NodeWatch({ record, engine, log: silentLog, onReading: () => {}, onUrgent: () => {} });
  const timer = setInterval(() => void watch.poll(), 200);
  const withTables = () => asked.filter(({ tables }) => tables);
  try {
    await until('all else is read', async () => watch.input().slow !== null);
    expect(watch.input().slowFailure).toMatchObject({ what: 'tables', code: 'timeout', tries: 1 });
    await until('the tables are asked for again', async () => withTables().length === 2, 40);
    const [first, second] = withTables();
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(14_000);
    await until('that is said', async () => watch.input().slowFailure?.tries === 2);
  } finally {
    clearInterval(timer);
    watch.stop();
  }
});
