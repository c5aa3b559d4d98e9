/** What the console asks of a node, counted by the node: one message a poll, whoever looks on. */
import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { CLUSTER, type Mesh } from './mesh.ts';
import { type Trial, truth } from './suite.ts';

const POLLS = 6;
const READERS = 100;

export function costSuite(mesh: () => Mesh): void {
  describe('what it costs', () => {
    truth('one round trip for each poll, as many with 100 readers as with 1', mesh, roundTrips, 90);
  });
}

interface Counted {
  polls: number;
  fast: number;
  all: number;
}

async function roundTrips({ mesh }: Trial): Promise<void> {
  await mesh.settled();
  await mesh.sql('n2', "ALTER SYSTEM SET log_statement = 'all'");
  await mesh.sql('n2', 'SELECT pg_reload_conf()');
  try {
    // Until it is known to every connection.
    await mesh.until('two polls', counted(mesh, 2), 10_000);
    const one = await count(mesh, 1);
    const many = await count(mesh, READERS);
    for (const seen of [one, many]) {
      expect(seen.fast, JSON.stringify(seen)).toBe(seen.polls);
      // The slow poll comes each 15 s, so at most once in this time.
      expect(seen.all - seen.fast, JSON.stringify(seen)).toBeLessThanOrEqual(1);
    }
    expect(many.fast).toBe(one.fast);
  } finally {
    await mesh.sql('n2', 'ALTER SYSTEM RESET log_statement');
    await mesh.sql('n2', 'SELECT pg_reload_conf()');
  }
}

/** True once so many polls of n2 have come since it was made. */
function counted(mesh: Mesh, polls: number): () => boolean {
  const first = mesh.watcher.polls().n2?.at(-1)?.at ?? '';
  return () => (mesh.watcher.polls().n2 ?? []).filter(({ at }) => at > first).length >= polls;
}

/** What n2 was sent while it was polled `POLLS` times, with so many readers of the stream. */
async function count(mesh: Mesh, readers: number): Promise<Counted> {
  const over = new AbortController();
  setMaxListeners(readers, over.signal);
  const reading = Array.from({ length: readers }, async () => {
    let events = 0;
    for await (const _ of mesh.watcher.stream.read(undefined, over.signal)) events++;
    return events;
  });
  const log = join(mesh.sandboxes.get(CLUSTER).manifest.folder, 'n2.log');
  const before = (await readFile(log, 'utf8')).length;
  await mesh.until(`${POLLS} polls`, counted(mesh, POLLS), (POLLS + 10) * 1000);
  const messages = (await readFile(log, 'utf8'))
    .slice(before)
    .split(/\n(?=\d{4}-\d\d-\d\d )/)
    .filter((entry) => entry.includes(' tricorder LOG:  statement: '));
  over.abort();
  const events = await Promise.all(reading);
  expect(Math.min(...events)).toBeGreaterThanOrEqual(POLLS - 1);
  return {
    polls: POLLS,
    fast: messages.filter((entry) => /EXECUTE tricorder_wal_\d|pg_current_wal_lsn/.test(entry)).length,
    all: messages.length,
  };
}
