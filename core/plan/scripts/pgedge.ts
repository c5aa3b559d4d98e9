/**
 * A plan as commands of the pgedge CLI (https://docs.pgedge.com/platform: `./pgedge spock …`), to be run on the hosts that they
 * name. What the CLI has no command for stands as psql.
 */
import type { Plan } from '#core/model/plan.ts';
import { type Draft, type DraftStep, shownSql } from '#core/plan/draft.ts';
import { inOrder } from '#core/plan/order.ts';
import type { MaskedDsn } from './psql.ts';

export function pgedgeScript(plan: Plan, draft: Draft, masked: MaskedDsn): string {
  const lines = [
    '#!/bin/sh',
    `# ${plan.title}`,
    `# Planned ${plan.createdAt}. Run each part on the host that it names, in the pgedge folder; fill in what stands as ••••.`,
    'set -e',
  ];
  let at: string | null = null;
  for (const step of inOrder(draft.steps)) {
    const commands = commandsOf(step, masked);
    if (commands.length === 0) continue;
    if (step.node !== at) lines.push('', `# --- on ${step.node} ---`);
    at = step.node;
    lines.push(`# ${step.title}`, ...commands);
  }
  return `${lines.join('\n')}\n`;
}

/** For sh, in single quotes. */
const word = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Statements of the planners, and the commands that do the same. */
const TRANSLATED: [RegExp, (found: RegExpExecArray, database: string) => string][] = [
  [
    /^SELECT spock\.node_create\(node_name := '([^']+)', dsn := E?'((?:[^']|'')*)'/,
    ([, name, dsn], database) => `./pgedge spock node-create ${name} ${word(plain(dsn))} ${database}`,
  ],
  [
    /^SELECT spock\.sub_create\(subscription_name := '([^']+)', provider_dsn := E?'((?:[^']|'')*)', replication_sets := '\{([^}]*)\}', synchronize_structure := (\w+), synchronize_data := (\w+)/,
    ([, name, dsn, sets, structure, rows], database) =>
      [
        `./pgedge spock sub-create ${name} ${word(plain(dsn))} ${database}`,
        `--replication_sets=${sets}`,
        ...(structure === 'true' ? ['--synchronize_structure=True'] : []),
        ...(rows === 'true' ? ['--synchronize_data=True'] : []),
      ].join(' '),
  ],
  [
    /^SELECT spock\.repset_add_table\('([^']+)', '((?:[^']|'')*)'::regclass/,
    ([, set, table], database) => `./pgedge spock repset-add-table ${set} ${word(plain(table))} ${database}`,
  ],
  [
    /^SELECT spock\.sub_drop\('([^']+)'/,
    ([, name], database) => `./pgedge spock sub-drop ${name} ${database}`,
  ],
  [
    /^SELECT spock\.sub_(enable|disable)\('([^']+)'/,
    ([, what, name], database) => `./pgedge spock sub-${what} ${name} ${database}`,
  ],
];

const plain = (literal: string | undefined): string => (literal ?? '').replaceAll("''", "'");

function commandsOf(step: DraftStep, masked: MaskedDsn): string[] {
  const { node, action } = step;
  if (node === null) return [];
  if (action.type === 'restart') return [`# ${step.commands.join('; ')}`, './pgedge restart'];
  if (action.type === 'mark' || action.type === 'wait') return [];
  const shown = action.type === 'write-and-wait' ? { ...action, awaited: [] } : action;
  const database = databaseOf(masked(node, 'dsn'));
  return shownSql(shown, (of) => masked(of, 'peerDsn')).map((statement) => {
    for (const [pattern, command] of TRANSLATED) {
      const found = pattern.exec(statement);
      if (found !== null) return command(found, database);
    }
    return `psql -X -v ON_ERROR_STOP=1 ${word(masked(node, 'dsn'))} -c ${word(statement)}`;
  });
}

/** For the CLI, which connects by itself to the server of its own host. */
function databaseOf(dsn: string): string {
  const pair = /(?:^|\s)dbname\s*=\s*('(?:[^'\\]|\\.)*'|\S+)/.exec(dsn)?.[1];
  const path = /^postgres(?:ql)?:\/\/[^/?#]*\/([^?#]+)/i.exec(dsn)?.[1];
  return word(
    pair?.replace(/^'(.*)'$/, '$1') ?? (path === undefined ? 'DATABASE' : decodeURIComponent(path)),
  );
}
