/** The n·(n−1) subscriptions: first those that bring a copy, then the others, in an order in which none waits for another. */
import type { Changes, SubscribeWay } from '#core/engines/changes.ts';
import { type ExecutableStep, step } from '#core/plan/executable.ts';
import { inChains, type Pair, pairsOf, subscribeStep } from '#core/plan/mesh.ts';
import type { Choices, Server } from './choices.ts';
import { planHolds } from './hold.ts';

/** A subscription of an earlier try is gone on with by the name that it has: a second one would bring each row twice. */
function asSubscribed(pair: Pair, servers: readonly Server[]): Pair {
  const receiver = servers.find(({ name }) => name === pair.receiver);
  const there = receiver?.facts.subscriptions.find(({ provider }) => provider === pair.provider);
  return there === undefined ? pair : { ...pair, name: there.name };
}

/** All pairs by the names that they have or get. */
export const pairsOn = (servers: readonly Server[]): Pair[] =>
  pairsOf(servers.map(({ name }) => name)).map((pair) => asSubscribed(pair, servers));

/** Of an earlier try. */
const isDone = ({ provider, receiver }: Pair, servers: readonly Server[]): boolean =>
  servers
    .find(({ name }) => name === receiver)
    ?.facts.subscriptions.some((own) => own.provider === provider) ?? false;

/** What all of the servers can do. */
export const wayOn = (servers: readonly Server[], { subscriptions }: Changes): SubscribeWay =>
  subscriptions.way(
    servers.map(({ facts: { extension } }) => ({
      version: extension.installed ?? extension.available,
      standin: extension.standin,
    })),
  );

export function seedsAndLinks(
  pairs: readonly Pair[],
  { source, structure, rowsOnly }: Choices,
): { seeds: Pair[]; rest: Pair[] } {
  const isSeed = ({ provider, receiver }: Pair) =>
    provider === source?.name && (structure.includes(receiver) || rowsOnly.includes(receiver));
  return { seeds: pairs.filter(isSeed), rest: pairs.filter((pair) => !isSeed(pair)) };
}

/** Pairs that are subscribed without a copy, and are not there yet. */
export const newLinks = (servers: readonly Server[], choices: Choices): Pair[] =>
  seedsAndLinks(pairsOn(servers), choices).rest.filter((pair) => !isDone(pair, servers));

export function subscribeSteps(
  servers: readonly Server[],
  pairs: readonly Pair[],
  choices: Choices,
): {
  holds: ExecutableStep[];
  copies: ExecutableStep[];
  holdsAfter: ExecutableStep[];
  links: ExecutableStep[];
} {
  const { seeds, rest } = seedsAndLinks(pairs, choices);
  const way = wayOn(servers, choices.changes);
  const { before, after, holds } = planHolds(
    servers,
    rest.filter((pair) => !isDone(pair, servers)),
    choices,
    way,
  );
  const held = [...before, ...after].map(({ id }) => id);
  const done = (pair: Pair) => isDone(pair, servers);
  return {
    holds: before,
    copies: seeds.map((pair) => ({
      ...seedStep(
        pair,
        choices,
        before.map(({ id }) => id),
      ),
      done: done(pair),
    })),
    holdsAfter: after,
    links: inChains(rest).map(({ pair, after: last }) =>
      linkStep(pair, last, servers, held, choices.changes, {
        way,
        slot: holds(pair) ? 'held' : 'here',
        done: done(pair),
      }),
    ),
  };
}

function seedStep(
  pair: Pair,
  { source, structure, tables, changes }: Choices,
  held: string[],
): ExecutableStep {
  const { provider, receiver, name } = pair;
  const whole = structure.includes(receiver);
  const copied = whole ? (source?.facts.tables ?? []) : tables;
  return step({
    id: `seed:${receiver}`,
    title: `Subscribe to ${provider} and copy ${whole ? 'structure and rows' : 'its rows'}`,
    node: receiver,
    after: [`node:${receiver}`, `node:${provider}`, `sets:${provider}`, `sets:${receiver}`, ...held],
    undo: `Drops the subscription and its slot on ${provider}, and ${whole ? 'drops' : 'empties'} the copied tables, unless they have been written to since.`,
    action: {
      type: 'seed',
      node: receiver,
      provider,
      subscription: name,
      unit: changes.subscriptions.create(pair, { structure: whole, rows: true }),
      tables: copied.map(({ schema, table }) => ({ schema, table })),
      structure: whole,
      sequences: (source?.facts.sequences ?? []).map(({ schema, sequence }) => ({ schema, sequence })),
    },
  });
}

/** Of a link; a colon within a name must not make two links one. */
const linkId = ({ receiver, provider }: Pair): string =>
  `subscribe:${[receiver, provider].map((name) => name.replaceAll('%', '%25').replaceAll(':', '%3A')).join(':')}`;

/** Each receiver's own one after the other, the receivers side by side, when all copies are there and all nodes were held. */
function linkStep(
  pair: Pair,
  after: Pair | null,
  servers: readonly Server[],
  held: string[],
  changes: Changes,
  how: { way: SubscribeWay; slot: 'held' | 'here'; done: boolean },
): ExecutableStep {
  const before = servers.flatMap(({ name }) => [`node:${name}`, `sets:${name}`, `seed:${name}`]);
  const id = linkId(pair);
  const waitsFor = after === null ? [...before, ...held] : [linkId(after)];
  return subscribeStep(pair, { id, after: waitsFor, ...how }, changes);
}
