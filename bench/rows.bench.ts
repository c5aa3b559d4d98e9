/**
 * Comparing a table on three nodes against COPY TO '/dev/null' of the same table on all three at once, round by round in turn.
 * `npm run bench -- rows`; with TRICORDER_PG_BIN on a real Spock.
 */
import { cpus, loadavg } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { engineText } from '#server/sandbox/engines.ts';
import { prove } from '#server/testing/prove.ts';
import { startTestNodes, type TestNodes } from '#server/testing/replicating.ts';

const ROUNDS = 5;
const NARROW = 1_000_000;
const WIDE = 20_000;
/** Columns with a hash of their own, and columns that go by their text. */
const MOST_OF_COPY = { typed: 1.3, text: 3 };

const print = (line: string) => process.stdout.write(`${line}\n`);
const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

let nodes: TestNodes;

beforeAll(async () => {
  nodes = await startTestNodes(3, { replicating: false });
  const row =
    "i AS id, (i % 1000)::int AS a, (i / 7.0)::numeric(12,2) AS b, 'row ' || i AS c, '2026-01-01'::timestamptz + i * interval '1 s' AS d, md5(i::text)::uuid AS e";
  await Promise.all(
    nodes.names.map((node) =>
      nodes.sql(
        node,
        `CREATE TABLE typed AS SELECT ${row} FROM generate_series(1::bigint, ${NARROW}) i; ALTER TABLE typed ADD PRIMARY KEY (id);
         CREATE TABLE text AS SELECT ${row}, json_build_object('i', i) AS f FROM generate_series(1::bigint, ${NARROW / 4}) i; ALTER TABLE text ADD PRIMARY KEY (id);
         CREATE TABLE wide (id int PRIMARY KEY, v text); ALTER TABLE wide ALTER v SET STORAGE external;
         INSERT INTO wide SELECT i, repeat(md5(i::text), 150) FROM generate_series(1, ${WIDE}) i;
         ANALYZE`,
      ),
    ),
  );
  await nodes.everywhere('CHECKPOINT');
}, 600_000);

afterAll(async () => {
  await nodes?.stop();
});

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

it('takes little more than COPY', { timeout: 1_200_000 }, async () => {
  print(`${engineText(nodes.servers.engine)}, ${cpus().length} CPUs, load ${loadavg()[0]?.toFixed(1)}`);
  for (const table of ['typed', 'wide', 'text']) {
    const copies: number[] = [];
    const proofs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      copies.push(
        await timed(() =>
          Promise.all(nodes.names.map((node) => nodes.sql(node, `COPY ${table} TO '/dev/null'`))),
        ),
      );
      proofs.push(
        await timed(async () => {
          const outcome = await prove(nodes, [table]);
          expect(outcome.error).toBeNull();
        }),
      );
    }
    const ratio = median(proofs) / median(copies);
    const most = table === 'text' ? MOST_OF_COPY.text : MOST_OF_COPY.typed;
    print(
      `${table}: compared ${Math.round(median(proofs))} ms, COPY ${Math.round(median(copies))} ms: ${ratio.toFixed(2)} (at most ${most})`,
    );
  }
});
