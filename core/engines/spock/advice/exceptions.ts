/** What spock.exception_log says, by receiver and origin: shared by the rules on exceptions. */

import type { AdviceInput } from '#core/advice/rule.ts';
import type { ExceptionMark } from '#core/model/facts.ts';
import { formatTable } from '#core/model/format.ts';
import type { SubscriptionSnapshot } from '#core/model/snapshot.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';

/** Failed transactions of one origin on one receiver. */
export interface Failures {
  receiver: string;
  /** As spock.exception_log has it. */
  originId: string;
  /** The registry's name, else the catalog's; null: the origin has left, and nobody remembers its name. */
  origin: string | null;
  /** The receiver's catalogs know the origin no more: Spock forgets a node with the last subscription to it. */
  left: boolean;
  /** The receiver's subscription to that origin; null when there is none. */
  subscription: SubscriptionSnapshot | null;
  /** Newest first, not resolved, rows of transactions that disabled the subscription left out. */
  discarded: ExceptionMark[];
  /** The row that says that the subscription was disabled, when that is the newest thing that happened. */
  disabling: ExceptionMark | null;
}

/** Several rules ask, and each for every subscription that is down. */
const known = new WeakMap<AdviceInput, Failures[]>();

/** The receivers' exceptions, of the slow poll where it has come, else the newest of each origin of the fast one. */
export function failuresOf(input: AdviceInput): Failures[] {
  const before = known.get(input);
  if (before) return before;
  const registryNames = new Map(
    [...input.nodes.values()].flatMap(({ name, fast }) =>
      fast?.value.localNode == null ? [] : [[fast.value.localNode, name] as const],
    ),
  );
  const found = [...input.nodes.values()].flatMap((node) => ofNode(input, node, registryNames));
  known.set(input, found);
  return found;
}

function ofNode(input: AdviceInput, node: NodeInput, registryNames: ReadonlyMap<string, string>): Failures[] {
  const marks = node.slow?.value.exceptions ?? node.fast?.value.exceptions ?? [];
  if (marks.length === 0) return [];
  const names = new Map(node.fast?.value.peers.map((peer) => [peer.id, peer.name]));
  const subscriptions = new Map(
    input.facts.subscriptions.flatMap((sub) => (sub.receiver === node.name ? [[sub.name, sub]] : [])),
  );
  return [...byOrigin(marks)].map(([originId, ofOrigin]) => {
    const own = node.fast?.value.subscriptions?.find((sub) => sub.originId === originId);
    const name = names.get(originId) ?? input.memory.originName(node.name, originId);
    return {
      receiver: node.name,
      originId,
      origin: name === null ? null : (registryNames.get(name) ?? name),
      left: !names.has(originId),
      subscription: (own && subscriptions.get(own.name)) ?? null,
      ...sorted(ofOrigin),
    };
  });
}

/** As a sentence names it: `n3`, `n3, which has left`, `a node that has left`. */
export function originText({ origin, left }: Pick<Failures, 'origin' | 'left'>): string {
  if (origin === null) return 'a node that has left';
  return left ? `${origin}, which has left` : origin;
}

function byOrigin(marks: ExceptionMark[]): Map<string, ExceptionMark[]> {
  const found = new Map<string, ExceptionMark[]>();
  for (const mark of marks) {
    const others = found.get(mark.originId);
    if (others) others.push(mark);
    else found.set(mark.originId, [mark]);
  }
  return found;
}

function sorted(marks: ExceptionMark[]): Pick<Failures, 'discarded' | 'disabling'> {
  const transaction = (mark: ExceptionMark) => `${mark.xid}/${mark.commitAt}`;
  const disabling = marks.filter(({ disables }) => disables);
  const disabled = new Set(disabling.map(transaction));
  const newest = marks[0];
  return {
    discarded: marks.filter((mark) => !mark.resolved && !disabled.has(transaction(mark))),
    disabling: newest && disabled.has(transaction(newest)) ? (disabling[0] ?? null) : null,
  };
}

/** `acct`, or what the row says where Spock could not find the relation. */
export function tableOf(mark: ExceptionMark): string {
  if (mark.table === null) return 'a table that it could not find';
  return formatTable(mark.schema, mark.table);
}
