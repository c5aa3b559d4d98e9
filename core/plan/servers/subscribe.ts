/** The n·(n−1) subscriptions: first those that bring a copy, then the others, in an order in which none waits for another. */
import { type DraftStep, step } from '#core/plan/draft.ts';
import { inChains, type Pair, subscribeUnit } from '#core/plan/mesh.ts';
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
      sequences: (source?.facts.sequences ?? []).map(({ schema, sequence }) => ({ schema, sequence })),
    },
  });
}

/** Each receiver's own one after the other, the receivers side by side, when all copies are there. */
function linkSteps(pairs: readonly Pair[], servers: readonly Server[]): DraftStep[] {
  const before = servers.flatMap(({ name }) => [`node:${name}`, `sets:${name}`, `seed:${name}`]);
  return inChains(pairs).map(({ pair, after }) => {
    const { provider, receiver } = pair;
    return step({
      id: `subscribe:${receiver}:${provider}`,
      title: `Subscribe to ${provider}`,
      node: receiver,
      after: after === null ? before : [`subscribe:${after.receiver}:${after.provider}`],
      undo: `Drops the subscription, and its slot on ${provider}.`,
      action: {
        type: 'sql',
        node: receiver,
        timeoutSeconds: SUBSCRIBE_SECONDS,
        units: [subscribeUnit(pair)],
      },
    });
  });
}
