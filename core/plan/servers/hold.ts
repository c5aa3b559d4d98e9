/**
 * From when on each node keeps what is written there for every other: the slots of a node are made while its writers wait for
 * some tenths of a second, so that no change lies between two of them (docs/decisions/010-writes-during-a-deploy.md).
 *
 * With a source, each receiver is held before the copy fills its tables, and nobody subscribes to a receiver before all copies
 * are read: a copy of the source then holds no change that comes once more by a slot of the receiver. A receiver that gets its
 * tables by the copy is held when they are there. Without a source, all nodes are held at the same moment, and the rows are
 * compared meanwhile where that takes no more than seconds.
 */
import type { SubscribeWay } from '#core/engines/changes.ts';
import { formatBytes, formatNames, formatSeconds } from '#core/model/format.ts';
import { type ExecutableStep, type HeldNode, step } from '#core/plan/executable.ts';
import type { Pair } from '#core/plan/mesh.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import type { ComparedTable } from '#core/rows/compared-table.ts';
import type { Choices, Chosen, Server } from './choices.ts';

/** Rows that are read on a node while its writers wait: some seconds at most, also of a busy disk. */
const READ_BYTES = 64 * 1024 * 1024;
const READ_BYTES_A_SECOND = 40 * 1024 * 1024;
/** Locks and slots of one node, measured on loaded machines. */
const SLOTS_SECONDS = 0.3;

export interface Holds {
  /** Before the copies, or without any. */
  before: ExecutableStep[];
  /** Of receivers whose tables the copy makes, or has filled in an earlier try. */
  after: ExecutableStep[];
  /** Whether a hold makes the pair's slot. */
  holds(pair: Pair): boolean;
}

const NONE: Holds = { before: [], after: [], holds: () => false };

/** `pairs`: those that are subscribed without a copy and are not there yet. */
export function planHolds(
  servers: readonly Server[],
  pairs: readonly Pair[],
  choices: Choices,
  way: SubscribeWay,
): Holds {
  // Without a slot that comes first there is nothing to hold for; without tables nothing is sent.
  if (way.together !== null || choices.tables.length === 0) return NONE;
  const { source } = choices;
  const held = pairs.filter(({ provider }) => provider !== source?.name);
  const nodesOf = servers
    .map((server): HeldNode => {
      const slots = held
        .filter(({ provider }) => provider === server.name)
        .map(({ provider, receiver, name }) => ({ provider, receiver, subscription: name }));
      const tables = choices.tables
        .filter(({ on }) => on.has(server.name) || choices.structure.includes(server.name))
        .map(({ schema, table }) => ({ schema, table }));
      return { node: server.name, tables, look: lookAt(server, choices), slots };
    })
    .filter(({ slots }) => slots.length > 0);
  const holds = ({ name }: Pair) => held.some((pair) => pair.name === name);
  const nodes = servers.map(({ name }) => `node:${name}`);
  if (source === null) {
    const names = nodesOf.map(({ node }) => node);
    if (names.length === 0) return NONE;
    const equal = isReadQuickly(choices) ? comparedOf(choices) : [];
    const all = holdStep('hold', null, nodesOf, equal, way, [
      ...nodes,
      ...servers.map(({ name }) => `sets:${name}`),
    ]);
    return { before: [all], after: [], holds };
  }
  const one = (each: HeldNode, after: string[]): ExecutableStep =>
    holdStep(holdId(each.node), each.node, [each], [], way, [...nodes, `sets:${each.node}`, ...after]);
  return {
    before: nodesOf.filter(({ look }) => look === 'empty').map((each) => one(each, [])),
    after: nodesOf.filter(({ look }) => look !== 'empty').map((each) => one(each, [`seed:${each.node}`])),
    holds,
  };
}

const holdId = (node: string): string => `hold:${node}`;

function lookAt({ name, facts }: Server, choices: Choices): HeldNode['look'] {
  const { source } = choices;
  if (source === null) return 'none';
  const copied =
    choices.structure.includes(name) || facts.subscriptions.some(({ provider }) => provider === source.name);
  if (copied) return bytesOf(choices, source.name) <= READ_BYTES ? 'copied' : 'none';
  return choices.rowsOnly.includes(name) ? 'empty' : 'none';
}

const bytesOf = ({ tables }: Choices, node: string): number =>
  tables.reduce((sum, { on }) => sum + (on.get(node)?.bytes ?? 0), 0);

const mostBytes = (choices: Choices): number =>
  Math.max(
    0,
    ...[...new Set(choices.tables.flatMap(({ on }) => [...on.keys()]))].map((n) => bytesOf(choices, n)),
  );

const isReadQuickly = (choices: Choices): boolean => mostBytes(choices) <= READ_BYTES;

const columnsOf = ({ on }: Chosen): string[] => [...on.values()][0]?.columns.map(({ name }) => name) ?? [];

const comparedOf = ({ tables }: Choices): ComparedTable[] =>
  tables.map((each) => ({ schema: each.schema, table: each.table, columns: columnsOf(each) }));

function holdStep(
  id: string,
  node: string | null,
  nodes: HeldNode[],
  equal: ComparedTable[],
  way: SubscribeWay,
  after: string[],
): ExecutableStep {
  const names = nodes.map((each) => each.node);
  const peers = peersOf(nodes.flatMap(({ slots }) => slots));
  const does: string[] = [
    ...(equal.length > 0 ? [`compare the rows of ${formatNames(names)} while they are held`] : []),
    ...nodes.flatMap(({ node: at, look }) =>
      look === 'empty'
        ? [`check that the tables of ${at} are empty while they are held`]
        : look === 'copied'
          ? [`check that applications have written nothing to what was copied to ${at}`]
          : [],
    ),
  ];
  return step({
    id,
    title:
      node === null
        ? 'Hold all writers and create the slots'
        : `Hold writers and create the slots for ${peers}`,
    node,
    commands: does,
    after,
    undo: 'Drops the slots that no subscription uses.',
    action: { type: 'hold', plugin: way.plugin, nodes, equal },
  });
}

/** The receivers of slots, as a sentence names them. */
const peersOf = (slots: HeldNode['slots']): string =>
  formatNames(
    [...new Set(slots.map(({ receiver }) => receiver))].sort((a, b) =>
      a.localeCompare(b, 'en', { numeric: true }),
    ),
  );

const about = (seconds: number): string =>
  formatSeconds(seconds < 1 ? Math.ceil(seconds * 10) / 10 : Math.ceil(seconds));

/** What applications have to do about it, with numbers. `pairs` as in `planHolds`. */
export function checkHolds(
  grounds: Grounds,
  servers: readonly Server[],
  pairs: readonly Pair[],
  choices: Choices,
  way: SubscribeWay,
): void {
  if (choices.tables.length === 0 || pairs.length === 0) return;
  const names = formatNames(servers.map(({ name }) => name));
  if (way.together !== null) {
    grounds.know(
      null,
      'Writes',
      `must pause on ${names} until all links replicate: ${way.together}; the comparison at the end fails for rows that differ`,
    );
    return;
  }
  const { before, after } = planHolds(servers, pairs, choices, way);
  for (const { action } of [...before, ...after]) {
    if (action.type !== 'hold') continue;
    if (choices.source === null) tellAll(grounds, names, choices, action.equal.length > 0);
    else for (const held of action.nodes) tellOne(grounds, held, choices);
  }
}

function tellAll(grounds: Grounds, names: string, choices: Choices, compared: boolean): void {
  const bytes = mostBytes(choices);
  const seconds = SLOTS_SECONDS + (compared ? bytes / READ_BYTES_A_SECOND : 0);
  grounds.know(
    null,
    'Writes',
    compared
      ? `wait on ${names} at the same time, about ${about(seconds)}, while the slots are created and ${formatBytes(bytes)} of rows are compared, and reach all nodes afterwards. The rows must be the same then, so writes must pause from now on until the slots are created`
      : `must pause on ${names} from now until step “Hold all writers”, which takes about ${about(seconds)}: ${formatBytes(bytes)} of rows is too much to compare in it; the comparison at the end fails for rows that differ`,
  );
}

function tellOne(grounds: Grounds, { node, look, slots }: HeldNode, choices: Choices): void {
  const source = choices.source?.name ?? '';
  const bytes = bytesOf(choices, source);
  const peers = peersOf(slots);
  const reads = look === 'copied' ? bytes / READ_BYTES_A_SECOND : 0;
  const wait = about(SLOTS_SECONDS + reads);
  if (look === 'empty') {
    grounds.know(
      node,
      'Writes',
      `wait about ${wait} while the slots for ${peers} are created, and reach all nodes afterwards; a row that is in the tables before that makes the step fail`,
    );
    grounds.know(
      node,
      'WAL',
      `${node} keeps its own WAL from before the copy until the links replicate: about ${formatBytes(bytes)}, as much as is copied`,
    );
    return;
  }
  grounds.know(
    node,
    'Writes',
    `to the tables that are copied must pause until the slots for ${peers} are created. Meanwhile they wait about ${wait}; afterwards they reach all nodes. ${
      look === 'copied'
        ? `Anything written before that makes the step fail, which reads ${formatBytes(bytes)} to see it`
        : `${formatBytes(bytes)} is too much to read in that step; the comparison at the end fails for rows that differ`
    }`,
  );
}
