/** A plan as a script for psql: one connection a node, what has to be waited for is waited for, an error stops it. */

import { withoutMasked } from '#core/dsn/mask.ts';
import type { Changes } from '#core/engines/changes.ts';
import { quoteLiteral, quoteQualified, quoteRegclass } from '#core/engines/quote.ts';
import { changesOf } from '#core/engines/registry.ts';
import { renderSql } from '#core/engines/sql.ts';
import type { Awaited, SqlUnit } from '#core/engines/units.ts';
import type { Plan } from '#core/model/plan.ts';
import type {
  ExecutablePlan,
  ExecutableStep,
  HoldAction,
  PlannedSlot,
  SeedAction,
  SubscribeAction,
} from '#core/plan/executable.ts';
import { inOrder } from '#core/plan/order.ts';
import { changesOfStep, lockTables, shownSql } from '#core/plan/shown.ts';
import { AS_TEXT } from '#core/rows/settings.ts';
import { knowLines, oneLine, psqlArgument } from './text.ts';

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
export function psqlScript(plan: Plan, executable: ExecutablePlan, masked: MaskedDsn): string {
  const lines = [
    `-- ${oneLine(plan.title)}`,
    `-- Planned ${plan.createdAt}. Run with: psql -X -f FILE`,
    '-- Passwords are left out. In statements, fill in what is shown as ••••; for \\connect, ~/.pgpass can hold them.',
    ...knowLines(plan).map((line) => `-- ${line}`),
    '\\set ON_ERROR_STOP on',
  ];
  const { notQueued } = changesOf(executable.engine).local;
  let at: string | null = null;
  for (const [index, step] of inOrder(executable.steps).entries()) {
    lines.push(
      '',
      `-- ${index + 1}. ${oneLine(`${step.title}${step.node === null ? '' : `, on ${step.node}`}`)}`,
    );
    if (step.riskText !== null) lines.push(`-- Risk: ${oneLine(step.riskText)}`);
    lines.push(...step.commands.map((command) => `-- $ ${oneLine(command)}`));
    for (const { node, text, reconnect } of partsOf(step, masked, changesOfStep(executable, step))) {
      if (node !== at || reconnect === true) {
        lines.push(`\\connect ${psqlArgument(withoutMasked(masked(node, 'dsn')))}`, `${notQueued};`);
      }
      at = node;
      lines.push(...text);
    }
  }
  return `${lines.join('\n')}\n`;
}

function partsOf(step: ExecutableStep, masked: MaskedDsn, changes: Changes): Part[] {
  const { action } = step;
  const peer = (node: string) => masked(node, 'peerDsn');
  switch (action.type) {
    case 'wait':
      return waits(action.awaited, action.timeoutSeconds, peer);
    case 'write-and-wait': {
      const own = unitText(action.unit, peer, changes);
      return [{ node: action.node, text: own }, ...waits(action.awaited, action.timeoutSeconds, peer)];
    }
    case 'prove': {
      const settings = AS_TEXT.map((each) => `${each};`);
      const begin = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;';
      const text = ['-- Each number must be the same on all nodes.', begin, ...settings];
      return action.nodes.map((node) => ({
        node,
        text: [...text, ...shownSql(action, peer, changes), 'COMMIT;'],
      }));
    }
    case 'restart':
      return restarted(
        action.node,
        { node: action.node, query: action.inForce, text: 'its settings are in force' },
        peer,
      );
    case 'join-copy':
      return action.peers.length === 0
        ? seeded({ ...action, type: 'seed' }, peer, changes)
        : byTheConsoleAlone(action.node);
    case 'seed':
      return seeded(action, peer, changes);
    case 'sql':
      return [{ node: action.node, text: action.units.flatMap((each) => unitText(each, peer, changes)) }];
    case 'subscribe':
      return [
        ...(action.slot === 'here'
          ? slotMade({ ...action, receiver: action.node }, action.plugin, changes)
          : []),
        { node: action.node, text: unitsShown(action, peer) },
      ];
    case 'hold':
      return held(action, changes);
    default:
      return step.node === null ? [] : [{ node: step.node, text: shownSql(action, peer, changes) }];
  }
}

/** What has to be read within milliseconds, and done again where it did not fit, is no work for a script. */
const byTheConsoleAlone = (node: string): Part[] => [
  {
    node,
    text: [
      '\\echo The positions of the source have to be read before and after the snapshot of the copy, and compared: only the console does that.',
      '\\quit',
    ],
  },
];

/** What changes rows or tables of its node alone runs in one transaction that the engine does not send, or not at all. */
function unitText({ statements, scope, transaction }: SqlUnit, peer: Masked, changes: Changes): string[] {
  const { asTheServer, notQueued } = changes.local;
  const texts = statements.map((statement) => `${renderSql(statement, peer)};`);
  if (scope === 'local') return [...kept(changes), ...texts, 'COMMIT;'];
  if (scope === 'sent') return [`${asTheServer};`, ...texts, `${notQueued};`];
  return transaction ? ['BEGIN;', ...texts, 'COMMIT;'] : texts;
}

/** psql reads `t` and `f` as booleans; a version that cannot keep the transaction on its node ends the script. */
const kept = ({ local, words }: Changes): string[] => [
  `${local.can} \\gset local_`,
  `${local.hasEngine} \\gset local_`,
  '\\if :local_can',
  '\\else',
  `DO $$ BEGIN RAISE EXCEPTION 'this version of ${words.name} cannot keep a transaction on its node'; END $$;`,
  '\\endif',
  'BEGIN;',
  '\\if :local_has',
  ...local.begin.map((statement) => `${statement};`),
  '\\endif',
];

const waits = (awaited: readonly Awaited[], seconds: number, peer: Masked): Part[] =>
  awaited.map((each) => ({ node: each.node, text: untilSo(each, seconds, peer) }));

function restarted(node: string, inForce: Awaited, peer: Masked): Part[] {
  const ask = `\\prompt ${psqlArgument(`Restart PostgreSQL on ${node}, then press Enter: `)} restarted`;
  return [
    { node, text: [ask] },
    { node, reconnect: true, text: untilSo(inForce, RESTART_SECONDS, peer) },
  ];
}

const unitsShown = ({ units }: SubscribeAction, peer: Masked): string[] =>
  units.flatMap(({ statements }) => statements.map((each) => `${renderSql(each, peer)};`));

/** Named by the receiver, made on the provider: psql carries the name over in a variable. */
function slotMade(
  { provider, receiver, subscription }: PlannedSlot,
  plugin: string,
  { slots }: Changes,
): Part[] {
  return [
    { node: receiver, text: [`${slots.nameQuestion(provider, subscription)} \\gset`] },
    {
      node: provider,
      text: [`SELECT pg_create_logical_replication_slot(:'slot', ${quoteLiteral(plugin)});`],
    },
  ];
}

/** psql is on one server at a time: each node is held for itself, and nothing is compared meanwhile. */
function held({ nodes, plugin }: HoldAction, changes: Changes): Part[] {
  return nodes.flatMap(({ node, tables, slots }) => {
    const names = slots.map(({ provider, receiver, subscription }, index) => ({
      node: receiver,
      text: [`${changes.slots.nameQuestion(provider, subscription)} \\gset s${index}_`],
    }));
    const made = slots.map(
      (_, index) => `SELECT pg_create_logical_replication_slot(:'s${index}_slot', ${quoteLiteral(plugin)});`,
    );
    const text =
      tables.length === 0
        ? made
        : [
            '-- Applications must not write on other nodes from here until the links replicate.',
            'BEGIN;',
            `SET LOCAL lock_timeout = '5s';`,
            `SET LOCAL statement_timeout = '20s';`,
            `${lockTables(tables)};`,
            ...made,
            'COMMIT;',
          ];
    return [...names, { node, text }];
  });
}

/** The copy goes on by itself, and brings no position of a sequence: psql carries those over in its variables. */
function seeded(action: SeedAction, peer: Masked, changes: Changes): Part[] {
  const { node, provider, subscription, sequences } = action;
  const copied = {
    node,
    query: changes.subscriptions.isCopied(subscription),
    text: `${subscription} has finished its copy to ${node}`,
  };
  const parts: Part[] = [
    { node, text: unitText(action.unit, peer, changes) },
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
    `    IF i = ${looks} THEN RAISE EXCEPTION 'not true within ${seconds} s: %', ${quoteLiteral(text)}; END IF;`,
    `    PERFORM pg_sleep(${1 / LOOKS_A_SECOND});`,
    '    COMMIT;',
    '  END LOOP;',
    'END',
  ].join('\n');
  let tag = '$wait$';
  for (let number = 1; body.includes(tag); number++) tag = `$wait${number}$`;
  return [`-- until ${oneLine(text)}`, `DO ${tag}`, body, `${tag};`];
}
