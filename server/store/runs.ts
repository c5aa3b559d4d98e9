/** Plans and runs, and the journal by which a run goes on, or is taken back, after the console was killed in its midst. */
import type { Plan, PlanRequest, Run, RunState, RunStep } from '#core/model/plan.ts';
import type { Draft } from '#core/plan/draft.ts';
import { type Database, migrate } from './database.ts';
import type { Seal } from './seal.ts';

const STEPS = [
  `CREATE TABLE plan (
     id TEXT PRIMARY KEY, cluster TEXT NOT NULL, created_at TEXT NOT NULL, request TEXT NOT NULL, shown TEXT NOT NULL,
     draft TEXT NOT NULL
   ) STRICT;
   CREATE TABLE run (
     id INTEGER PRIMARY KEY AUTOINCREMENT, plan TEXT NOT NULL REFERENCES plan (id), cluster TEXT NOT NULL,
     title TEXT NOT NULL, state TEXT NOT NULL, direction TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT
   ) STRICT;
   CREATE TABLE run_step (
     run INTEGER NOT NULL REFERENCES run (id), position INTEGER NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL,
     started_at TEXT, ended_at TEXT, note TEXT, error TEXT, made TEXT NOT NULL,
     PRIMARY KEY (run, position)
   ) STRICT;`,
  `ALTER TABLE plan ADD COLUMN sealed_dsns TEXT;
   ALTER TABLE run ADD COLUMN by TEXT;
   ALTER TABLE run_step ADD COLUMN told TEXT NOT NULL DEFAULT '{}';`,
];

/** Plans that were never run are kept this many; those that were run stay with their runs. */
const PLANS_KEPT = 500;
const RUNS_LISTED = 200;

/** How the console reaches a node, and how its peers do. */
export interface NodeDsns {
  dsn: string;
  peerDsn: string;
}

export interface StoredPlan {
  plan: Plan;
  draft: Draft;
  /** By node: of servers that no registry knows yet. Sealed on disk. */
  dsns: Record<string, NodeDsns>;
}

export type Direction = Run['direction'];

/** A step of a run with its journal. */
export interface StoredStep extends RunStep {
  /** Units that this run has done or was about to do: what a rollback looks at. A step that is no SQL has one unit, 0. */
  made: number[];
  /** What the step must know of itself after a crash. */
  memo: Record<string, unknown>;
}

export interface StoredRun extends Omit<Run, 'steps'> {
  steps: StoredStep[];
}

/** As the API gives it. */
export function shownRun({ steps, ...run }: StoredRun): Run {
  return { ...run, steps: steps.map(({ made: _made, memo: _memo, ...step }) => step) };
}

interface RunRow {
  id: number;
  plan: string;
  cluster: string;
  title: string;
  state: RunState;
  direction: Direction;
  started_at: string;
  ended_at: string | null;
  by: string | null;
}

interface StepRow {
  run: number;
  id: string;
  state: RunStep['state'];
  started_at: string | null;
  ended_at: string | null;
  note: string | null;
  error: string | null;
  made: string;
  told: string;
}

/** What stands in the column `told`. */
type Told = Pick<StoredStep, 'waitsFor' | 'progress' | 'notices' | 'facts' | 'memo'>;
const NOTHING_TOLD: Told = { waitsFor: null, progress: null, notices: [], facts: [], memo: {} };

export class RunStore {
  readonly #db: Database;
  readonly #seal: Seal;

  constructor(db: Database, seal: Seal) {
    this.#db = db;
    this.#seal = seal;
    migrate(db, 'runs', STEPS);
  }

  savePlan({ plan, draft, dsns }: StoredPlan): void {
    const sealed = Object.keys(dsns).length === 0 ? null : this.#seal.seal(JSON.stringify(dsns));
    this.#db
      .prepare(
        'INSERT INTO plan (id, cluster, created_at, request, shown, draft, sealed_dsns) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      .run(
        plan.id,
        plan.cluster,
        plan.createdAt,
        JSON.stringify(plan.request),
        JSON.stringify(plan),
        JSON.stringify(draft),
        sealed,
      );
    this.#db
      .prepare(
        `DELETE FROM plan WHERE id NOT IN (SELECT plan FROM run)
           AND id NOT IN (SELECT id FROM plan ORDER BY rowid DESC LIMIT ?)`,
      )
      .run(PLANS_KEPT);
  }

  plan(id: string): StoredPlan | null {
    const row = this.#db.prepare('SELECT shown, draft, sealed_dsns FROM plan WHERE id = ?').get(id) as
      | { shown: string; draft: string; sealed_dsns: string | null }
      | undefined;
    if (row === undefined) return null;
    const dsns = row.sealed_dsns === null ? {} : JSON.parse(this.#seal.open(row.sealed_dsns));
    return { plan: JSON.parse(row.shown), draft: JSON.parse(row.draft), dsns };
  }

  /** A new run of a plan, all its steps waiting. */
  createRun({ plan }: StoredPlan, startedAt: string, by: string | null): StoredRun {
    return this.#db.transaction((): StoredRun => {
      const { lastInsertRowid } = this.#db
        .prepare(
          `INSERT INTO run (plan, cluster, title, state, direction, started_at, by)
           VALUES (?, ?, ?, 'running', 'forward', ?, ?)`,
        )
        .run(plan.id, plan.cluster, plan.title, startedAt, by);
      const run = Number(lastInsertRowid);
      const insert = this.#db.prepare(
        `INSERT INTO run_step (run, position, id, state, made) VALUES (?, ?, ?, 'waiting', '[]')`,
      );
      plan.steps.forEach((step, position) => {
        insert.run(run, position, step.id);
      });
      return this.run(String(run)) as StoredRun;
    })();
  }

  /** Newest first. */
  runs(): StoredRun[] {
    const rows = this.#db.prepare('SELECT * FROM run ORDER BY id DESC LIMIT ?').all(RUNS_LISTED) as RunRow[];
    const steps = this.#db
      .prepare('SELECT * FROM run_step WHERE run >= ? ORDER BY run, position')
      .all(rows.at(-1)?.id ?? 0) as StepRow[];
    const byRun = new Map<number, StepRow[]>();
    for (const step of steps) {
      const list = byRun.get(step.run);
      if (list === undefined) byRun.set(step.run, [step]);
      else list.push(step);
    }
    return rows.map((row) => storedRun(row, byRun.get(row.id) ?? []));
  }

  run(id: string): StoredRun | null {
    if (!/^\d{1,15}$/.test(id)) return null;
    const row = this.#db.prepare('SELECT * FROM run WHERE id = ?').get(Number(id)) as RunRow | undefined;
    return row === undefined ? null : this.#read(row);
  }

  /** Runs that no console carries on: it was killed while they were under way. */
  underWay(): StoredRun[] {
    const rows = this.#db
      .prepare("SELECT * FROM run WHERE state IN ('running', 'waiting-for-operator') ORDER BY id")
      .all() as RunRow[];
    return rows.map((row) => this.#read(row));
  }

  saveRun(run: StoredRun): void {
    this.#db
      .prepare('UPDATE run SET state = ?, direction = ?, ended_at = ? WHERE id = ?')
      .run(run.state, run.direction, run.endedAt, Number(run.id));
  }

  saveStep(run: StoredRun, step: StoredStep): void {
    const { waitsFor, progress, notices, facts, memo } = step;
    this.#db
      .prepare(
        `UPDATE run_step SET state = ?, started_at = ?, ended_at = ?, note = ?, error = ?, made = ?, told = ?
         WHERE run = ? AND id = ?`,
      )
      .run(
        step.state,
        step.startedAt,
        step.endedAt,
        step.note,
        step.error === null ? null : JSON.stringify(step.error),
        JSON.stringify(step.made),
        JSON.stringify({ waitsFor, progress, notices, facts, memo } satisfies Told),
        Number(run.id),
        step.id,
      );
  }

  /** A cluster's plans and runs follow its new name. */
  rename(from: string, to: string): void {
    this.#db.prepare('UPDATE run SET cluster = ? WHERE cluster = ?').run(to, from);
  }

  #read(row: RunRow): StoredRun {
    const steps = this.#db.prepare('SELECT * FROM run_step WHERE run = ? ORDER BY position').all(row.id);
    return storedRun(row, steps as StepRow[]);
  }
}

function storedRun(row: RunRow, steps: StepRow[]): StoredRun {
  return {
    id: String(row.id),
    plan: row.plan,
    cluster: row.cluster,
    title: row.title,
    state: row.state,
    direction: row.direction,
    by: row.by,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    steps: steps.map((step) => ({
      id: step.id,
      state: step.state,
      startedAt: step.started_at,
      endedAt: step.ended_at,
      note: step.note,
      error: step.error === null ? null : JSON.parse(step.error),
      made: JSON.parse(step.made),
      ...NOTHING_TOLD,
      ...(JSON.parse(step.told) as Partial<Told>),
    })),
  };
}

/** Of which cluster a request speaks. */
export function clusterOf(request: PlanRequest): string {
  return 'cluster' in request ? request.cluster : request.name;
}
