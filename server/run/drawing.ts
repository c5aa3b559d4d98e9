/** Draws plans: reads what is so, plans on it, and shows the plan with every password masked. */
import { randomBytes } from 'node:crypto';
import { maskDsn } from '#core/dsn/mask.ts';
import { MASK } from '#core/dsn/read.ts';
import type { RememberedSubscription } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { type ExecutablePlan, PLAN_VERSION } from '#core/plan/executable.ts';
import { planChange } from '#core/plan/planners.ts';
import { scriptOf } from '#core/plan/scripts/script.ts';
import { shownPlan } from '#core/plan/shown.ts';
import type { Sandboxes } from '#server/sandbox/sandboxes.ts';
import type { DeployStore } from '#server/store/deploys.ts';
import type { Registry } from '#server/store/registry.ts';
import { clusterOf, type NodeDsns, type RunStore, type StoredPlan } from '#server/store/runs.ts';
import { observe } from './observe.ts';
import { standingInterfaces } from './observe-interfaces.ts';
import { Refusal } from './refusal.ts';
import { maskedRequest, withDsns, withPassword } from './request-dsns.ts';

export interface DrawingParts {
  registry: Registry;
  deploys: DeployStore;
  sandboxes: Sandboxes;
  /** A cluster's subscriptions as they were last read. */
  remembered: (cluster: string) => RememberedSubscription[];
}

const passwordGone = (): Refusal => {
  const message = 'The password is no longer kept with the plan.';
  const remedy = 'Type it again.';
  return new Refusal('UNPROCESSABLE_CONTENT', message, {
    issues: [{ path: ['password'], code: 'password-gone', message, remedy }],
  });
};

export class Drawing {
  readonly #parts: DrawingParts;
  readonly #store: RunStore;

  constructor(parts: DrawingParts, store: RunStore) {
    this.#parts = parts;
    this.#store = store;
  }

  /**
   * `held`: DSNs with the passwords that are masked in a request that was made of an earlier plan. `given`: DSNs by which nodes of a
   * cluster are read instead of by the console's own. Writes to no node and keeps nothing. Throws Refusal NOT_FOUND: no such cluster.
   */
  async draw(
    asked: PlanRequest,
    held: Record<string, NodeDsns> = {},
    given: Readonly<Record<string, string>> = {},
  ): Promise<StoredPlan> {
    const { registry, sandboxes, remembered } = this.#parts;
    const cluster = clusterOf(asked);
    const id = randomBytes(8).toString('hex');
    const { request, dsns: own } = withDsns(asked, this.#knownDsns(asked, held));
    if (request.kind === 'peer-password' && request.password === MASK) throw passwordGone();
    const record = registry.get(cluster);
    const dsns = {
      ...own,
      ...withPassword(request, record?.nodes ?? []),
      ...(record !== undefined && (await standingInterfaces(request, record, given))),
    };
    const observed = await observe(request, registry, sandboxes, dsns, remembered, given);
    if (observed.nodes === null && 'cluster' in request) {
      throw new Refusal('NOT_FOUND', `There is no cluster named ${cluster}.`);
    }
    const executable = planChange(request, observed);
    const identity = {
      id,
      request: maskedRequest(request, id),
      cluster,
      createdAt: new Date().toISOString(),
    };
    const masked = (node: string): string => {
      const own = dsns[node];
      return own === undefined ? this.#maskedDsn(cluster, node, executable) : maskDsn(own.peerDsn);
    };
    return { executable, planVersion: PLAN_VERSION, plan: shownPlan(executable, identity, masked), dsns };
  }

  /** The plan as a file for psql or for the pgedge CLI, passwords masked. */
  script({ plan, executable, dsns }: StoredPlan, as: 'psql' | 'pgedge'): { fileName: string; text: string } {
    const masked = (node: string, of: 'dsn' | 'peerDsn'): string => {
      const own = dsns[node]?.[of];
      return own === undefined ? this.#maskedDsn(plan.cluster, node, executable) : maskDsn(own);
    };
    return scriptOf(plan, executable, as, masked);
  }

  /** All DSNs from which a masked password may be taken: of the draft or plan that the request names. */
  #knownDsns(request: PlanRequest, held: Record<string, NodeDsns>): string[] {
    if (request.kind === 'peer-password') {
      const plan = request.plan === undefined ? {} : (this.#store.plan(request.plan)?.dsns ?? {});
      return Object.values({ ...plan, ...held }).map(({ peerDsn }) => peerDsn);
    }
    const known = Object.values(held).flatMap(({ dsn, peerDsn }) => [dsn, peerDsn]);
    if (request.kind === 'node-add' && request.draft != null)
      return [...known, ...this.#dsnsOf(request.draft)];
    if (request.kind !== 'deploy' || request.target !== 'servers' || request.draft == null) return known;
    const draft = this.#parts.deploys.get(request.draft)?.answers.nodes ?? [];
    return [
      ...known,
      ...draft.flatMap(({ dsn, peerDsn }) => (peerDsn === null ? [dsn] : [dsn, peerDsn])),
      ...this.#dsnsOf(request.draft),
    ];
  }

  #dsnsOf(plan: string): string[] {
    return Object.values(this.#store.plan(plan)?.dsns ?? {}).flatMap(({ dsn, peerDsn }) => [dsn, peerDsn]);
  }

  /** As the nodes' peers reach it. That of a sandbox's node that is still to be made is told by its port. */
  #maskedDsn(cluster: string, node: string, executable: ExecutablePlan): string {
    const { registry, sandboxes } = this.#parts;
    const record = registry.get(cluster)?.nodes.find((each) => each.name === node);
    if (record !== undefined) return maskDsn(record.peerDsn ?? record.dsn);
    if (sandboxes.has(cluster)) return maskDsn(sandboxes.get(cluster).dsn(node));
    for (const { action } of executable.steps) {
      if (action.type !== 'sandbox-allocate') continue;
      const port = action.nodes.find((each) => each.name === node)?.port;
      return `host=127.0.0.1 port=${port} dbname=demo user=tricorder password=•••• sslmode=disable`;
    }
    return 'unknown';
  }
}
