/** The n·(n−1) subscriptions: first those that bring a copy, then the others, in an order in which none waits for another. */
import { type DraftStep, step } from '#core/plan/draft.ts';
import { type Pair, replicates, subscribeUnit } from '#core/plan/mesh.ts';
import type { Choices, Server } from './choices.ts';

const SUBSCRIBE_SECONDS = 60;

export function subscribeSteps(
  servers: readonly Server[],
  pairs: readonly Pair[],
  choices: Choices,
): DraftStep[] {
  const seeds = pairs.filter(
    ({ provider, receiver }) =>
      provider === choices.source?.name &&
      (choices.structure.includes(receiver) || choices.rowsOnly.includes(receiver)),
  );
  const rest = pairs.filter((pair) => !seeds.includes(pair));
  const byName = new Map(servers.map((server) => [server.name, server]));
  return [...seeds.map((pair) => seedStep(pair, choices)), ...linkSteps(rest, servers)].map((each) => {
    const receiver = byName.get(each.node ?? '');
    const provider = each.id.startsWith('seed:') ? choices.source?.name : each.id.split(':').at(-1);
    const done = receiver?.facts.subscriptions.some((own) => own.provider === provider) ?? false;
    return done ? { ...each, done } : each;
  });
}

function seedStep(pair: Pair, { source, structure, tables }: Choices): DraftStep {
  const { provider, receiver, name } = pair;
  const whole = structure.includes(receiver);
  const copied = whole ? (source?.facts.tables ?? []) : tables;
  return step({
    id: `seed:${receiver}`,
    title: `Subscribe to ${provider} and copy ${whole ? 'structure and rows' : 'its rows'}`,
    node: receiver,
    after: [`node:${receiver}`, `node:${provider}`, `sets:${provider}`, `sets:${receiver}`],
    undo: `Drops the subscription and its slot on ${provider}, and ${whole ? 'drops' : 'empties'} the copied tables, unless they were written to since.`,
    action: {
      type: 'seed',
      node: receiver,
      provider,
      subscription: name,
      unit: subscribeUnit(pair, { structure: whole, rows: true }),
      tables: copied.map(({ schema, table }) => ({ schema, table })),
      structure: whole,
    },
  });
}

/**
 * A slot is made when all transactions of its provider that have written are over, and a subscription that is being made is
 * one: two nodes that subscribe to each other at once may wait for ever (seen on 4.0.11). So in one round only one node
 * provides, and all others subscribe to it at the same time.
 */
function linkSteps(pairs: readonly Pair[], servers: readonly Server[]): DraftStep[] {
  const steps: DraftStep[] = [];
  let before: string[] = servers.flatMap(({ name }) => [`node:${name}`, `sets:${name}`, `seed:${name}`]);
  for (const { name: provider } of servers) {
    const round = pairs.filter((pair) => pair.provider === provider);
    if (round.length === 0) continue;
    steps.push(...round.map((pair) => linkStep(pair, before)));
    before = round.map(({ receiver }) => `subscribe:${receiver}:${provider}`);
  }
  return steps;
}

function linkStep(pair: Pair, after: string[]): DraftStep {
  const { provider, receiver } = pair;
  return step({
    id: `subscribe:${receiver}:${provider}`,
    title: `Subscribe to ${provider}`,
    node: receiver,
    after,
    undo: `Drops the subscription, and its slot on ${provider}.`,
    action: {
      type: 'write-and-wait',
      node: receiver,
      timeoutSeconds: SUBSCRIBE_SECONDS,
      unit: subscribeUnit(pair),
      awaited: [replicates(pair)],
    },
  });
}
