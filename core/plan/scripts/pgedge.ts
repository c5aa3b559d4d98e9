/**
 * A plan as commands of the pgedge CLI (https://docs.pgedge.com/platform/pgedge_commands: `./pgedge spock …`), to be run on the
 * hosts that they name. What the CLI has no command for stands as psql.
 */
import { quoteLiteral, quoteQualified } from '#core/engines/quote.ts';
import { withoutMasked } from '#core/model/mask-dsn.ts';
import type { Plan } from '#core/model/plan.ts';
import { type Draft, type DraftStep, type SeedAction, type SqlUnit, unitsOf } from '#core/plan/draft.ts';
import { inOrder } from '#core/plan/order.ts';
import { renderSql } from '#core/plan/sql.ts';
import type { MaskedDsn } from './psql.ts';
import { oneLine, shWord } from './text.ts';

export function pgedgeScript(plan: Plan, draft: Draft, masked: MaskedDsn): string {
  const lines = [
    '#!/bin/sh',
    `# ${oneLine(plan.title)}`,
    `# Planned ${plan.createdAt}. Run each part on the host that it names, in the pgedge folder; fill in what stands as ••••.`,
    '# psql takes its own passwords from ~/.pgpass, or asks for them.',
    'set -e',
  ];
  let at: string | null = null;
  for (const step of inOrder(draft.steps)) {
    const commands = commandsOf(step, masked);
    if (commands.length === 0) continue;
    if (step.node !== at) lines.push('', `# --- on ${oneLine(step.node ?? '')} ---`);
    at = step.node;
    lines.push(`# ${oneLine(step.title)}`, ...commands);
  }
  return `${lines.join('\n')}\n`;
}

/**
 * The CLI puts its arguments into SQL as they are, and looks for tables by names without quotes: a name or a DSN with more in
 * it than this is left to psql.
 */
const NAME = '[a-z_][a-z0-9_]*';
const TEXT = "[^'\\\\]*";

/** Statements of the planners, and the commands that do the same. */
const TRANSLATED: [RegExp, (found: string[], database: string) => string][] = [
  [
    new RegExp(`^SELECT spock\\.node_create\\(node_name := '(${NAME})', dsn := '(${TEXT})'\\)$`),
    ([name = '', dsn = ''], database) => `./pgedge spock node-create ${name} ${shWord(dsn)} ${database}`,
  ],
  [
    new RegExp(
      `^SELECT spock\\.sub_create\\(subscription_name := '(${NAME})', provider_dsn := '(${TEXT})', replication_sets := '\\{([a-z0-9_,]+)\\}', synchronize_structure := (\\w+), synchronize_data := (\\w+), forward_origins := '\\{\\}'\\)$`,
    ),
    ([name = '', dsn = '', sets = '', structure, rows], database) =>
      [
        `./pgedge spock sub-create ${name} ${shWord(dsn)} ${database}`,
        `--replication_sets=${sets}`,
        ...(structure === 'true' ? ['--synchronize_structure=True'] : []),
        ...(rows === 'true' ? ['--synchronize_data=True'] : []),
      ].join(' '),
  ],
  [
    new RegExp(`^SELECT spock\\.repset_add_table\\('(${NAME})', '"(${NAME})"\\."(${NAME})"'::regclass\\)$`),
    ([set, schema, table], database) =>
      `./pgedge spock repset-add-table ${set} ${schema}.${table} ${database}`,
  ],
  [
    new RegExp(`^SELECT spock\\.sub_drop\\('(${NAME})'\\)$`),
    ([name], database) => `./pgedge spock sub-drop ${name} ${database}`,
  ],
  [
    new RegExp(`^SELECT spock\\.sub_(enable|disable)\\('(${NAME})', true\\)$`),
    ([what, name], database) => `./pgedge spock sub-${what} ${name} ${database} --immediate=True`,
  ],
];

function commandsOf(step: DraftStep, masked: MaskedDsn): string[] {
  const { node, action } = step;
  if (node === null) return [];
  if (action.type === 'restart') {
    const asked = shWord(`Restart PostgreSQL on ${node}, then press Enter:`);
    return [...step.commands.map((command) => `# ${oneLine(command)}`), `echo ${asked}; read -r restarted`];
  }
  const commands = unitsOf(action).flatMap((unit) => unitCommands(unit, node, masked));
  return action.type === 'seed' ? [...commands, ...afterCopy(action, masked)] : commands;
}

/** By the CLI where it can do all of the unit; else by psql, in one session, in one transaction where that matters. */
function unitCommands({ statements, transaction }: SqlUnit, node: string, masked: MaskedDsn): string[] {
  const texts = statements.map((statement) => renderSql(statement, (of) => masked(of, 'peerDsn')));
  const database = shWord(databaseOf(masked(node, 'dsn')));
  const translated = texts.flatMap((text) => {
    for (const [pattern, command] of TRANSLATED) {
      const found = pattern.exec(text);
      if (found !== null) return [command(found.slice(1), database)];
    }
    return [];
  });
  if (translated.length === texts.length) return translated;
  const each = texts.map((text) => `-c ${shWord(`${text};`)}`).join(' ');
  return [`${psql(node, masked)}${transaction ? ' -1' : ''} ${each}`];
}

const psql = (node: string, masked: MaskedDsn): string =>
  `psql -X -v ON_ERROR_STOP=1 ${shWord(withoutMasked(masked(node, 'dsn')))}`;

/** A copy brings no position of a sequence. */
function afterCopy({ node, provider, subscription, sequences }: SeedAction, masked: MaskedDsn): string[] {
  const database = shWord(databaseOf(masked(node, 'dsn')));
  const wait = `./pgedge spock sub-wait-for-sync ${subscription} ${database}`;
  if (sequences.length === 0) return [wait];
  const each = sequences.map(({ schema, sequence }) => {
    const name = quoteQualified(schema, sequence);
    const made = `SELECT format('SELECT setval(%L::regclass, %s, %L);', ${quoteLiteral(name)}, last_value, is_called) FROM ${name}`;
    return `-c ${shWord(made)}`;
  });
  return [wait, `${psql(provider, masked)} -At ${each.join(' ')} | ${psql(node, masked)}`];
}

/** For the CLI, which connects by itself to the server of its own host. */
function databaseOf(dsn: string): string {
  const pair = /(?:^|\s)dbname\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s\\]|\\.)+)/s.exec(dsn)?.[1];
  if (pair !== undefined) return pair.replace(/^'(.*)'$/s, '$1').replace(/\\(.)/gs, '$1');
  const path = /^\s*postgres(?:ql)?:\/\/[^/?#]*\/([^?#]+)/i.exec(dsn)?.[1];
  if (path === undefined) return 'DATABASE';
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
