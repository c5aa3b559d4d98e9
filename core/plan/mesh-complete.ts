/** Every missing link of a full mesh, in one plan: as many subscriptions as that takes, each made as one alone is. */

import { countOf, formatNames } from '#core/model/format.ts';
import type { Observed, ObservedFacts } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { type ExecutablePlan, type ExecutableStep, step } from './executable.ts';
import { inChains, type Pair, subscribeStep } from './mesh.ts';
import { canBeLinked, type MissingLink, missingLinks } from './missing-links.ts';
import { Grounds } from './nodes.ts';
import {
  checkForwarding,
  checkProvider,
  checkRoom,
  checkSame,
  chooseName,
  riskOfNew,
  slotOfNew,
  takenNames,
} from './subscription-create.ts';

type Complete = Extract<PlanRequest, { kind: 'mesh-complete' }>;

export function planMeshComplete({ cluster }: Complete, observed: Observed): ExecutablePlan {
  const grounds = new Grounds(observed);
  const nodes = observed.nodes ?? [];
  if (observed.nodes === null) {
    grounds.problem(null, 'no-cluster', `There is no cluster ${cluster}.`, 'Choose one of the list.');
  }
  tellLeftOut(grounds, observed);
  const missing = missingLinks(nodes);
  if (missing.length === 0 && grounds.problems.length === 0) {
    grounds.ok(null, 'Links', 'none is missing between the nodes that could be read');
  }
  const factsOf = new Map(nodes.flatMap(({ name, read }) => (read.ok ? [[name, read.facts] as const] : [])));
  checkNodes(grounds, missing, factsOf);
  const pairs = named(grounds, missing, factsOf, observed);
  if (missing.length > 0) {
    grounds.know(
      null,
      'Data',
      'existing rows are not copied: only what the providers commit from then on arrives by the new links',
    );
  }
  return {
    title: `Create ${countOf(missing.length, 'missing link')} of ${cluster}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps: grounds.problems.length > 0 ? [] : steps(grounds, pairs, factsOf),
  };
}

/** A node that cannot be read keeps the others from nothing; its own links are for a later plan. */
function tellLeftOut(grounds: Grounds, { nodes }: Observed): void {
  for (const { name, read } of nodes ?? []) {
    if (read.ok && canBeLinked(read.facts)) continue;
    const why = read.ok
      ? read.facts.recovery === true
        ? 'it is a standby'
        : read.facts.nodeName === null
          ? `it is no ${grounds.changes.words.name} node yet`
          : `its subscriptions could not be read: ${read.facts.unread?.subscriptions}`
      : read.error;
    grounds.know(name, 'Left out', `no link of ${name} is in this plan: ${why}`);
  }
}

/** What is asked of a node once, however many links it has. */
function checkNodes(
  grounds: Grounds,
  missing: readonly MissingLink[],
  factsOf: ReadonlyMap<string, ObservedFacts>,
): void {
  for (const [node, facts] of factsOf) {
    const sends = missing.filter(({ provider }) => provider === node).length;
    const receives = missing.filter(({ receiver }) => receiver === node).length;
    if (sends > 0) checkProvider(grounds, { provider: node }, facts);
    if (receives > 0) checkForwarding(grounds, node, facts, 'what other nodes write');
    if (sends + receives > 0) {
      checkRoom(grounds, node, facts, {
        ...(sends > 0 && { slots: sends, senders: sends }),
        ...(receives > 0 && { workers: receives, origins: receives }),
      });
    }
  }
}

function named(
  grounds: Grounds,
  missing: readonly MissingLink[],
  factsOf: ReadonlyMap<string, ObservedFacts>,
  observed: Observed,
): Pair[] {
  const taken = takenNames(observed);
  return missing.flatMap(({ provider, receiver }) => {
    const [from, at] = [factsOf.get(provider), factsOf.get(receiver)];
    if (from === undefined || at === undefined) return [];
    checkSame(grounds, { provider, receiver }, at, from);
    const name = chooseName(grounds, { provider, receiver }, at, from, taken);
    return name === null ? [] : [{ provider, receiver, name }];
  });
}

const idOf = ({ provider, receiver }: Pair): string => `create:${receiver}:${provider}`;

function steps(
  grounds: Grounds,
  pairs: readonly Pair[],
  factsOf: ReadonlyMap<string, ObservedFacts>,
): ExecutableStep[] {
  const { changes } = grounds;
  const involved = new Set(pairs.flatMap(({ provider, receiver }) => [provider, receiver]));
  const way = changes.subscriptions.way(
    [...involved].map((name) => ({
      version: factsOf.get(name)?.engineVersion ?? null,
      standin: factsOf.get(name)?.standin === true,
    })),
  );
  const created = inChains(pairs).map(({ pair, after }) =>
    subscribeStep(
      pair,
      {
        id: idOf(pair),
        way,
        after: after === null ? [] : [idOf(after)],
        risk: 'data',
        riskText: riskOfNew(pair.provider, pair.receiver),
        undo: `Drops ${pair.name} and its slot on ${pair.provider}.`,
      },
      changes,
    ),
  );
  const receivers = [...new Set(pairs.map(({ receiver }) => receiver))];
  return [...created, ...receivers.map((receiver) => waitFor(grounds, receiver, pairs))];
}

function waitFor({ changes }: Grounds, receiver: string, pairs: readonly Pair[]): ExecutableStep {
  const own = pairs.filter((pair) => pair.receiver === receiver);
  const { subscriptions, waits } = changes;
  return step({
    id: `wait:${receiver}`,
    title: `Wait until ${formatNames(
      own.map(({ name }) => name),
      4,
    )} ${own.length === 1 ? 'replicates' : 'replicate'}`,
    node: receiver,
    after: own.map(idOf),
    action: {
      type: 'wait',
      timeoutSeconds: 120,
      awaited: own.flatMap(({ provider, name }) => [
        {
          node: receiver,
          text: `${receiver} says that ${name} is replicating`,
          query: subscriptions.hasStatus(name, 'replicating'),
          hopeless: waits.cannotCome({ for: 'replicating', node: receiver, subscription: name }),
        },
        slotOfNew(provider, name, changes),
      ]),
    },
  });
}
