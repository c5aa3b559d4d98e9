/** Which tables go into which set, and what of them is added up: choices over what the nodes hold. Pure. */
import type { DeployAnswers, DeployTable, TableLook } from '#core/model/deploy.ts';

type Tables = DeployAnswers['tables'];
export interface Choice {
  /** Null: the table stays out. */
  set: string | null;
  deltaColumns: string[];
}
export type Choices = ReadonlyMap<string, Choice>;

export const tableKey = ({ schema, table }: Pick<TableLook, 'schema' | 'table'>): string =>
  JSON.stringify([schema, table]);

/** What holds for each table: as answered, else its default. */
export function choicesOf(answered: Tables, tables: TableLook[]): Map<string, Choice> {
  const given =
    typeof answered === 'string' ? null : new Map(answered.map((choice) => [tableKey(choice), choice]));
  return new Map(
    tables.map((look) => {
      if (answered === 'all') return [tableKey(look), { set: look.suggestedSet, deltaColumns: [] }];
      const own = given?.get(tableKey(look));
      return [tableKey(look), { set: own?.set ?? null, deltaColumns: own?.deltaColumns ?? [] }];
    }),
  );
}

/** The answers with some tables chosen anew. When all are at their defaults again, `all` says so in one word. */
export function choose(
  answered: Tables,
  tables: TableLook[],
  chosen: TableLook[],
  change: (choice: Choice, look: TableLook) => Partial<Choice>,
): Tables {
  const choices = choicesOf(answered, tables);
  for (const look of chosen) {
    const old = choices.get(tableKey(look)) ?? { set: null, deltaColumns: [] };
    const next = { ...old, ...change(old, look) };
    // A table that stays out has nothing to add up.
    choices.set(tableKey(look), next.set === null ? { set: null, deltaColumns: [] } : next);
  }
  const all = tables.map((look): DeployTable => {
    const { set = null, deltaColumns = [] } = choices.get(tableKey(look)) ?? {};
    return { schema: look.schema, table: look.table, set, deltaColumns };
  });
  if (all.every((one, at) => one.set === tables[at]?.suggestedSet && one.deltaColumns.length === 0))
    return 'all';
  return all.every((one) => one.set === null) ? 'none' : all;
}

/** Sets that a table can be in: without a key only those that replicate nothing but INSERT. */
export const setsFor = (look: Pick<TableLook, 'hasKey'>): string[] =>
  look.hasKey ? ['default', 'default_insert_only'] : ['default_insert_only'];

/** How many go into each set, and how many into none. */
export function countsOf(answered: Tables, tables: TableLook[]): { sets: Map<string, number>; out: number } {
  const sets = new Map<string, number>();
  let out = 0;
  for (const { set } of choicesOf(answered, tables).values()) {
    if (set === null) out += 1;
    else sets.set(set, (sets.get(set) ?? 0) + 1);
  }
  return { sets, out };
}

export type Which = 'all' | 'no-key' | 'differs' | 'out';

/** Whether the nodes hold a table alike; one that is missing on some is alike if its structure is copied there. */
export function differs(look: TableLook, source: string | null): boolean {
  if (look.differences.length > 0) return true;
  return look.missingOn.length > 0 && (source === null || look.missingOn.includes(source));
}

export function shown(
  tables: TableLook[],
  choices: Choices,
  { filter, which, source }: { filter: string; which: Which; source: string | null },
): TableLook[] {
  const wanted = filter.trim().toLowerCase();
  return tables.filter((look) => {
    if (wanted !== '' && !`${look.schema}.${look.table}`.toLowerCase().includes(wanted)) return false;
    if (which === 'no-key') return !look.hasKey;
    if (which === 'differs') return differs(look, source);
    return which !== 'out' || choices.get(tableKey(look))?.set === null;
  });
}

/** Columns that are offered to be added up and are not: those whose name or use says that they are a sum. */
export const suggestedDeltas = (look: TableLook): string[] =>
  look.hasKey ? look.deltaCandidates.filter((one) => one.suggested).map((one) => one.name) : [];
