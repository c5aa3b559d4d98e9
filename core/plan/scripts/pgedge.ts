/**
 * A plan as commands of the pgedge CLI, to be run on the hosts that they name. The engine says which command does what a statement
 * does; what the CLI has no command for stands as psql.
 */

import { withoutMasked } from '#core/dsn/mask.ts';
import { databaseOf } from '#core/dsn/place.ts';
import type { Changes } from '#core/engines/changes.ts';
import { quoteLiteral, quoteQualified } from '#core/engines/quote.ts';
import { renderSql } from '#core/engines/sql.ts';
import { type SqlUnit, unit } from '#core/engines/units.ts';
import type { Plan } from '#core/model/plan.ts';
import {
  type Action,
  type ExecutablePlan,
  type ExecutableStep,
  type SeedAction,
  unitsOf,
} from '#core/plan/executable.ts';
import { inOrder } from '#core/plan/order.ts';
import { changesOfStep, shownSql } from '#core/plan/shown.ts';
import type { MaskedDsn } from './psql.ts';
import { knowLines, oneLine, shWord } from './text.ts';

export function pgedgeScript(plan: Plan, executable: ExecutablePlan, masked: MaskedDsn): string {
  const lines = [
    '#!/bin/sh',
    `# ${oneLine(plan.title)}`,
    `# Planned ${plan.createdAt}. Run each part on the host that it names, in the pgedge folder; fill in what is shown as ••••.`,
    '# psql takes its own passwords from ~/.pgpass, or asks for them.',
    ...knowLines(plan).map((line) => `# ${line}`),
    'set -e',
  ];
  let at: string | null = null;
  for (const step of inOrder(executable.steps)) {
    const commands = commandsOf(step, masked, changesOfStep(executable, step));
    if (commands.length === 0) continue;
    if (step.node !== null && step.node !== at) lines.push('', `# --- on ${oneLine(step.node ?? '')} ---`);
    at = step.node ?? at;
    lines.push(`# ${oneLine(step.title)}`, ...commands);
  }
  return `${lines.join('\n')}\n`;
}

function commandsOf(step: ExecutableStep, masked: MaskedDsn, changes: Changes): string[] {
  const { node, action } = step;
  if (action.type === 'hold') {
    return [
      '# Left out: the CLI creates no slots. Applications must not write to any node from here until all links replicate.',
    ];
  }
  if (node === null) return [];
  if (action.type === 'restart') {
    const asked = shWord(`Restart PostgreSQL on ${node}, then press Enter:`);
    return [...step.commands.map((command) => `# ${oneLine(command)}`), `echo ${asked}; read -r restarted`];
  }
  const units =
    action.type === 'subscribe'
      ? // With the slot that comes with it, some moment later.
        [changes.subscriptions.create({ provider: action.provider, name: action.subscription })]
      : unitsOf(action);
  const commands = [...units, ...ownUnits(action, masked, changes)].flatMap((unit) =>
    unitCommands(unit, node, masked, changes),
  );
  return action.type === 'seed' ? [...commands, ...afterCopy(action, masked, changes)] : commands;
}

/** What the console does by more than statements, as the statements that do the same. */
function ownUnits(action: Action, masked: MaskedDsn, changes: Changes): SqlUnit[] {
  if (action.type !== 'unsubscribe' && action.type !== 'drop-slots' && action.type !== 'note-applied')
    return [];
  return shownSql(action, (of) => masked(of, 'peerDsn'), changes).map((text) =>
    unit([text.replace(/;$/, '')], { scope: 'catalog' }),
  );
}

/** By the CLI where it can do all of the unit; else by psql, in one session, in one transaction where that matters. */
function unitCommands(
  unit: SqlUnit,
  node: string,
  masked: MaskedDsn,
  { local, commands }: Changes,
): string[] {
  const { statements, scope, transaction } = unit;
  const texts = statements.map((statement) => renderSql(statement, (of) => masked(of, 'peerDsn')));
  const database = shWord(databaseFor(node, masked));
  if (scope === 'local') {
    // In one transaction that the engine does not send; a version that cannot keep it refuses, and the script ends there.
    const own = [...local.begin, ...texts].map((text) => `-c ${shWord(`${text};`)}`).join(' ');
    return [`${psql(node, masked)} -1 ${own}`];
  }
  const translated = texts.flatMap((text) => commands?.translate(text, database, shWord) ?? []);
  if (translated.length === texts.length) return translated;
  const each = texts.map((text) => `-c ${shWord(`${text};`)}`).join(' ');
  return [`${psql(node, masked)}${transaction ? ' -1' : ''} ${each}`];
}

/** For the CLI, which connects by itself to the server of its own host. */
const databaseFor = (node: string, masked: MaskedDsn): string =>
  databaseOf(masked(node, 'dsn')) ?? 'DATABASE';

const psql = (node: string, masked: MaskedDsn): string =>
  `psql -X -v ON_ERROR_STOP=1 ${shWord(withoutMasked(masked(node, 'dsn')))}`;

/** A copy brings no position of a sequence. */
function afterCopy(
  { node, provider, subscription, sequences }: SeedAction,
  masked: MaskedDsn,
  { commands }: Changes,
): string[] {
  const database = shWord(databaseFor(node, masked));
  const wait =
    commands === null
      ? [`# Wait here until ${oneLine(subscription)} has finished its copy.`]
      : [commands.waitForCopy(subscription, database)];
  if (sequences.length === 0) return wait;
  const each = sequences.map(({ schema, sequence }) => {
    const name = quoteQualified(schema, sequence);
    const made = `SELECT format('SELECT setval(%L::regclass, %s, %L);', ${quoteLiteral(name)}, last_value, is_called) FROM ${name}`;
    return `-c ${shWord(made)}`;
  });
  return [...wait, `${psql(provider, masked)} -At ${each.join(' ')} | ${psql(node, masked)}`];
}
