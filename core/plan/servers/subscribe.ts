/** The n·(n−1) subscriptions: first those that bring a copy, then the others, in an order in which none waits for another. */
import { type DraftStep, step } from '#core/plan/draft.ts';
import { inChains, type Pair, subscribeUnit } from '#core/plan/mesh.ts';
import type { Choices, Server } from './choices.ts';

const SUBSCRIBE_SECONDS = 60;

export function subscribeSteps(
  servers: readonly Server[],
  pairs: readonly Pair[],
  choices: Choices,
): { copies: DraftStep[]; links: DraftStep[] } {
  const seeds = pairs.filter(
    ({ provider, receiver }) =>
      provider === choices.source?.name &&
      (choices.structure.includes(receiver) || choices.rowsOnly.includes(receiver)),
  );
  const rest = pairs.filter((pair) => !seeds.includes(pair));
  const byName = new Map(servers.map((server) => [server.name, server]));
  /** Of an earlier try. */
  const isDone = ({ provider, receiver }: Pair): boolean =>
    byName.get(receiver)?.facts.subscriptions.some((own) => own.provider === provider) ?? false;
  return {
    copies: seeds.map((pair) => ({ ...seedStep(pair, choices), done: isDone(pair) })),
    links: inChains(rest).map(({ pair, after }) => ({
      ...linkStep(pair, after, servers),
      done: isDone(pair),
    })),
  };
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

/** Of a link; a colon within a name must not make two links one. */
const linkId = ({ receiver, provider }: Pair): string =>
  `subscribe:${[receiver, provider].map((name) => name.replaceAll('%', '%25').replaceAll(':', '%3A')).join(':')}`;

/** Each receiver's own one after the other, the receivers side by side, when all copies are there. */
function linkStep(pair: Pair, after: Pair | null, servers: readonly Server[]): DraftStep {
  const { provider, receiver } = pair;
  const before = servers.flatMap(({ name }) => [`node:${name}`, `sets:${name}`, `seed:${name}`]);
  return step({
    id: linkId(pair),
    title: `Subscribe to ${provider}`,
    node: receiver,
    after: after === null ? before : [linkId(after)],
    undo: `Drops the subscription, and its slot on ${provider}.`,
    action: { type: 'sql', node: receiver, timeoutSeconds: SUBSCRIBE_SECONDS, units: [subscribeUnit(pair)] },
  });
}
