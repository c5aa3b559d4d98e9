/** Takes back a copy of rows: tables that stood before are emptied. */
import { quoteQualified } from '#core/engines/quote.ts';
import type { SeedAction } from '#core/plan/executable.ts';
import { wholeOf } from '#core/rows/whole.ts';
import type { OthersRows } from './others-rows.ts';
import { rowsOn } from './seed-inventory.ts';
import { inOne, type Kept, keptRows } from './seed-kept.ts';
import type { StepContext } from './step-context.ts';
import { refuseWhileRead } from './undo-gate.ts';

/** Tables that stood before and were filled: emptied, where there is nothing of others in them. */
export async function emptyTables(
  action: SeedAction,
  others: OthersRows,
  context: StepContext,
): Promise<Kept[]> {
  const { node, tables } = action;
  const names = tables.map(({ schema, table }) => quoteQualified(schema, table));
  const kept = new Map<string, Kept>();
  const found = await rowsOn(node, copiedNames(names), context);
  /** Of those that are kept; from the others nothing is to be taken. */
  const holdOurs = new Set<string>();
  for (const row of found) {
    const rows = others.kept.get(String(row.leaf));
    if (rows === undefined) continue;
    kept.set(String(row.name), keptRows(String(row.name), rows.code, rows.why));
    if (others.ours.get(String(row.leaf)) !== 0) holdOurs.add(String(row.name));
  }
  const users = await rowsOn(node, referencing(names), context);
  for (let grown = true; grown; ) {
    grown = false;
    for (const row of users) {
      const [name, user] = [String(row.name), String(row.user)];
      const ours = found.some((each) => each.name === user);
      if (kept.has(name) || (ours && !kept.has(user))) continue;
      const code = ours ? 'after-others' : 'others-depend';
      const message = ours
        ? `${user} is kept and refers to it.`
        : `${user}, which was not copied, refers to it.`;
      kept.set(name, { code, object: `table ${name}`, message, sql: [`TRUNCATE ${name};`] });
      holdOurs.add(name);
      grown = true;
    }
  }
  const empty = [...new Set(found.map((row) => String(row.name)))].filter((name) => !kept.has(name));
  if (empty.length > 0) {
    const leaves = found.filter((row) => empty.includes(String(row.name))).map((row) => String(row.leaf));
    const statements = [
      // Nobody's triggers fire, but those that are set to fire always.
      'SET LOCAL session_replication_role = replica',
      `LOCK TABLE ${empty.join(', ')}`,
      ...leaves.flatMap((leaf) => others.guards.get(leaf) ?? []),
      `TRUNCATE ${empty.join(', ')}`,
    ];
    await refuseWhileRead(node, 'empty the copied tables', [`TRUNCATE ${empty.join(', ')};`], context);
    await inOne(node, statements, context);
  }
  return [...kept].flatMap(([name, item]) => (holdOurs.has(name) ? [item] : []));
}

const literals = (names: readonly string[]): string =>
  names.map((name) => `'${name.replaceAll("'", "''")}'`).join(', ');

/** The copied tables that are there, `name`, each with what it consists of, `leaf`, as the catalog identifies them. */
const copiedNames = (names: readonly string[]): string =>
  names.length === 0
    ? 'SELECT NULL WHERE false'
    : `SELECT (pg_identify_object('pg_class'::regclass, to_regclass(t.name), 0)).identity AS name, (pg_identify_object('pg_class'::regclass, whole.relid, 0)).identity AS leaf
  FROM unnest(ARRAY[${literals(names)}]) AS t(name) CROSS JOIN LATERAL ${wholeOf('to_regclass(t.name)')}`;

/** Tables whose foreign keys refer to a copied one: TRUNCATE refuses as long as they stand. */
const referencing = (names: readonly string[]): string =>
  names.length === 0
    ? 'SELECT NULL WHERE false'
    : `SELECT DISTINCT (pg_identify_object('pg_class'::regclass, k.confrelid, 0)).identity AS name, (pg_identify_object('pg_class'::regclass, k.conrelid, 0)).identity AS "user"
  FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid <> k.confrelid AND k.conparentid = 0 AND k.confrelid IN (SELECT to_regclass(t.name) FROM unnest(ARRAY[${literals(names)}]) AS t(name))`;
