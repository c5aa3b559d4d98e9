/** A plan as a script for psql: one connection a node, what has to be waited for is waited for, an error stops it. */
import { quoteLiteral } from '#core/engines/quote.ts';
import type { Plan } from '#core/model/plan.ts';
import { type Action, type Awaited, type Draft, type DraftStep, shownSql } from '#core/plan/draft.ts';
import { inOrder } from '#core/plan/order.ts';
import { renderSql } from '#core/plan/sql.ts';

/** How a node is reached: by the console (`dsn`), or by its peers; passwords masked. */
export type MaskedDsn = (node: string, of: 'dsn' | 'peerDsn') => string;

/** Passwords stand as ••••: psql takes them from ~/.pgpass; those within statements are to be filled in. */
export function psqlScript(plan: Plan, draft: Draft, masked: MaskedDsn): string {
  const lines = [
    `-- ${plan.title}`,
    `-- Planned ${plan.createdAt}. Run with: psql -X -f FILE`,
    '-- Passwords are left out: fill in what stands as ••••; for \\connect, ~/.pgpass can hold them.',
    '\\set ON_ERROR_STOP on',
  ];
  let at: string | null = null;
  for (const [index, step] of inOrder(draft.steps).entries()) {
    lines.push('', `-- ${index + 1}. ${step.title}${step.node === null ? '' : `, on ${step.node}`}`);
    if (step.riskText !== null) lines.push(`-- Risk: ${step.riskText}`);
    lines.push(...step.commands.map((command) => `-- $ ${command}`));
    for (const { node, text } of statementsOf(step, masked)) {
      if (node !== at) lines.push(`\\connect ${quoted(masked(node, 'dsn'))}`);
      at = node;
      lines.push(...text);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** psql reads a quote within quotes doubled. */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function statementsOf(step: DraftStep, masked: MaskedDsn): { node: string; text: string[] }[] {
  const { action } = step;
  const peer = (node: string) => masked(node, 'peerDsn');
  const waits = waitsOf(action).map((each) => ({ node: each.node, text: [untilSo(each, peer)] }));
  if (action.type === 'wait') return waits;
  if (action.type === 'compare') {
    return action.nodes.map((node) => ({ node, text: shownSql(action, peer) }));
  }
  if (step.node === null) return [];
  if (action.type === 'restart') {
    return [{ node: step.node, text: ['-- Restart the server first, then:', ...shownSql(action, peer)] }];
  }
  const own = shownSql(action.type === 'write-and-wait' ? { ...action, awaited: [] } : action, peer);
  return [{ node: step.node, text: own }, ...waits];
}

function waitsOf(action: Action): Awaited[] {
  return action.type === 'wait' || action.type === 'write-and-wait' ? action.awaited : [];
}

/** A block that looks until it is so; it holds no snapshot in between. */
function untilSo({ query, text }: Awaited, peer: (node: string) => string): string {
  const asked = renderSql(query, peer);
  return [
    `DO $wait$ -- until ${text.replaceAll('$', '')}`,
    'BEGIN',
    `  FOR i IN 1..600 LOOP`,
    `    EXIT WHEN coalesce((${asked}), false);`,
    `    IF i = 600 THEN RAISE EXCEPTION 'not so within a minute: %', ${quoteLiteral(text)}; END IF;`,
    `    PERFORM pg_sleep(0.1);`,
    `    COMMIT;`,
    '  END LOOP;',
    'END $wait$;',
  ].join('\n');
}
