/** The subscriptions of a node that joins, and those to it: their names, and the sets that they take. */
import type { NodeAdd } from '#core/model/requests/nodes.ts';
import type { JoinLink } from '#core/plan/executable.ts';
import { type Pair, subscriptionName } from '#core/plan/mesh.ts';
import { checkSets } from '#core/plan/needed-sets.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import { isOf, type Member } from './checks-cluster.ts';

type NamedPair = Pair & { sets: readonly string[] };

export interface JoinLinks {
  /** With the copy. */
  copy: NamedPair;
  /** To the other nodes: they go on from the slots that are made before the copy. */
  kept: NamedPair[];
  /** Of the existing nodes to the new one. */
  back: NamedPair[];
  /** Of the source to the other nodes, by which it is known how far it has come. */
  ofSource: JoinLink[];
}

/** `members`: the source first. */
export function joinLinks(grounds: Grounds, request: NodeAdd, members: readonly Member[]): JoinLinks | null {
  const [source, ...others] = members;
  if (source === undefined) return null;
  const added = request.node.name;
  const taken = members.flatMap(({ facts }) => facts.subscriptions.map(({ name }) => name));
  const named = (provider: string, receiver: string, sets: readonly string[]): NamedPair => {
    const name = subscriptionName(provider, receiver, taken);
    taken.push(name);
    return { provider, receiver, name, sets };
  };
  const takenFrom = (provider: Member): readonly string[] =>
    request.sets ?? setsTaken(provider, provider === source ? others : [source]);
  for (const member of members)
    checkSets(
      grounds,
      member.name,
      member.facts,
      takenFrom(member),
      'Create it there, or choose sets that all nodes have.',
    );
  return {
    copy: named(source.name, added, takenFrom(source)),
    kept: others.map((peer) => named(peer.name, added, takenFrom(peer))),
    back: members.map((member) =>
      named(
        added,
        member.name,
        request.sets ?? (member === source ? takenFrom(source) : setsTaken(source, [member])),
      ),
    ),
    ofSource: others.flatMap((peer) => {
      const own = source.facts.subscriptions.find((each) => isOf(each, peer));
      return own === undefined ? [] : [{ provider: peer.name, subscription: own.name }];
    }),
  };
}

/** What these receivers take from a node; all that it has where none reads from it. */
function setsTaken(provider: Member, receivers: readonly Member[]): readonly string[] {
  const sets = receivers.flatMap(({ facts }) =>
    facts.subscriptions.filter((each) => isOf(each, provider)).flatMap((each) => each.sets),
  );
  const all = sets.length > 0 ? sets : provider.facts.sets.map(({ name }) => name);
  return [...new Set(all)];
}
