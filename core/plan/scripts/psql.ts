/** A plan as a script for psql: one connection a node, what has to be waited for is waited for, an error stops it. */
import { quoteLiteral, quoteQualified, quoteRegclass } from '#core/engines/quote.ts';
import { withoutMasked } from '#core/model/mask-dsn.ts';
import type { Plan } from '#core/model/plan.ts';
import { AS_TEXT } from '#core/plan/checksum.ts';
import { type Awaited, type Draft, type DraftStep, type SeedAction, shownSql } from '#core/plan/draft.ts';
import { isCopied } from '#core/plan/mesh.ts';
import { inOrder } from '#core/plan/order.ts';
import { renderSql } from '#core/plan/sql.ts';
import { oneLine, psqlArgument } from './text.ts';

/** How a node is reached: by the console (`dsn`), or by its peers; passwords masked. */
export type MaskedDsn = (node: string, of: 'dsn' | 'peerDsn') => string;

type Masked = (node: string) => string;

/** Lines for one node. `reconnect`: its connection before is gone. */
interface Part {
  node: string;
  text: string[];
  reconnect?: boolean;
}

/** Looks of a wait: ten a second. */
const LOOKS_A_SECOND = 10;
/** A copy may take long, and ends by itself. */
const COPY_SECONDS = 7 * 24 * 3600;
const RESTART_SECONDS = 300;

/** Passwords stand as ••••: psql takes its own from ~/.pgpass or asks; those within statements are to be filled in. */
export function psqlScript(plan: Plan, draft: Draft, masked: MaskedDsn): string {
  const lines = [
    `-- ${oneLine(plan.title)}`,
    `-- Planned ${plan.createdAt}. Run with: psql -X -f FILE`,
    '-- Passwords are left out. In statements, fill in what stands as ••••; for \\connect, ~/.pgpass can hold them.',
    '\\set ON_ERROR_STOP on',
  ];
  let at: string | null = null;
  for (const [index, step] of inOrder(draft.steps).entries()) {
    lines.push(
      '',
      `-- ${index + 1}. ${oneLine(`${step.title}${step.node === null ? '' : `, on ${step.node}`}`)}`,
    );
    if (step.riskText !== null) lines.push(`-- Risk: ${oneLine(step.riskText)}`);
    lines.push(...step.commands.map((command) => `-- $ ${oneLine(command)}`));
    for (const { node, text, reconnect } of partsOf(step, masked)) {
      if (node !== at || reconnect === true) {
        lines.push(`\\connect ${psqlArgument(withoutMasked(masked(node, 'dsn')))}`);
      }
      at = node;
      lines.push(...text);
    }
  }
  return `${lines.join('\n')}\n`;
}

function partsOf(step: DraftStep, masked: MaskedDsn): Part[] {
  const { action } = step;
  const peer = (node: string) => masked(node, 'peerDsn');
  switch (action.type) {
    case 'wait':
      return waits(action.awaited, action.timeoutSeconds, peer);
    case 'write-and-wait': {
      const own = shownSql({ ...action, awaited: [] }, peer);
      return [{ node: action.node, text: own }, ...waits(action.awaited, action.timeoutSeconds, peer)];
    }
    case 'compare': {
      const settings = AS_TEXT.map((each) => `${renderSql(each, peer)};`);
      const begin = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;';
      const text = ['-- Each number is to be the same on all nodes.', begin, ...settings];
      return action.nodes.map((node) => ({ node, text: [...text, ...shownSql(action, peer), 'COMMIT;'] }));
    }
    case 'restart':
      return restarted(
        action.node,
        { node: action.node, query: action.inForce, text: 'its settings are in force' },
        peer,
      );
    case 'seed':
      return seeded(action, peer);
    default:
      return step.node === null ? [] : [{ node: step.node, text: shownSql(action, peer) }];
  }
}

const waits = (awaited: readonly Awaited[], seconds: number, peer: Masked): Part[] =>
  awaited.map((each) => ({ node: each.node, text: untilSo(each, seconds, peer) }));

function restarted(node: string, inForce: Awaited, peer: Masked): Part[] {
  const ask = `\\prompt ${psqlArgument(`Restart PostgreSQL on ${node}, then press Enter: `)} restarted`;
  return [
    { node, text: [ask] },
    { node, reconnect: true, text: untilSo(inForce, RESTART_SECONDS, peer) },
  ];
}

/** The copy goes on by itself, and brings no position of a sequence: psql carries those over in its variables. */
function seeded(action: SeedAction, peer: Masked): Part[] {
  const { node, provider, subscription, sequences } = action;
  const copied = { node, query: isCopied(subscription), text: `${subscription} has copied all to ${node}` };
  const parts: Part[] = [
    { node, text: shownSql({ ...action, sequences: [] }, peer) },
    ...waits([copied], COPY_SECONDS, peer),
  ];
  if (sequences.length === 0) return parts;
  const read = sequences.map(
    ({ schema, sequence }, index) =>
      `SELECT last_value, is_called FROM ${quoteQualified(schema, sequence)} \\gset s${index}_`,
  );
  const set = sequences.map(
    ({ schema, sequence }, index) =>
      `SELECT setval(${quoteRegclass(schema, sequence)}, :s${index}_last_value, :'s${index}_is_called');`,
  );
  return [...parts, { node: provider, text: read }, { node, text: set }];
}

/** A block that looks until it is so; COMMIT between the looks, so that it holds no snapshot. Not in a transaction block. */
function untilSo({ query, text }: Awaited, seconds: number, peer: Masked): string[] {
  const looks = seconds * LOOKS_A_SECOND;
  const body = [
    'BEGIN',
    `  FOR i IN 1..${looks} LOOP`,
    `    EXIT WHEN coalesce((${renderSql(query, peer)}), false);`,
    `    IF i = ${looks} THEN RAISE EXCEPTION 'not so within ${seconds} s: %', ${quoteLiteral(text)}; END IF;`,
    `    PERFORM pg_sleep(${1 / LOOKS_A_SECOND});`,
    '    COMMIT;',
    '  END LOOP;',
    'END',
  ].join('\n');
  let tag = '$wait$';
  for (let number = 1; body.includes(tag); number++) tag = `$wait${number}$`;
  return [`-- until ${oneLine(text)}`, `DO ${tag}`, body, `${tag};`];
}
