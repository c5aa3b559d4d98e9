/** Sentences of the wizard. */
import type { TablesLook } from '#core/model/deploy.ts';
import { formatNames } from '#core/model/format.ts';
import { count, plural } from '#src/lib/units.ts';
import { countsOf, differs } from './choices.ts';
import { type Form, LEAST, type NodeRow } from './form.ts';
import type { Looks } from './use-looks.ts';

export function nodesSentence(rows: NodeRow[], looks: Looks): string {
  if (rows.length === 0)
    return 'Give the addresses of two to sixteen servers that run PostgreSQL with Spock. Each is read as you type; nothing is written.';
  const of = (wanted: (row: NodeRow) => unknown) => rows.filter(wanted).map((row) => row.name);
  const good = of((row) => looks.get(row.key)?.look);
  const bad = of((row) => looks.get(row.key)?.issue);
  const asking = of((row) => looks.get(row.key)?.asking);
  const restart = of((row) => (looks.get(row.key)?.look?.restartFor.length ?? 0) > 0);
  const full = of((row) => (looks.get(row.key)?.look?.tables ?? 0) > 0);
  const said: string[] = [];
  if (bad.length > 0)
    said.push(
      `${formatNames(bad)} cannot be read with the ${bad.length > 1 ? 'addresses' : 'address'} given.`,
    );
  if (asking.length > 0) said.push(`${formatNames(asking)} ${asking.length > 1 ? 'are' : 'is'} being read.`);
  if (good.length > 0)
    said.unshift(
      `${formatNames(good)} ${good.length > 1 ? 'answer' : 'answers'}${full.length === 0 ? '' : full.length === good.length && full.length > 1 ? '; each holds tables' : `; ${formatNames(full)} ${full.length > 1 ? 'hold' : 'holds'} tables`}.`,
    );
  if (restart.length > 0) said.push(`PostgreSQL has to restart on ${formatNames(restart)}.`);
  if (rows.length < LEAST) said.push('A cluster needs at least two.');
  return said.join(' ');
}

/** `9,896 into default`, and so on: the set with the most tables first. */
function partsOf(form: Form, { tables }: TablesLook): string[] {
  const { sets, out } = countsOf(form.tables, tables);
  const into = [...sets].sort(([, a], [, b]) => b - a).map(([set, number]) => `${count(number)} into ${set}`);
  return out > 0 ? [...into, `${count(out)} in no set`] : into;
}

/** What the deploy does with the tables as things stand, beside the button that leads to it. */
export function defaultsText(tables: TablesLook | undefined, form: Form): string {
  if (!tables) return '';
  if (tables.tables.length === 0) return 'No tables yet: what is created later is replicated.';
  const parts = partsOf(form, tables);
  const source = form.sourceChosen ? form.dataFrom : tables.suggestedSource;
  const rows = source === null ? 'nothing is copied' : `rows are copied from ${source}`;
  return `${plural(tables.tables.length, 'table')}: ${parts.join(', ')}; ${rows}.`;
}

/** What the second step found: how many tables, and what of them asks for a look. */
export function tablesSentence(look: TablesLook, form: Form): string {
  const { tables, nodes } = look;
  if (tables.length === 0) return `${formatNames(nodes)} hold no tables yet.`;
  const source = form.sourceChosen ? form.dataFrom : look.suggestedSource;
  const said = [
    `${plural(tables.length, 'table')} on ${formatNames(nodes)}: ${partsOf(form, look).join(', ')}.`,
  ];
  const unlike = tables.filter((table) => differs(table, source)).length;
  if (unlike > 0)
    said.push(`${plural(unlike, 'table')} ${unlike === 1 ? 'differs' : 'differ'} between the nodes.`);
  said.push(source === null ? 'Nothing is copied.' : `Structure and rows come from ${source}.`);
  return said.join(' ');
}
