/**
 * A probe of the way that rows take: the engine's mark on one node, then L = its WAL position; it has arrived at a receiver
 * when that one's slot has confirmed L. Not by an LSN that the mark itself returns, which does not wait behind an apply
 * delay (docs/lag.md).
 */
import { buildBatch } from '#core/engines/engine.ts';
import { parseLsn } from '#core/lag/lsn.ts';
import type { LinkSnapshot } from '#core/model/snapshot.ts';
import type { NodeClient, NodeFailure } from '#server/postgres/node-client.ts';

export interface TraceAnswer {
  from: string;
  lsn: string;
  sentAt: string;
  arrivals: { node: string; ms: number | null; error: string | null }[];
}

export type TraceOutcome = { ok: true; value: TraceAnswer } | { ok: false; error: NodeFailure };

const WAIT_MS = 15_000;
/** Between two looks: quick while it is a matter of milliseconds, then slower. */
const pauseAfter = (elapsedMs: number) => (elapsedMs < 30 ? 0 : elapsedMs < 300 ? 5 : 50);

/** Writes one WAL message on `from` by the statement `mark`. `links`: those that leave it; all others of `nodes` have no way from there. */
export async function trace(
  client: NodeClient,
  mark: string,
  from: string,
  nodes: readonly string[],
  links: readonly LinkSnapshot[],
): Promise<TraceOutcome> {
  const sent = await client.session(async (ask) => {
    const marked = await ask(mark, undefined, 5000);
    if (!marked.ok) return marked;
    return ask('SELECT pg_catalog.pg_current_wal_lsn()::text AS lsn', undefined, 5000);
  });
  const outcome = sent.ok ? sent.value : sent;
  if (!outcome.ok) return outcome;
  const start = performance.now();
  const sentAt = new Date().toISOString();
  const lsn = String(outcome.result.rows[0]?.lsn ?? '');
  const arrivals = await arrivalsOf(client, parseLsn(lsn) ?? 0n, start, nodes, links);
  return { ok: true, value: { from, lsn, sentAt, arrivals } };
}

async function arrivalsOf(
  client: NodeClient,
  lsn: bigint,
  start: number,
  nodes: readonly string[],
  links: readonly LinkSnapshot[],
): Promise<TraceAnswer['arrivals']> {
  const waiting = new Map<string, string>();
  const arrivals = new Map<string, { ms: number | null; error: string | null }>();
  for (const node of nodes) {
    const link = links.find((candidate) => candidate.receiver === node);
    if (link?.slot == null) arrivals.set(node, { ms: null, error: 'There is no subscription there.' });
    else waiting.set(link.slot, node);
  }
  const batch = buildBatch(
    [
      {
        name: 'slots',
        sql: 'SELECT slot_name::text AS slot, active, confirmed_flush_lsn::text AS confirmed FROM pg_replication_slots',
      },
    ],
    { statementMs: 2000, lockMs: 500 },
  );
  while (waiting.size > 0) {
    const outcome = await client.batch(batch.text, { deadlineMs: 2500, lane: 'extra' });
    const elapsed = performance.now() - start;
    if (!outcome.ok) {
      for (const node of waiting.values()) arrivals.set(node, { ms: null, error: outcome.error.message });
      break;
    }
    const slots = new Map((batch.rows(outcome.results).slots ?? []).map((row) => [String(row.slot), row]));
    for (const [slot, node] of [...waiting]) {
      const row = slots.get(slot);
      const confirmed = parseLsn(typeof row?.confirmed === 'string' ? row.confirmed : null);
      const error =
        row === undefined
          ? `The slot ${slot} is gone.`
          : row.active !== true
            ? `${node} is not connected.`
            : elapsed > WAIT_MS
              ? `Not arrived within ${WAIT_MS / 1000} s.`
              : null;
      const arrived = confirmed !== null && confirmed >= lsn;
      if (arrived) arrivals.set(node, { ms: Math.round(elapsed * 100) / 100, error: null });
      else if (error !== null) arrivals.set(node, { ms: null, error });
      else continue;
      waiting.delete(slot);
    }
    if (waiting.size > 0) await new Promise((resolve) => setTimeout(resolve, pauseAfter(elapsed)));
  }
  return nodes.map((node) => ({ node, ...(arrivals.get(node) ?? { ms: null, error: 'Not asked.' }) }));
}
