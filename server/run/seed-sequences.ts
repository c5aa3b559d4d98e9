/** Positions of sequences, which no copy brings: set where the provider's stand, and given back. */
import { quoteLiteral, quoteQualified } from '#core/engines/quote.ts';
import type { LeftToDo } from '#core/model/plan.ts';
import type { SeedAction } from '#core/plan/executable.ts';
import { rowsOn } from './seed-inventory.ts';
import type { StepContext } from './step-context.ts';

interface Moved {
  name: string;
  /** As it stood before; `last` null: it had given no number. */
  last: string | null;
  start: string;
  set: string;
}

const POSITIONS = (names: readonly string[]): string =>
  `SELECT t.name, s.last_value::text AS position, s.start_value::text AS start FROM unnest(ARRAY[${names.map(quoteLiteral).join(', ')}]) AS t(name)
     JOIN pg_class c ON c.oid = to_regclass(t.name) JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_sequences s ON s.schemaname = n.nspname AND s.sequencename = c.relname`;

export async function setSequences(
  { node, provider, sequences }: SeedAction,
  context: StepContext,
): Promise<void> {
  if (sequences.length === 0) return;
  const names = sequences.map(({ schema, sequence }) => quoteQualified(schema, sequence));
  const wanted = new Map(
    (await rowsOn(provider, POSITIONS(names), context)).flatMap((row) =>
      row.position === null ? [] : [[String(row.name), String(row.position)]],
    ),
  );
  const here = await rowsOn(node, POSITIONS(names), context);
  const known = (context.recall('sequences') as Moved[] | undefined) ?? [];
  const moved = here.flatMap((row): Moved[] => {
    const name = String(row.name);
    const set = wanted.get(name);
    const earlier = known.find((each) => each.name === name);
    if (set === undefined) return [];
    const last = row.position === null ? null : String(row.position);
    return [earlier === undefined ? { name, last, start: String(row.start), set } : { ...earlier, set }];
  });
  if (moved.length === 0) return;
  // On disk before it is done: what stood there is known after a crash as well.
  context.remember('sequences', moved);
  const values = moved.map(({ name, set }) => `(${quoteLiteral(name)}, ${quoteLiteral(set)}::bigint)`);
  await rowsOn(
    node,
    `SELECT setval(to_regclass(v.name), v.position) FROM (VALUES ${values.join(', ')}) AS v(name, position) WHERE to_regclass(v.name) IS NOT NULL`,
    context,
  );
}

/** Those that are still there, and have given no number since; the others are said. */
export async function sequencesBack(
  { node }: SeedAction,
  context: StepContext,
): Promise<Omit<LeftToDo, 'step' | 'node'>[]> {
  const moved = (context.recall('sequences') as Moved[] | undefined) ?? [];
  if (moved.length === 0) return [];
  const here = await rowsOn(node, POSITIONS(moved.map(({ name }) => name)), context);
  const kept: Omit<LeftToDo, 'step' | 'node'>[] = [];
  for (const { name, last, start, set } of moved) {
    const now = here.find((row) => row.name === name);
    if (now === undefined || now.position === last) continue;
    const text = `SELECT setval(${quoteLiteral(name)}, ${last ?? start}, ${last !== null})`;
    if (now.position === set) await rowsOn(node, text, context);
    else {
      kept.push({
        code: 'stays',
        object: `sequence ${name}`,
        message: `It was set to ${set} and has been used since.`,
        sql: [`${text};`],
      });
    }
  }
  return kept;
}
