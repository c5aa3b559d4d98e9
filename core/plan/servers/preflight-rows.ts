/** Preflight of rows: on one node only where they are copied, and said with numbers where they are not. */
import { countOf, formatBytes, formatCount } from '#core/model/format.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import { type Choices, type Server, shownName, some } from './choices.ts';

/** Rows of all chosen tables on a node; `about` where the server estimates. */
function rowsOn({ tables }: Choices, node: string): string {
  let sum = 0;
  let about = false;
  for (const { on } of tables) {
    const there = on.get(node);
    if (there === undefined || !there.hasRows) continue;
    if (there.rows === null) about = true;
    else sum += there.rows;
    if (there.rowsUnread !== null || (there.rows ?? 0) > COUNTED) about = true;
  }
  return `${about ? 'about ' : ''}${formatCount(Math.round(sum))}`;
}

/** As many are counted, more are an estimate (the questions count so far). */
const COUNTED = 1000;

export function checkRows(
  grounds: Grounds,
  { name, facts }: Server,
  servers: readonly Server[],
  choices: Choices,
): void {
  const { tables, source } = choices;
  const unread = tables.filter(({ on }) => typeof on.get(name)?.rowsUnread === 'string');
  if (unread.length > 0) {
    const said = unread.map((table) => `${shownName(table)} (${table.on.get(name)?.rowsUnread})`);
    grounds.stop(name, 'Rows', `not known of ${countOf(unread.length, 'table')}`, {
      code: 'rows-not-known',
      message: `It is not known whether ${name} has rows in ${some(said)}.`,
      remedy:
        'Let the session that holds the table end (pg_stat_activity and pg_locks name it), or leave the table out, then check again.',
    });
    return;
  }
  const filled = tables.filter(({ on }) => on.get(name)?.hasRows === true);
  const bytes = filled.reduce((sum, { on }) => sum + (on.get(name)?.bytes ?? 0), 0);
  if (source?.name === name) {
    grounds.ok(name, 'Rows', `source of the data, ${formatBytes(bytes)}`);
    return;
  }
  if (source !== null) {
    const subscribed = facts.subscriptions.some(({ provider }) => provider === source.name);
    if (subscribed) grounds.ok(name, 'Rows', `from ${source.name}, by an earlier attempt`);
    else if (filled.length === 0 && !choices.structure.includes(name) && !choices.rowsOnly.includes(name)) {
      grounds.ok(name, 'Rows', 'none');
    } else if (filled.length === 0) {
      grounds.todo(name, 'Rows', `none: from ${source.name}`, `seed:${name}`);
    } else {
      grounds.stop(name, 'Rows', countOf(filled.length, 'table with rows', 'tables with rows'), {
        code: 'rows-on-both',
        message: `${name} has rows of its own in ${some(filled.map(shownName))}: a copy from ${source.name} would conflict with them.`,
        remedy: `Empty them on ${name} (TRUNCATE), leave ${name} out, or copy nothing where both have the same rows.`,
      });
    }
    return;
  }
  const elsewhere = tables.filter(
    ({ on }) =>
      on.get(name)?.hasRows !== true && servers.some((other) => on.get(other.name)?.hasRows === true),
  );
  if (elsewhere.length > 0) {
    const holder = servers.find((other) => elsewhere[0]?.on.get(other.name)?.hasRows === true)?.name;
    grounds.stop(name, 'Rows', `none in ${countOf(elsewhere.length, 'table')} that ${holder} has filled`, {
      code: 'rows-differ',
      message: `${some(elsewhere.map(shownName))} has rows on ${holder} and none on ${name}; without a copy the nodes would differ.`,
      remedy: `Choose ${holder} as the node whose data seeds the others.`,
    });
  } else if (filled.length === 0) grounds.ok(name, 'Rows', 'none');
  else {
    const each = servers.map((server) => `${server.name} ${rowsOn(choices, server.name)}`).join(', ');
    grounds.know(name, 'Rows', `existing rows are not copied: ${each}; compared at the end`);
  }
}
