/** What the steps of a run stand on: how its nodes are reached, which servers they are, what each step may use. */
import { changesOf } from '#core/engines/registry.ts';
import { defaultEngine } from '#core/model/engine-name.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { type ExecutableStep, type MadeSubscription, subscriptionsOf } from '#core/plan/executable.ts';
import { changesOfStep } from '#core/plan/shown.ts';
import { underWayAs } from '#core/run/machine.ts';
import type { Log } from '#server/log.ts';
import type { Sandboxes } from '#server/sandbox/sandboxes.ts';
import { DEFAULT_THRESHOLDS, type Registry } from '#server/store/registry.ts';
import { SEALED, type StoredPlan, type StoredRun, type StoredStep } from '#server/store/runs.ts';
import type { Seal } from '#server/store/seal.ts';
import { nodeDsn, peerDsn } from './request-dsns.ts';
import type { RunJournal } from './run-journal.ts';
import { Sessions } from './sessions.ts';
import type { StepContext } from './step-context.ts';
import { StepFailure } from './step-failure.ts';

export interface GroundParts {
  registry: Registry;
  sandboxes: Sandboxes;
  log: Log;
  /** Asks a cluster's nodes again, now. */
  refreshed: (cluster: string) => Promise<Snapshot | null>;
  dropWritten: boolean;
  seal: Pick<Seal, 'seal' | 'open'>;
  /** Given for this run: they take the place of the console's own, by node. */
  given: Readonly<Record<string, string>>;
}

/** Of a step; a server that says more repeats itself. */
const NOTICES_KEPT = 50;

export class RunGround {
  readonly sessions: Sessions;
  readonly #plan: StoredPlan;
  readonly #journal: RunJournal;
  readonly #parts: GroundParts;
  readonly #signal: AbortSignal;
  /** What each DSN that a step has asked for leads to. */
  readonly #ways = new Map<string, string>();
  /** Of steps whose proof is under way. */
  readonly #proofs = new Map<string, AbortController>();

  /** `signal`: aborted when the run is stopped. */
  constructor(plan: StoredPlan, journal: RunJournal, parts: GroundParts, signal: AbortSignal) {
    this.#plan = plan;
    this.#journal = journal;
    this.#parts = parts;
    this.#signal = signal;
    this.sessions = new Sessions(changesOf(plan.executable.engine).local, (dsn, seen) =>
      this.#checkServer(dsn, seen),
    );
  }

  get #run(): StoredRun {
    return this.#journal.run;
  }

  /** The operator's word that a step's proof ends without its answer. False: that step proves nothing now. */
  endProof(step: string): boolean {
    const proof = this.#proofs.get(step);
    proof?.abort();
    return proof !== undefined;
  }

  context(step: StoredStep, planned: ExecutableStep): StepContext {
    const { registry, sandboxes, log } = this.#parts;
    const { cluster } = this.#run;
    const save = (change: Partial<StoredStep>) => this.#journal.step(step, change);
    return {
      cluster,
      step: planned,
      changes: changesOfStep(this.#plan.executable, planned),
      registry,
      sandboxes,
      sessions: this.sessions,
      log,
      signal: this.#signal,
      dropWritten: this.#parts.dropWritten,
      dsn: (node, database) => this.#dsn(node, database),
      peerDsn: (node) => this.#plan.dsns[node]?.peerDsn ?? peerDsn(cluster, node, registry, sandboxes),
      note: (text) => {
        if (step.note !== text) save({ note: text });
      },
      waitFor: (text) => this.#waitFor(step, text),
      progress: (of) => {
        if (step.progress?.doneBytes !== of?.doneBytes) save({ progress: of });
      },
      fact: (name, value, more) =>
        save({ facts: [...step.facts.filter((fact) => fact.name !== name), { name, value, ...more }] }),
      notice: (notice) => {
        if (step.notices.length < NOTICES_KEPT) save({ notices: [...step.notices, notice] });
      },
      know: (text) => save({ know: text }),
      left: (item) => save({ left: [...step.left, { ...item, step: step.id }] }),
      proving: (work) => this.#proving(step, work),
      nodes: this.#nodes(),
      subscriptions: this.#subscriptions(),
      wrote: (node, xid) => save({ memo: { ...step.memo, wrote: [...wroteOf(step), { node, xid }] } }),
      wroteAs: (node) =>
        this.#run.steps.flatMap(wroteOf).flatMap((each) => (each.node === node ? [each.xid] : [])),
      recall: (key) => step.memo[key],
      recallOf: (id, key) => this.#run.steps.find((each) => each.id === id)?.memo[key],
      remember: (key, value) => save({ memo: { ...step.memo, [key]: value } }),
      rememberSealed: (key, text) =>
        save({ memo: { ...step.memo, [`${SEALED}${key}`]: this.#parts.seal.seal(text) } }),
      recallSealed: (key) => {
        const sealed = step.memo[`${SEALED}${key}`];
        return typeof sealed === 'string' ? this.#parts.seal.open(sealed) : null;
      },
      register: (nodes) => this.#register(nodes),
      refreshed: () => this.#parts.refreshed(cluster),
      made: (index) => step.made.includes(index),
      willMake: (index) => {
        if (!step.made.includes(index)) save({ made: [...step.made, index] });
      },
    };
  }

  /**
   * Another server, or another database, may answer by an address of before: whatever stands there is not this run's. `seen` is
   * kept with the run when it first reaches a node. Throws StepFailure `changed`.
   */
  #checkServer(dsn: string, seen: string | null): void {
    const way = this.#ways.get(dsn);
    if (way === undefined || seen === null) return;
    const before = this.#run.servers[way];
    if (before === undefined) {
      this.#run.servers[way] = seen;
      this.#journal.keepRun();
      return;
    }
    if (before === seen) return;
    const [node] = way.split(' ');
    const other = before.split('/')[0] === seen.split('/')[0] ? 'database' : 'server';
    throw new StepFailure({
      code: 'changed',
      message: `${node} is not the ${other} on which this run began. Nothing was done there.`,
      sqlstate: null,
      statement: null,
      cause: `System identifier and database were ${before}; now they are ${seen}.`,
      remedy: `Make the address of ${node} lead to the original ${other}, then continue; or leave the run as it is.`,
    });
  }

  #dsn(node: string, database?: 'maintenance'): string {
    const { registry, sandboxes, given } = this.#parts;
    const dsn =
      given[node] ??
      this.#plan.dsns[node]?.dsn ??
      nodeDsn(this.#run.cluster, node, registry, sandboxes, database);
    this.#ways.set(dsn, database === undefined ? node : `${node} ${database}`);
    return dsn;
  }

  #waitFor(step: StoredStep, text: string | null): void {
    if (step.waitsFor === text || this.#journal.isAbandoned) return;
    step.waitsFor = text;
    const state = underWayAs(this.#run.steps);
    if (this.#run.state !== state) {
      this.#run.state = state;
      this.#journal.keepRun();
    }
    this.#journal.step(step, {});
  }

  async #proving<T>(step: StoredStep, work: (ended: AbortSignal) => Promise<T>): Promise<T> {
    const control = new AbortController();
    this.#proofs.set(step.id, control);
    this.#journal.step(step, { proving: true });
    try {
      return await work(control.signal);
    } finally {
      this.#proofs.delete(step.id);
      this.#journal.step(step, { proving: false });
    }
  }

  /** Of the plan, and of the cluster if it is watched. */
  #nodes(): string[] {
    const planned = this.#plan.executable.steps.flatMap(({ node }) => (node === null ? [] : [node]));
    const watched = this.#parts.registry.get(this.#run.cluster)?.nodes.map(({ name }) => name) ?? [];
    return [...new Set([...planned, ...watched])];
  }

  #subscriptions(): MadeSubscription[] {
    const begun = new Set(this.#run.steps.flatMap(({ id, startedAt }) => (startedAt === null ? [] : [id])));
    return this.#plan.executable.steps.flatMap(({ id, action }) =>
      begun.has(id) ? subscriptionsOf(action) : [],
    );
  }

  #register(nodes: string[]): void {
    const { registry } = this.#parts;
    if (registry.get(this.#run.cluster) !== undefined) return;
    registry.add({
      name: this.#run.cluster,
      engine: this.#plan.executable.engine ?? defaultEngine,
      createdAt: new Date().toISOString(),
      thresholds: DEFAULT_THRESHOLDS,
      topology: { kind: 'full-mesh' },
      sandbox: false,
      nodes: nodes.flatMap((name) => {
        const dsns = this.#plan.dsns[name];
        if (dsns === undefined) return [];
        return [
          { name, dsn: dsns.dsn, peerDsn: dsns.peerDsn === dsns.dsn ? null : dsns.peerDsn, walRoom: null },
        ];
      }),
    });
  }
}

const wroteOf = ({ memo }: StoredStep) => (memo.wrote as { node: string; xid: string }[] | undefined) ?? [];
