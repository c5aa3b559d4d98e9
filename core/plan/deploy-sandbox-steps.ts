/** The steps of a sandbox's deploy. */
import type { Changes, SubscribeWay } from '#core/engines/changes.ts';
import { quoteIdent, quoteLiteral } from '#core/engines/quote.ts';
import { sql } from '#core/engines/sql.ts';
import { type SqlUnit, unit } from '#core/engines/units.ts';
import type { Observed } from '#core/model/observed.ts';
import { type ExecutableStep, step } from './executable.ts';
import { allReplicate, inChains, pairsOf, subscribeStep, wakesOf } from './mesh.ts';
import { pgbenchUnits, SANDBOX_ROWS, SANDBOX_SETS } from './pgbench.ts';

export const SANDBOX_NODES = ['n1', 'n2', 'n3'] as const;
export const SANDBOX_DATABASE = 'demo';

const GONE_WITH_FOLDER = 'Nothing: it is deleted with the data folder.';

const PAIRS = pairsOf(SANDBOX_NODES);

export function deploySteps(
  machine: NonNullable<Observed['machine']>,
  engine: NonNullable<NonNullable<Observed['machine']>['engine']>,
  ports: number[],
  changes: Changes,
): ExecutableStep[] {
  const nodes = SANDBOX_NODES.map((name, index) => ({ name, port: ports[index] ?? 0 }));
  const asAccount = machine.account === null ? '' : ` as ${machine.account}`;
  const out: ExecutableStep[] = [
    step({
      id: 'allocate',
      title: engine.standin ? 'Reserve ports and folders, write the stand-in' : 'Reserve ports and folders',
      node: null,
      commands: [
        `mkdir ${machine.folder}`,
        ...(engine.standin
          ? [`write ${machine.folder}/standin/extension/${changes.words.extension}.control`]
          : []),
      ],
      undo: `Deletes ${machine.folder}.`,
      action: { type: 'sandbox-allocate', nodes },
    }),
    step({
      id: 'initdb',
      title: 'Create the data folders',
      node: null,
      commands: [
        `${engine.bin}/initdb -D ${machine.folder}/n1 -E UTF8 --locale=C${asAccount}`,
        ...SANDBOX_NODES.slice(1).map((node) => `cp -R ${machine.folder}/n1 ${machine.folder}/${node}`),
      ],
      after: ['allocate'],
      undo: 'Deletes them.',
      action: { type: 'sandbox-initdb' },
    }),
  ];
  for (const { name, port } of nodes) out.push(...nodeSteps(machine, engine, { name, port }, changes));
  const version = new RegExp(`${changes.words.name} (\\S+)$`).exec(engine.text)?.[1] ?? null;
  const way = changes.subscriptions.way([{ version, standin: engine.standin }]);
  out.push(...subscribeSteps(way, changes));
  out.push(
    waitStep(
      PAIRS.map(({ name }) => `subscribe:${name}`),
      engine.standin,
      changes,
    ),
    ...SANDBOX_NODES.map((node, index) => writeStep(node, index, changes)),
    {
      ...step({
        id: 'register',
        title: 'Watch the cluster',
        node: null,
        commands: ['save the three DSNs, passwords sealed'],
        after: ['links'],
        undo: 'Forgets the cluster.',
        action: { type: 'sandbox-register' },
      }),
    },
  );
  return out;
}

function nodeSteps(
  machine: NonNullable<Observed['machine']>,
  engine: { bin: string; standin: boolean },
  { name: node, port }: { name: string; port: number },
  { nodes, sets, words }: Changes,
): ExecutableStep[] {
  const snowflake = sql`SELECT NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'snowflake' AND installed_version IS NULL)`;
  const extensions: SqlUnit[] = [{ ...nodes.createExtension(engine.standin), undo: null }];
  // Only where the server has it: pgEdge's packages do, a plain build of Spock does not.
  if (!engine.standin)
    extensions.push(
      unit(sql`CREATE EXTENSION IF NOT EXISTS snowflake`, { scope: 'local', already: snowflake }),
    );
  return [
    step({
      id: `server:${node}`,
      title: 'Start the server',
      node,
      commands: [
        `write ${machine.folder}/${node}/postgresql.conf, pg_hba.conf`,
        `${engine.bin}/postgres -D ${machine.folder}/${node}  # 127.0.0.1:${port}`,
      ],
      after: ['initdb'],
      undo: 'Stops the server.',
      action: { type: 'sandbox-start', node },
    }),
    step({
      id: `database:${node}`,
      title: `Create database ${SANDBOX_DATABASE} and extension ${words.extension}`,
      node,
      after: [`server:${node}`],
      undo: GONE_WITH_FOLDER,
      action: {
        type: 'sql',
        node,
        timeoutSeconds: 60,
        units: [
          unit(sql`CREATE DATABASE ${quoteIdent(SANDBOX_DATABASE)}`, {
            scope: 'catalog',
            already: sql`SELECT EXISTS (SELECT FROM pg_database WHERE datname = ${quoteLiteral(SANDBOX_DATABASE)})`,
            maintenance: true,
          }),
          ...extensions,
        ],
      },
    }),
    step({
      id: `node:${node}`,
      title: 'Create the node',
      node,
      after: [`database:${node}`],
      undo: GONE_WITH_FOLDER,
      action: {
        type: 'sql',
        node,
        timeoutSeconds: 30,
        units: [{ ...nodes.create(node, null), undo: null }],
      },
    }),
    step({
      id: `tables:${node}`,
      title: "Create pgbench's tables",
      node,
      after: [`database:${node}`],
      undo: GONE_WITH_FOLDER,
      action: { type: 'sql', node, timeoutSeconds: 120, units: pgbenchUnits(SANDBOX_ROWS) },
    }),
    step({
      id: `sets:${node}`,
      title: 'Add the tables to their sets',
      node,
      after: [`node:${node}`, `tables:${node}`],
      undo: GONE_WITH_FOLDER,
      action: {
        type: 'sql',
        node,
        timeoutSeconds: 30,
        units: SANDBOX_SETS.map(({ set, table }) => sets.addNew({ schema: 'public', table }, set)),
      },
    }),
  ];
}

/** Nobody writes to servers that were just made: no hold is needed. */
function subscribeSteps(way: SubscribeWay, changes: Changes): ExecutableStep[] {
  const before = SANDBOX_NODES.flatMap((node) => [`node:${node}`, `sets:${node}`]);
  return inChains(PAIRS).map(({ pair, after }) =>
    subscribeStep(
      pair,
      {
        id: `subscribe:${pair.name}`,
        after: after === null ? before : [`subscribe:${after.name}`],
        undo: GONE_WITH_FOLDER,
        goesWithServer: true,
        way,
      },
      changes,
    ),
  );
}

function waitStep(after: string[], standin: boolean, changes: Changes): ExecutableStep {
  const wakes = standin ? [] : wakesOf(PAIRS, changes);
  return step({
    id: 'links',
    title: 'Wait until all six links replicate',
    node: null,
    after,
    action: { type: 'wait', timeoutSeconds: 60, awaited: allReplicate(SANDBOX_NODES, changes), wakes },
  });
}

/** Each node has a branch of its own, in traffic as well: the first write meets no other. */
function writeStep(node: (typeof SANDBOX_NODES)[number], index: number, { waits }: Changes): ExecutableStep {
  const mark = quoteLiteral(`first write, from ${node}`);
  const arrived = sql`SELECT filler = ${mark} FROM pgbench_branches WHERE bid = ${index + 1}`;
  return step({
    id: `write:${node}`,
    title: 'Write a first row and find it on the other nodes',
    node,
    after: ['links'],
    undo: GONE_WITH_FOLDER,
    action: {
      type: 'write-and-wait',
      node,
      timeoutSeconds: 30,
      unit: unit(sql`UPDATE pgbench_branches SET filler = ${mark} WHERE bid = ${index + 1}`, {
        scope: 'sent',
        already: arrived,
      }),
      awaited: PAIRS.filter(({ provider }) => provider === node).map(({ receiver, name }) => ({
        node: receiver,
        text: `the first write of ${node} is on ${receiver}`,
        query: arrived,
        hopeless: waits.cannotCome({ for: 'replicating', node: receiver, subscription: name }),
      })),
    },
  });
}
