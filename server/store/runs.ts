/** Plans and runs, and the journal by which a run goes on, or is taken back, after the console was killed in its midst. */
import type { NodeRights, Plan, PlanRequest, Run, RunState, RunStep } from '#core/model/plan.ts';
import { type ExecutablePlan, PLAN_VERSION } from '#core/plan/executable.ts';
import { allowedOf } from '#core/run/allowed.ts';
import { isOver } from '#core/run/machine.ts';
import { missingDsns } from '#core/run/run-dsns.ts';
import { emptyStep, type JournalStep } from '#core/run/step-change.ts';
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
  'ALTER TABLE plan ADD COLUMN draft_version INTEGER NOT NULL DEFAULT 1;',
  "ALTER TABLE run ADD COLUMN servers TEXT NOT NULL DEFAULT '{}';",
  `ALTER TABLE run ADD COLUMN rights TEXT NOT NULL DEFAULT '[]';
   ALTER TABLE run ADD COLUMN sealed_dsns TEXT;
   ALTER TABLE run ADD COLUMN dsns_of TEXT NOT NULL DEFAULT '[]';`,
  `ALTER TABLE plan RENAME COLUMN draft TO executable;
   ALTER TABLE plan RENAME COLUMN draft_version TO plan_version;`,
];

/** Plans that were never run are kept this many; those that were run stay with their runs. */
const PLANS_KEPT = 500;
const RUNS_LISTED = 200;
const RUNS = 'SELECT r.*, p.plan_version FROM run r JOIN plan p ON p.id = r.plan';

/** Before the keys of what a step remembers sealed. */
export const SEALED = 'sealed ';

/** A plan's password is nobody's to keep when its run is over; the DSNs of a deploy are, to plan it again. */
const WIPE_PASSWORD = `UPDATE plan SET sealed_dsns = NULL WHERE json_extract(request, '$.kind') = 'peer-password'`;

/** How the console reaches a node, and how its peers do. */
export interface NodeDsns {
  dsn: string;
  peerDsn: string;
}

export interface StoredPlan {
  plan: Plan;
  executable: ExecutablePlan;
  /** PLAN_VERSION of the console that made it. */
  planVersion: number;
  /** By node: of servers that no registry knows yet. Sealed on disk. */
  dsns: Record<string, NodeDsns>;
}

export type Direction = Run['direction'];

/** A step of a run with its journal. */
export interface StoredStep extends JournalStep {
  /** What the step must know of itself after a crash. */
  memo: Record<string, unknown>;
}

export interface StoredRun extends Omit<Run, 'steps' | 'leftToDo' | 'allowed' | 'needs'> {
  /** As the plan has them. */
  rights: NodeRights[];
  steps: StoredStep[];
  /** PLAN_VERSION of the console that made its plan. */
  planVersion: number;
  /** By node: which server answered there when the run first reached it. */
  servers: Record<string, string>;
}

/** As the API gives it. */
export function shownRun({ steps, planVersion, servers: _servers, rights, ...run }: StoredRun): Run {
  return {
    ...run,
    needs: isOver(run) ? [] : missingDsns(rights, run.dsnsKept),
    allowed: allowedOf({ ...run, steps }, planVersion === PLAN_VERSION),
    steps: steps.map(({ made: _made, memo: _memo, left: _left, ...step }) => step),
    leftToDo: steps.flatMap(({ left }) => left),
  };
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
  servers: string;
  plan_version: number;
  rights: string;
  dsns_of: string;
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
type Told = Pick<
  StoredStep,
  'waitsFor' | 'progress' | 'notices' | 'facts' | 'know' | 'proving' | 'left' | 'memo'
>;

export class RunStore {
  readonly #db: Database;
  readonly #seal: Seal;

  constructor(db: Database, seal: Seal) {
    this.#db = db;
    this.#seal = seal;
    migrate(db, 'runs', STEPS);
  }

  savePlan({ plan, executable, dsns }: StoredPlan): void {
    const sealed = Object.keys(dsns).length === 0 ? null : this.#seal.seal(JSON.stringify(dsns));
    this.#db
      .prepare(
        'INSERT INTO plan (id, cluster, created_at, request, shown, executable, sealed_dsns, plan_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      )
      .run(
        plan.id,
        plan.cluster,
        plan.createdAt,
        JSON.stringify(plan.request),
        JSON.stringify(plan),
        JSON.stringify(executable),
        sealed,
        PLAN_VERSION,
      );
    this.#db
      .prepare(
        `DELETE FROM plan WHERE id NOT IN (SELECT plan FROM run)
           AND id NOT IN (SELECT id FROM plan ORDER BY rowid DESC LIMIT ?)`,
      )
      .run(PLANS_KEPT);
  }

  plan(id: string): StoredPlan | null {
    const row = this.#db
      .prepare('SELECT shown, executable, sealed_dsns, plan_version FROM plan WHERE id = ?')
      .get(id) as
      | { shown: string; executable: string; sealed_dsns: string | null; plan_version: number }
      | undefined;
    if (row === undefined) return null;
    const dsns = row.sealed_dsns === null ? {} : JSON.parse(this.#seal.open(row.sealed_dsns));
    return {
      plan: JSON.parse(row.shown),
      executable: JSON.parse(row.executable),
      planVersion: row.plan_version,
      dsns,
    };
  }

  /** A new run of a plan, all its steps waiting. `dsns`: given for it, by node. */
  createRun(
    { plan }: StoredPlan,
    startedAt: string,
    by: string | null,
    dsns: Record<string, string> = {},
  ): StoredRun {
    return this.#db.transaction((): StoredRun => {
      const { lastInsertRowid } = this.#db
        .prepare(
          `INSERT INTO run (plan, cluster, title, state, direction, started_at, by, rights)
           VALUES (?, ?, ?, 'running', 'forward', ?, ?, ?)`,
        )
        .run(plan.id, plan.cluster, plan.title, startedAt, by, JSON.stringify(plan.rights ?? []));
      const run = Number(lastInsertRowid);
      this.wipeDsnsOf(plan.cluster, plan.id);
      this.#keepDsns(run, dsns);
      const insert = this.#db.prepare(
        `INSERT INTO run_step (run, position, id, state, made) VALUES (?, ?, ?, 'waiting', '[]')`,
      );
      plan.steps.forEach((step, position) => {
        insert.run(run, position, step.id);
      });
      return this.run(String(run)) as StoredRun;
    })();
  }

  /** Newest first; `plan`: only those of that plan. */
  runs(plan?: string): StoredRun[] {
    if (plan !== undefined) {
      const ofPlan = this.#db.prepare(`${RUNS} WHERE r.plan = ? ORDER BY r.id DESC`).all(plan) as RunRow[];
      return ofPlan.map((row) => this.#read(row));
    }
    const rows = this.#db.prepare(`${RUNS} ORDER BY r.id DESC LIMIT ?`).all(RUNS_LISTED) as RunRow[];
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
    const row = this.#db.prepare(`${RUNS} WHERE r.id = ?`).get(Number(id)) as RunRow | undefined;
    return row === undefined ? null : this.#read(row);
  }

  /** Runs that no console carries on: it was killed while they were under way. */
  underWay(): StoredRun[] {
    const rows = this.#db
      .prepare(`${RUNS} WHERE r.state IN ('running', 'waiting-for-operator') ORDER BY r.id`)
      .all() as RunRow[];
    return rows.map((row) => this.#read(row));
  }

  /** With the end of a run that nothing more comes of, the DSNs that were given for it are wiped. */
  saveRun(run: StoredRun): void {
    this.#db
      .prepare('UPDATE run SET state = ?, direction = ?, ended_at = ?, servers = ? WHERE id = ?')
      .run(run.state, run.direction, run.endedAt, JSON.stringify(run.servers), Number(run.id));
    if (!isOver(run)) return;
    this.saveDsns(run, {});
    this.#db.prepare(`${WIPE_PASSWORD} AND id = ?`).run(run.plan);
    for (const step of run.steps) {
      const kept = Object.entries(step.memo).filter(([key]) => !key.startsWith(SEALED));
      if (kept.length === Object.keys(step.memo).length) continue;
      step.memo = Object.fromEntries(kept);
      this.saveStep(run, step);
    }
  }

  /** DSNs that were given for a run, by node. Throws where the key has changed. */
  dsns(run: StoredRun): Record<string, string> {
    const row = this.#db.prepare('SELECT sealed_dsns FROM run WHERE id = ?').get(Number(run.id)) as
      | { sealed_dsns: string | null }
      | undefined;
    const sealed = row?.sealed_dsns ?? null;
    return sealed === null ? {} : JSON.parse(this.#seal.open(sealed));
  }

  /** In the place of those before; none: wiped. */
  saveDsns(run: StoredRun, dsns: Record<string, string>): void {
    run.dsnsKept = Object.keys(dsns).sort();
    this.#keepDsns(Number(run.id), dsns);
  }

  #keepDsns(run: number, dsns: Record<string, string>): void {
    const nodes = Object.keys(dsns).sort();
    const sealed = nodes.length === 0 ? null : this.#seal.seal(JSON.stringify(dsns));
    this.#db
      .prepare('UPDATE run SET sealed_dsns = ?, dsns_of = ? WHERE id = ?')
      .run(sealed, JSON.stringify(nodes), run);
  }

  /** Of runs of a cluster that have stopped: they are asked for again should one of them be gone on with. */
  wipeDsnsOf(cluster: string, but = ''): void {
    this.#db
      .prepare(
        `UPDATE run SET sealed_dsns = NULL, dsns_of = '[]'
          WHERE cluster = ? AND sealed_dsns IS NOT NULL AND state NOT IN ('running', 'waiting-for-operator')`,
      )
      .run(cluster);
    this.#db
      .prepare(
        `${WIPE_PASSWORD} AND cluster = ? AND id <> ?
           AND id NOT IN (SELECT plan FROM run WHERE state IN ('running', 'waiting-for-operator'))`,
      )
      .run(cluster, but);
  }

  /** The run and all its steps: after a time in which they could not be written. */
  saveWhole(run: StoredRun): void {
    this.#db.transaction(() => {
      this.saveRun(run);
      for (const step of run.steps) this.saveStep(run, step);
    })();
  }

  saveStep(run: StoredRun, step: StoredStep): void {
    const { waitsFor, progress, notices, facts, know, proving, left, memo } = step;
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
        JSON.stringify({ waitsFor, progress, notices, facts, know, proving, left, memo } satisfies Told),
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
    planVersion: row.plan_version,
    servers: JSON.parse(row.servers),
    rights: JSON.parse(row.rights),
    dsnsKept: JSON.parse(row.dsns_of),
    steps: steps.map((step) => ({
      ...emptyStep(step.id, step.state),
      memo: {},
      startedAt: step.started_at,
      endedAt: step.ended_at,
      note: step.note,
      // Errors of before had no code.
      error: step.error === null ? null : { code: 'statement-failed', ...JSON.parse(step.error) },
      made: JSON.parse(step.made),
      ...(JSON.parse(step.told) as Partial<Told>),
    })),
  };
}

/** Of which cluster a request speaks. */
export function clusterOf(request: PlanRequest): string {
  return 'cluster' in request ? request.cluster : request.name;
}
