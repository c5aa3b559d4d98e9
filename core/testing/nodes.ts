/** For tests: nodes of a mesh of three as a planner observes them. */

import type {
  Observed,
  ObservedFacts,
  ObservedNode,
  ObservedSetTable,
  ObservedTable,
} from '#core/model/observed.ts';
import type { Plan, PlanRequest } from '#core/model/plan.ts';
import type { ExecutablePlan } from '#core/plan/executable.ts';
import { shownPlan } from '#core/plan/shown.ts';

export const NODES = ['n1', 'n2', 'n3'];

export function facts(name: string, change: Partial<ObservedFacts> = {}): ObservedFacts {
  return {
    engineVersion: '5.0.11',
    standin: false,
    database: 'shop',
    nodeName: name,
    knows: NODES,
    subscriptions: NODES.filter((other) => other !== name).map((provider) => ({
      name: `sub_${name}${provider}`,
      provider,
      enabled: true,
      status: 'replicating',
      worker: 'running',
      skipLsn: null,
      slot: `spk_shop_${provider}_sub_${name}${provider}`,
      sets: ['default', 'default_insert_only', 'ddl_sql'],
      forwardOrigins: [],
    })),
    sets: [
      { name: 'default', insert: true, update: true, delete: true, tables: 4 },
      { name: 'default_insert_only', insert: true, update: false, delete: false },
      { name: 'ddl_sql', insert: true, update: false, delete: false },
    ],
    slots: NODES.filter((other) => other !== name).map((receiver) => ({
      name: `spk_shop_${name}_sub_${receiver}${name}`,
      plugin: 'spock_output',
      database: 'shop',
      active: true,
      walHeldBytes: 0,
      unconfirmedBytes: 0,
      walStatus: 'reserved',
    })),
    slotKeepBytes: null,
    table: null,
    ...change,
  };
}

export const node = (name: string, change: Partial<ObservedFacts> = {}): ObservedNode => ({
  name,
  read: { ok: true, facts: facts(name, change) },
});
export const down = (name: string): ObservedNode => ({
  name,
  read: { ok: false, error: 'refused the connection', silent: true },
});
export const cluster = (...nodes: ObservedNode[]): Observed => ({
  clusters: ['shop'],
  machine: null,
  sandbox: null,
  nodes,
});

/** An ordinary table with a key in the set `default`, all alike. */
export const table = (change: Partial<ObservedTable> = {}): ObservedTable => ({
  hasKey: true,
  keyTrouble: null,
  memberships: [{ set: 'default', columns: null, rowFilter: null }],
  referencedBy: [],
  kind: 'r',
  persistence: 'p',
  partitionOf: null,
  children: [],
  partitions: [],
  columns: [
    { name: 'id', type: 'integer', notNull: true, filledBy: 'nothing' },
    { name: 'note', type: 'text', notNull: false, filledBy: 'nothing' },
  ],
  rules: [],
  triggers: [],
  syncs: [],
  rows: { rows: 10, how: 'counted', within: null },
  ...change,
});

/** The same as a request about sets reads it: `s.t`. */
export const setTable = (change: Partial<ObservedSetTable> = {}): ObservedSetTable => ({
  schema: 's',
  table: 't',
  key: ['id'],
  ...table(),
  ...change,
});

export const mesh = (change: Partial<Record<string, Partial<ObservedFacts>>> = {}): Observed =>
  cluster(...NODES.map((name) => node(name, change[name])));

export const codes = (plan: ExecutablePlan): string[] => plan.problems.map((problem) => problem.code);
export const shown = (request: PlanRequest, plan: ExecutablePlan): Plan =>
  shownPlan(
    plan,
    { id: 'p1', request, cluster: 'shop', createdAt: '2026-11-20T12:00:00.000Z' },
    (name) => `host=${name} password=••••`,
  );
/** What its reader has to know, `n1 Rows: …`. */
export const known = (plan: ExecutablePlan): string[] =>
  plan.checks
    .filter((check) => check.result === 'know')
    .map((check) => `${check.node === null ? '' : `${check.node} `}${check.name}: ${check.value}`);
