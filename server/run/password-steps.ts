/**
 * The peers' password, in a node's catalog and of the role. It stands in the plan's sealed DSNs; what was before is kept sealed with
 * the run. No statement with a piece of it is shown, told in an error, or written to a server's log.
 */
import { readDsn } from '#core/dsn/read.ts';
import { withRole } from '#core/dsn/with-role.ts';
import { quoteIdent, quoteLiteral } from '#core/engines/quote.ts';
import type { Connection } from '#server/postgres/connection.ts';
import { runLocalStatements } from './local-transaction.ts';
import { scramVerifier } from './scram-verifier.ts';
import { runStatement } from './sessions.ts';
import type { Executor, StepContext } from './step-context.ts';
import { StepFailure, sqlFailure } from './step-failure.ts';

const ASK_MS = 10_000;
const BEFORE = 'before';
/** So that no setting of the server writes the statements down. It takes a superuser, as the statements do. */
const UNLOGGED = [
  'SET LOCAL log_statement = none',
  'SET LOCAL log_min_duration_statement = -1',
  'SET LOCAL log_min_error_statement = panic',
];

interface Interface {
  id: string;
  dsn: string;
}

export const peerPassword: Executor<'peer-password'> = {
  async run({ node, role }, context) {
    const password = passwordOf(context, role);
    return on(node, context, async (connection) => {
      const all = await interfacesOf(node, connection, context);
      const changes = all.flatMap(({ id, dsn }) => {
        const { values, fault } = readDsn(dsn);
        if (fault !== null || values.get('user') !== role || values.get('password') === password) return [];
        const to = withRole(dsn, role, password);
        return to === null ? [] : [{ id, dsn, to }];
      });
      if (changes.length === 0) return { skipped: !context.made(0) };
      context.rememberSealed(BEFORE, JSON.stringify(changes));
      context.willMake(0);
      await write(
        node,
        connection,
        changes.map(({ id, dsn, to }) => context.changes.nodes.setInterfaceDsn(id, to, dsn)),
        context,
      );
      context.note(`${changes.length} of ${all.length} interfaces`);
      return { skipped: false };
    });
  },
  async undo({ node }, context) {
    const kept = context.made(0) ? context.recallSealed(BEFORE) : null;
    if (kept === null) return;
    const before = JSON.parse(kept) as { id: string; dsn: string; to: string }[];
    await on(node, context, (connection) =>
      write(
        node,
        connection,
        before.map(({ id, dsn, to }) => context.changes.nodes.setInterfaceDsn(id, dsn, to)),
        context,
      ),
    );
  },
};

/** It may be sent by automatic DDL: so it stays on its node, and each node gets its own. */
export const rolePassword: Executor<'role-password'> = {
  async run({ node, role }, context) {
    const password = passwordOf(context, role);
    const before = await on(node, context, async (connection) => {
      const asked = await runStatement(
        connection,
        `SELECT rolpassword FROM pg_authid WHERE rolname = ${quoteLiteral(role)}`,
        ASK_MS,
      );
      if (!asked.ok) throw sqlFailure(node, null, asked.error);
      const row = asked.value.at(-1)?.rows[0];
      if (row === undefined) throw gone(node, role);
      return row.rolpassword === null ? null : String(row.rolpassword);
    });
    if (!context.made(0)) context.rememberSealed(BEFORE, JSON.stringify({ before }));
    context.willMake(0);
    await alterRole(node, role, scramVerifier(password), context);
    return { skipped: false };
  },
  async undo({ node, role }, context) {
    const kept = context.made(0) ? context.recallSealed(BEFORE) : null;
    if (kept === null) return;
    await alterRole(node, role, (JSON.parse(kept) as { before: string | null }).before, context);
  },
};

async function alterRole(
  node: string,
  role: string,
  verifier: string | null,
  context: StepContext,
): Promise<void> {
  const shown = `ALTER ROLE ${quoteIdent(role)} PASSWORD '••••';`;
  const text = `ALTER ROLE ${quoteIdent(role)} PASSWORD ${verifier === null ? 'NULL' : quoteLiteral(verifier)}`;
  await runLocalStatements(
    node,
    [...UNLOGGED.map((each) => ({ text: each, shown: `${each};` })), { text, shown }],
    ASK_MS,
    context,
  );
}

/** All or nothing; one that is not as it was read is somebody else's work, and ends it. */
async function write(
  node: string,
  connection: Connection,
  updates: readonly string[],
  context: StepContext,
): Promise<void> {
  const { setInterfaceDsnText } = context.changes.nodes;
  const run = async (text: string, shown: string) => {
    const outcome = await runStatement(connection, text, ASK_MS);
    if (!outcome.ok) throw sqlFailure(node, shown, outcome.error);
    return outcome.value.at(-1)?.rows.length ?? 0;
  };
  try {
    await run('BEGIN', 'BEGIN;');
    for (const text of UNLOGGED) await run(text, `${text};`);
    for (const text of updates) {
      if ((await run(`${text} RETURNING 1`, `${setInterfaceDsnText};`)) !== 1) throw changed(node);
    }
    await run('COMMIT', 'COMMIT;');
  } catch (error) {
    connection.close();
    throw error;
  }
}

async function interfacesOf(
  node: string,
  connection: Connection,
  { changes }: StepContext,
): Promise<Interface[]> {
  const asked = await runStatement(connection, changes.cluster.interfaceDsns, ASK_MS);
  if (!asked.ok) throw sqlFailure(node, null, asked.error);
  return (asked.value.at(-1)?.rows ?? []).map(({ id, dsn }) => ({ id: String(id), dsn: String(dsn) }));
}

async function on<T>(
  node: string,
  context: StepContext,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const outcome = await context.sessions.with<T>(context.dsn(node), async (connection) => ({
    ok: true,
    value: await work(connection),
  }));
  if (!outcome.ok) throw sqlFailure(node, null, outcome.error);
  return outcome.value;
}

/** By which the peers reach this node, with the new password, as the plan holds it sealed. */
function passwordOf(context: StepContext, role: string): string {
  const { values } = readDsn(context.peerDsn(context.step.node ?? ''));
  const password = values.get('user') === role ? values.get('password') : undefined;
  if (password !== undefined) return password;
  throw failure('changed', 'The new password is no longer kept with the plan.', 'Plan it again.');
}

const changed = (node: string) =>
  failure(
    'changed',
    `An interface on ${node} was changed while the run was at it. Nothing was written there.`,
    'Continue: it is read again.',
  );
const gone = (node: string, role: string) =>
  failure('changed', `${node} has no role ${role} any more.`, 'Create it again, then continue.');

const failure = (code: 'changed', message: string, remedy: string) =>
  new StepFailure({ code, message, sqlstate: null, statement: null, cause: null, remedy });
