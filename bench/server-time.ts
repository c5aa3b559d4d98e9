/**
 * How long a server itself takes for a message, by its own log (`log_duration`): from the message read to the answer
 * written, without the network and without what the client does. Statements that are compared are sent in turn, so that
 * a busy moment of the machine falls on all of them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { buildBatch, type RowsBySection, type Section } from '#core/engines/engine.ts';
import { CLUSTER, type Mesh } from '#tests/truth/mesh.ts';

export const print = (line: string) => process.stdout.write(`${line}\n`);

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Milliseconds as they are read: 0.085, 1.23, 45.6, 789. */
export const ms = (value: number): string =>
  `${value < 1 ? value.toFixed(3) : value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0)} ms`;

/** What the server's log says that one backend took for each of its messages, in order, in milliseconds. */
function durationsOf(log: string, pid: number): number[] {
  const own = new RegExp(`\\[${pid}\\] .*duration: ([0-9.]+) ms`);
  return readFileSync(log, 'utf8')
    .split('\n')
    .flatMap((line) => own.exec(line)?.[1] ?? [])
    .map(Number);
}

/**
 * The server's median for each text, in milliseconds: sent one after the other, `rounds` times, after some rounds that
 * do not count (a backend's caches are filled then, as those of a connection that polls each second are).
 */
export async function serverTimes<Name extends string>(
  mesh: Mesh,
  node: string,
  texts: Record<Name, string>,
  { rounds = 200, warmUp = 10, prepare = '' } = {},
): Promise<Record<Name, number>> {
  const client = await mesh.client(node);
  const names = Object.keys(texts) as Name[];
  const round = async () => {
    for (const name of names) await client.query(texts[name]);
  };
  try {
    const pid = (await pidOf(client)) as number;
    if (prepare !== '') await client.query(prepare);
    for (let each = 0; each < warmUp; each++) await round();
    const log = join(mesh.sandboxes.get(CLUSTER).manifest.folder, `${node}.log`);
    const before = durationsOf(log, pid).length;
    await client.query('SET log_duration = on');
    for (let each = 0; each < rounds; each++) await round();
    await client.query('SET log_duration = off');
    // The first is that of the SET itself.
    const durations = durationsOf(log, pid).slice(before + 1);
    if (durations.length !== rounds * names.length) {
      throw new Error(`${durations.length} durations in the log for ${rounds * names.length} messages`);
    }
    return Object.fromEntries(
      names.map((name, index) => [
        name,
        median(durations.filter((_, position) => position % names.length === index)),
      ]),
    ) as Record<Name, number>;
  } finally {
    await client.end();
  }
}

/** What a connection has prepared that has asked these batches before, and the text that does it. */
export function preparedIn(batches: readonly Section[][]): { names: Map<string, string>; text: string } {
  const names = new Map<string, string>();
  const texts = batches.map((sections) => {
    const batch = buildBatch(sections, { statementMs: 60_000, lockMs: 1000 }, names);
    for (const [sql, name] of batch.prepares) names.set(sql, name);
    return batch.text;
  });
  return { names, text: texts.join(';\n') };
}

/** Asks once, as the console does. */
export async function rowsOf(mesh: Mesh, node: string, sections: readonly Section[]): Promise<RowsBySection> {
  const client = await mesh.client(node);
  try {
    const batch = buildBatch(sections, { statementMs: 120_000, lockMs: 1000 });
    return batch.rows((await client.query(batch.text)) as unknown as pg.QueryResult[]);
  } finally {
    await client.end();
  }
}

async function pidOf(client: pg.Client): Promise<unknown> {
  return (await client.query('SELECT pg_backend_pid() AS pid')).rows[0]?.pid;
}
