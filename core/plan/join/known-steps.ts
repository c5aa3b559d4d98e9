/** The steps of a join from when on the other nodes know of the new one: the links from it, and the proof. */
import type { SubscribeWay } from '#core/engines/changes.ts';
import { sql } from '#core/engines/sql.ts';
import { unit } from '#core/engines/units.ts';
import { type ExecutableStep, step } from '#core/plan/executable.ts';
import { type Pair, subscribeStep } from '#core/plan/mesh.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import type { Server } from '#core/plan/servers/choices.ts';
import { ddlStep } from '#core/plan/servers/steps.ts';
import { slotOfNew } from '#core/plan/subscription-create.ts';
import type { ComparedTable } from '#core/rows/compared-table.ts';
import type { Member } from './checks-cluster.ts';
import type { Join } from './join.ts';
import type { JoinLinks } from './links.ts';

const STATEMENT_SECONDS = 30;
const LINKS_SECONDS = 120;

const backId = ({ receiver }: Pair): string => `back:${receiver}`;

/** Where the engine keeps rows about nodes in a table (Spock 5.0), those of a node that goes stay: a rollback takes them away. */
export function tracesStep(
  { name, facts }: Member,
  added: string,
  after: string[],
  { grounds }: Join,
): ExecutableStep | null {
  if (facts.keepsProgress !== true) return null;
  const { look, remove } = grounds.changes.joining.traces;
  return step({
    id: `traces:${name}`,
    title: `Look what ${name} keeps of nodes that are gone`,
    node: name,
    after,
    undo: `Removes what ${name} would keep of ${added}.`,
    action: {
      type: 'sql',
      node: name,
      timeoutSeconds: STATEMENT_SECONDS,
      units: [unit(sql`${look}`, { scope: 'catalog', undo: [sql`${remove}`] })],
    },
  });
}

export function backStep(
  pair: Pair,
  way: SubscribeWay,
  after: string[],
  { grounds, added }: Join,
): ExecutableStep {
  return subscribeStep(
    pair,
    {
      id: backId(pair),
      title: `Subscribe to ${added.name}`,
      way,
      after,
      undo: `Drops ${pair.name} and its slot on ${added.name}.`,
    },
    grounds.changes,
  );
}

export function linksStep(pairs: readonly Pair[], { grounds, added }: Join): ExecutableStep {
  const { subscriptions, waits } = grounds.changes;
  return step({
    id: 'links',
    title: `Wait until the links from ${added.name} replicate`,
    node: null,
    after: pairs.map(backId),
    action: {
      type: 'wait',
      timeoutSeconds: LINKS_SECONDS,
      awaited: pairs.flatMap(({ provider, receiver, name }) => [
        {
          node: receiver,
          text: `${receiver} says that ${name} is replicating`,
          query: subscriptions.hasStatus(name, 'replicating'),
          hopeless: waits.cannotCome({ for: 'replicating', node: receiver, subscription: name }),
        },
        slotOfNew(provider, name, grounds.changes),
      ]),
    },
  });
}

/** As on the source. */
export function ddlOf(added: Server, source: Server, { changes }: Grounds): ExecutableStep | null {
  const { ddl } = changes.settings;
  const ddlReplication = ddl !== null && source.facts.settings[ddl.name]?.value === 'on';
  return ddlStep(added, { ddlReplication }, changes);
}

export function watchStep(name: string, cluster: string, after: string[]): ExecutableStep {
  return step({
    id: 'watch',
    title: `Watch ${name}`,
    node: null,
    commands: [`save the DSN of ${name} for ${cluster}, its password sealed`],
    after,
    undo: `Forgets ${name}.`,
    action: { type: 'watch-node', node: name },
  });
}

/** One from each node to the new one, and from it to each. */
export function marks(links: JoinLinks, members: readonly Member[], name: string): ExecutableStep[] {
  const mark = (node: string, to: { node: string; subscription: string }[]): ExecutableStep =>
    step({
      id: `mark:${node}`,
      title: node === name ? 'Send a mark to every other node' : `Send a mark to ${name}`,
      node,
      after: ['watch'],
      action: { type: 'mark', node, to },
    });
  const into = [links.copy, ...links.kept];
  return [
    ...members.map((member) =>
      mark(
        member.name,
        into
          .filter(({ provider }) => provider === member.name)
          .map((pair) => ({ node: name, subscription: pair.name })),
      ),
    ),
    mark(
      name,
      links.back.map((pair) => ({ node: pair.receiver, subscription: pair.name })),
    ),
  ];
}

export function compareStep(nodes: string[], tables: ComparedTable[]): ExecutableStep | null {
  if (tables.length === 0) return null;
  return step({
    id: 'compare',
    title: 'Compare the tables on all nodes',
    node: null,
    after: nodes.map((node) => `mark:${node}`),
    action: { type: 'prove', nodes, tables },
  });
}

export function findingsStep(): ExecutableStep {
  return step({
    id: 'findings',
    title: 'Check for findings',
    node: null,
    after: ['watch', 'compare'],
    action: { type: 'ask-findings' },
  });
}
