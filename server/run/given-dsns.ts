/** DSNs that are given for one run: each must lead to the very server and database that the console knows as that node. */
import type { FieldIssue } from '#core/contract/errors.ts';
import { withKnownSecrets } from '#core/dsn/known-secrets.ts';
import { DsnError } from '#core/dsn/parse.ts';
import { missingDsns, missingIssue } from '#core/run/run-dsns.ts';
import { openConnection } from '#server/postgres/connection.ts';
import type { NodeFailure } from '#server/postgres/failure.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import type { Sandboxes } from '#server/sandbox/sandboxes.ts';
import type { Registry } from '#server/store/registry.ts';
import type { RunStore, StoredPlan, StoredRun } from '#server/store/runs.ts';
import { Refusal } from './refusal.ts';
import { registeredDsn } from './request-dsns.ts';

const CONNECT_MS = 5000;
/** Any role may ask it. The system identifier alone is the same on copies of one data folder. */
const WHICH = `SELECT concat_ws('/', (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()),
       pg_catalog.pg_postmaster_start_time()) AS server`;

/** The way to one node, or why there is none. */
type Tried = { ok: true; server: string | null } | { ok: false; error: NodeFailure };

export const refusedDsns = (issues: FieldIssue[]): Refusal =>
  new Refusal('UNPROCESSABLE_CONTENT', issues.map(({ message }) => message).join(' '), { issues });

type ByNode = Readonly<Record<string, string>>;

export class GivenDsns {
  readonly #parts: { registry: Registry; sandboxes: Sandboxes };
  readonly #store: RunStore;

  constructor(parts: { registry: Registry; sandboxes: Sandboxes }, store: RunStore) {
    this.#parts = parts;
    this.#store = store;
  }

  /** For a plan that is run: all that it needs, each of which can be used. Throws Refusal 422, with a fault on each field. */
  async forPlan({ plan }: StoredPlan, given: ByNode): Promise<Record<string, string>> {
    const missing = missingDsns(plan.rights ?? [], Object.keys(given)).map(missingIssue);
    const nodes = new Set(plan.steps.map(({ node }) => node));
    const checked = await this.#check(plan.cluster, given, (node) => nodes.has(node));
    const issues = [...missing, ...checked.issues];
    if (issues.length > 0) throw refusedDsns(issues);
    return checked.dsns;
  }

  /** For a run that goes on: those that are given now, else those that are kept with it, as long as they work. Throws Refusal 422. */
  async forRun(run: StoredRun, { plan }: StoredPlan, given: ByNode): Promise<Record<string, string>> {
    const kept = this.#store.dsns(run);
    const checked = await this.#check(run.cluster, given, () => true);
    const dsns = { ...kept, ...checked.dsns };
    const tired = await Promise.all(
      Object.entries(kept).map(([node, dsn]) =>
        given[node] === undefined ? noLongerWorks(node, dsn) : null,
      ),
    );
    const missing = missingDsns(plan.rights ?? [], Object.keys(dsns)).map(missingIssue);
    const issues = [...missing, ...checked.issues, ...tired.filter((issue) => issue !== null)];
    if (issues.length > 0) throw refusedDsns(issues);
    if (Object.keys(checked.dsns).length > 0) this.#store.saveDsns(run, dsns);
    return dsns;
  }

  /**
   * Where the console's own DSN of a node does not answer, or may not be asked which server it is, the given one is taken at its
   * word; the run itself holds fast to the server that it first reached.
   */
  async #check(
    cluster: string,
    given: ByNode,
    isOfPlan: (node: string) => boolean,
  ): Promise<{ dsns: Record<string, string>; issues: FieldIssue[] }> {
    const { registry, sandboxes } = this.#parts;
    const dsns: Record<string, string> = {};
    const issues: FieldIssue[] = [];
    await Promise.all(
      Object.entries(given).map(async ([node, text]) => {
        const path = ['dsns', node];
        const own = isOfPlan(node) ? registeredDsn(cluster, node, registry, sandboxes) : null;
        if (own === null) {
          const message = `The plan does nothing on a node ${node}.`;
          issues.push({ path, code: 'no-node', message, remedy: 'Leave its DSN out.' });
          return;
        }
        const dsn = withKnownSecrets(text, [own]);
        dsns[node] = dsn;
        const [tried, known] = await Promise.all([tryIt(dsn), tryIt(own)]);
        const issue = issueOf(node, tried, known);
        if (issue !== null) issues.push({ ...issue, path });
      }),
    );
    return { dsns, issues };
  }
}

/** Why one that worked before is asked for again; null: it works, or its server does not answer, which another one would not mend. */
async function noLongerWorks(node: string, dsn: string): Promise<FieldIssue | null> {
  const tried = await tryIt(dsn);
  if (tried.ok || !REFUSED.has(tried.error.code)) return null;
  return {
    path: ['dsns', node],
    code: tried.error.code === 'auth' ? 'wrong-password' : 'no-permission',
    message: `The DSN that was given for this run no longer works on ${node}: ${tried.error.message}`,
    remedy: 'Give another one, for this run only.',
  };
}

const REFUSED: ReadonlySet<NodeFailure['code']> = new Set(['auth', 'permission', 'no-database']);

function issueOf(node: string, tried: Tried, known: Tried): Omit<FieldIssue, 'path'> | null {
  if (!tried.ok) {
    const { code, message } = tried.error;
    return {
      code: code === 'auth' ? 'wrong-password' : code === 'dsn' ? 'malformed-dsn' : 'unreachable',
      message: `${node} cannot be reached with it: ${message}`,
      remedy:
        code === 'dsn' ? 'Write postgres://user:password@host:5432/dbname.' : 'Correct it, then try again.',
    };
  }
  if (known.ok && known.server !== null && tried.server !== null && known.server !== tried.server) {
    return {
      code: 'other-server',
      message: `This DSN leads to another server or database than the one that the console knows as ${node}.`,
      remedy: `Give a DSN of the same server and database, with another role.`,
    };
  }
  return null;
}

async function tryIt(dsn: string): Promise<Tried> {
  let targets: ReturnType<typeof connectionTargets>;
  try {
    targets = connectionTargets(dsn);
  } catch (error) {
    if (!(error instanceof DsnError)) throw error;
    return { ok: false, error: { code: 'dsn', message: error.message, sqlstate: null, detail: null } };
  }
  const opened = await openConnection(targets, CONNECT_MS, CONNECT_MS * 2);
  if (!opened.ok) return opened;
  try {
    const asked = await opened.value.run(WHICH, CONNECT_MS);
    return { ok: true, server: asked.ok ? String(asked.value[0]?.rows[0]?.server) : null };
  } finally {
    opened.value.close();
  }
}
