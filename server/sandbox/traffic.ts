/**
 * pgbench-like writes on all nodes of a sandbox, so that there is something to watch. TPC-B's transaction: an account, its
 * teller and its branch are updated, a row goes into the history. Each node writes to its own branch, so no two meet.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SANDBOX_ROWS } from '#core/plan/pgbench.ts';
import type { Log } from '#server/log.ts';
import { type Connection, openConnection } from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';

const STATEMENT_MS = 5000;
const RETRY_MS = 1000;
/** History rows a node keeps: nothing reads them, and they would fill the disk in days. */
const HISTORY_KEPT = '1 hour';
const PRUNE_EVERY_MS = 60_000;

export interface TrafficNode {
  name: string;
  dsn: string;
}

export class Traffic {
  readonly #nodes: TrafficNode[];
  readonly #log: Log;
  #running: AbortController | null = null;
  #committed = 0;

  constructor(nodes: TrafficNode[], log: Log) {
    this.#nodes = nodes;
    this.#log = log;
  }

  /** Transactions committed since the console started. */
  get committed(): number {
    return this.#committed;
  }

  /** The rate is for all nodes together. A node that is down is tried each second; the others go on at their share. */
  set(wanted: { on: boolean; transactionsPerSecond: number }): void {
    this.stop();
    if (!wanted.on) return;
    const control = new AbortController();
    this.#running = control;
    const perNode = wanted.transactionsPerSecond / this.#nodes.length;
    this.#nodes.forEach((node, index) => {
      this.#drive(node, index, perNode, control.signal).catch((error: Error) => {
        if (!control.signal.aborted) this.#log.error(`traffic on ${node.name}: ${error.message}`);
      });
    });
  }

  stop(): void {
    this.#running?.abort();
    this.#running = null;
  }

  async #drive(node: TrafficNode, index: number, rate: number, over: AbortSignal): Promise<void> {
    const targets = connectionTargets(node.dsn);
    while (!over.aborted) {
      const opened = await openConnection(targets, 2000, 2000);
      if (opened.ok) await this.#write(opened.value, index, rate, over);
      if (!over.aborted) await sleep(RETRY_MS, undefined, { signal: over }).catch(() => undefined);
    }
  }

  /** Until the connection fails or it is over. Keeps to its rate by the clock, without catching up on what it missed. */
  async #write(connection: Connection, index: number, rate: number, over: AbortSignal): Promise<void> {
    const pause = 1000 / rate;
    let next = performance.now();
    let pruneAt = next + PRUNE_EVERY_MS;
    try {
      while (!over.aborted) {
        const outcome = await connection.run(transaction(index), STATEMENT_MS);
        if (outcome.ok) this.#committed++;
        else if (connection.closed) return;
        else {
          // The transaction was refused (read-only, a lock): the next may not be.
          await connection.run('ROLLBACK', STATEMENT_MS);
          await sleep(RETRY_MS, undefined, { signal: over }).catch(() => undefined);
        }
        if (performance.now() > pruneAt) {
          pruneAt = performance.now() + PRUNE_EVERY_MS;
          await connection.run(
            `DELETE FROM pgbench_history WHERE mtime < now() AT TIME ZONE 'UTC' - interval '${HISTORY_KEPT}'`,
            STATEMENT_MS,
          );
        }
        next = Math.max(next + pause, performance.now() - pause);
        const wait = next - performance.now();
        if (wait > 1) await sleep(wait, undefined, { signal: over }).catch(() => undefined);
      }
    } finally {
      connection.close();
    }
  }
}

const below = (limit: number): number => Math.floor(Math.random() * limit);

function transaction(index: number): string {
  const { tellersPerBranch, accountsPerBranch } = SANDBOX_ROWS;
  const branch = index + 1;
  const teller = index * tellersPerBranch + 1 + below(tellersPerBranch);
  const account = index * accountsPerBranch + 1 + below(accountsPerBranch);
  const delta = below(10_001) - 5000;
  return `BEGIN;
UPDATE pgbench_accounts SET abalance = abalance + ${delta} WHERE aid = ${account};
UPDATE pgbench_tellers SET tbalance = tbalance + ${delta} WHERE tid = ${teller};
UPDATE pgbench_branches SET bbalance = bbalance + ${delta} WHERE bid = ${branch};
INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (${teller}, ${branch}, ${account}, ${delta}, now() AT TIME ZONE 'UTC');
COMMIT`;
}
