/** Whether tables can be in a set: what writes no WAL of its own rows cannot, nor what has no key where the set sends more than INSERT. */
import { formatNames } from '#core/model/format.ts';
import type { ObservedFacts, ObservedSetTable } from '#core/model/observed.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import type { Chosen } from './members.ts';
import { listText } from './tables-words.ts';

type Target = ObservedFacts['sets'][number];

interface Unfit {
  tables: ObservedSetTable[];
  why: string;
}

/**
 * Those that can. A table that is named and cannot blocks the plan; one that a pattern matches is left out, and said, as long as
 * others are left.
 */
export function fitting(
  grounds: Grounds,
  node: string,
  set: string,
  target: Target,
  chosen: readonly Chosen[],
): Chosen[] {
  const unfit = new Map<string, Unfit>();
  const fit = chosen.filter(({ table, wanted }) => {
    const why = kindTrouble(table) ?? keyTrouble(table, target);
    if (why === null) return true;
    const key = JSON.stringify([why, wanted === null]);
    unfit.set(key, { why, tables: [...(unfit.get(key)?.tables ?? []), table] });
    return false;
  });
  const matched = chosen.filter(({ wanted }) => wanted === null);
  const leavesSome = fit.some(({ wanted }) => wanted === null);
  for (const [key, { tables, why }] of unfit) {
    const isMatched = (JSON.parse(key) as [string, boolean])[1];
    if (isMatched && leavesSome && matched.length > 0) {
      grounds.know(node, 'Left out', `${listText(tables)}: ${saidOf(why, set, grounds)}`);
    } else block(grounds, node, set, tables, why);
  }
  tellRest(grounds, node, fit, target);
  return fit;
}

const NO_KEY = 'no key';

/** spock_repset.c, replication_set_add_table. */
function kindTrouble({ kind, persistence = 'p', partitions = [] }: ObservedSetTable): string | null {
  if (kind === 'f' || partitions.some((each) => each.kind === 'f'))
    return 'a foreign table, or has one as a partition';
  if (persistence === 'p') return null;
  return persistence === 'u' ? 'unlogged' : 'temporary';
}

function keyTrouble({ hasKey, keyTrouble: trouble = null }: ObservedSetTable, target: Target): string | null {
  if (hasKey || !(target.update || target.delete)) return null;
  return trouble === null ? NO_KEY : `${NO_KEY}: ${trouble}`;
}

const saidOf = (why: string, set: string, { changes }: Grounds): string =>
  why.startsWith(NO_KEY)
    ? `no key${why.slice(NO_KEY.length)}, and ${set} replicates UPDATE or DELETE; a set that sends INSERT only (${changes.sets.insertOnly}) accepts them`
    : why;

function block(
  grounds: Grounds,
  node: string,
  set: string,
  tables: readonly ObservedSetTable[],
  why: string,
): void {
  const { words, sets } = grounds.changes;
  const names = listText(tables);
  const [is, has, it] = tables.length === 1 ? ['is', 'has', 'it'] : ['are', 'have', 'them'];
  if (!why.startsWith(NO_KEY)) {
    grounds.stop(node, 'Kind', why, {
      code: 'not-replicable',
      message: `${names} ${is} ${why} on ${node}: ${words.name} cannot replicate ${it}.`,
      remedy:
        why === 'unlogged'
          ? `Make ${it} logged first (ALTER TABLE … SET LOGGED), or leave ${it} out.`
          : `Leave ${it} out of replication sets.`,
    });
    return;
  }
  const trouble = why === NO_KEY ? null : why.slice(NO_KEY.length + 2);
  grounds.stop(node, 'Key', trouble === null ? 'none' : `none: ${trouble}`, {
    code: 'no-key',
    message: `${names} ${has} no ${trouble === null ? 'primary key' : `key that ${words.name} accepts (${trouble})`} on ${node}, and ${set} replicates UPDATE or DELETE.`,
    remedy:
      trouble === null
        ? `Add a primary key on every node, or use a set that sends INSERT only (${sets.insertOnly}).`
        : `Give ${it} a primary key that is not deferrable and REPLICA IDENTITY DEFAULT on every node, or use a set that sends INSERT only (${sets.insertOnly}).`,
  });
}

function tellRest(grounds: Grounds, node: string, fit: readonly Chosen[], target: Target): void {
  if (fit.length === 0) return;
  const keyless = fit.filter(({ table }) => !table.hasKey);
  const value =
    keyless.length === 0
      ? 'there'
      : `${keyless.length === fit.length ? 'none' : `none on ${listText(keyless.map(({ table }) => table))}`}, and not needed: the set sends INSERT only`;
  if (keyless.length === 0 || !(target.update || target.delete)) grounds.ok(node, 'Key', value);
  const children = [...new Set(fit.flatMap(({ table }) => table.children ?? []))];
  if (children.length > 0) {
    grounds.know(
      node,
      'Inherited by',
      `${formatNames(children)}: not added with it, each has rows of its own`,
    );
  }
}
