/**
 * A plan that puts 1,000 tables into a set on 64 nodes: what the planner takes, and what is sent to the page. `npm run bench -- plan`.
 */
import { cpus, loadavg } from 'node:os';
import { expect, it } from 'vitest';
import type { Observed } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { planChange } from '#core/plan/planners.ts';
import { shownPlan } from '#core/plan/shown.ts';
import { facts, setTable } from '#core/testing/nodes.ts';

const NODES = Array.from({ length: 64 }, (_, at) => `n${at + 1}`);
const TABLES = 1000;
const ROUNDS = 7;
/** The bound, ms of the processor's time: a machine that does something else beside takes longer by the clock. */
const MOST = 1000;

/** Each node subscribes to all others, and has tables of its own, as if read from its server. */
const observed = (): Observed => ({
  clusters: ['shop'],
  machine: null,
  sandbox: null,
  nodes: NODES.map((name) => ({
    name,
    read: {
      ok: true,
      facts: facts(name, {
        knows: NODES,
        subscriptions: NODES.filter((other) => other !== name).map((provider) => ({
          name: `sub_${name}${provider}`,
          provider,
          enabled: true,
          status: 'replicating',
          slot: `spk_shop_${provider}_sub_${name}${provider}`,
          sets: ['default'],
          forwardOrigins: [],
        })),
        tables: Array.from({ length: TABLES }, (_, at) =>
          setTable({ schema: 'sales', table: `orders_${at}`, memberships: [], partitions: [], children: [] }),
        ),
      }),
    },
  })),
});

const request: PlanRequest = {
  kind: 'set-tables',
  cluster: 'shop',
  nodes: NODES,
  set: 'default',
  pattern: 'sales.orders_*',
};

it('64 nodes × 1,000 tables are planned in under a second', { timeout: 120_000 }, () => {
  const times: number[] = [];
  let bytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const seen = observed();
    const from = process.cpuUsage();
    const planned = planChange(request, seen);
    const plan = shownPlan(
      planned,
      { id: 'p', request, cluster: 'shop', createdAt: '2026-11-28T00:00:00.000Z' },
      () => '',
    );
    const { user, system } = process.cpuUsage(from);
    times.push((user + system) / 1000);
    expect(planned.problems).toEqual([]);
    expect(plan.steps.map(({ sql }) => sql.length)).toEqual(Array(64).fill(1));
    bytes = JSON.stringify(plan).length;
  }
  const sorted = times.map(Math.round).sort((a, b) => a - b);
  const median = sorted[Math.floor(ROUNDS / 2)] ?? Number.NaN;
  process.stdout.write(
    `64 nodes × ${TABLES} tables: median ${median} ms of processor time (${sorted.join(', ')}), plan ${Math.round(bytes / 1024)} kB; load ${loadavg()[0]?.toFixed(1)}, ${cpus().length} cores\n`,
  );
  expect(median).toBeLessThan(MOST);
});
