/** What spock.exception_log says, by receiver and origin: shared by the rules on exceptions. */
import type { ExceptionMark } from '#core/model/facts.ts';
import type { SubscriptionSnapshot } from '#core/model/snapshot.ts';
import type { AdviceInput } from './rule.ts';

/** Failed transactions of one origin on one receiver. */
export interface Failures {
  receiver: string;
  origin: string;
  /** The receiver's subscription to that origin; null when there is none. */
  subscription: SubscriptionSnapshot | null;
  /** Newest first, not resolved, rows of transactions that disabled the subscription left out. */
  discarded: ExceptionMark[];
  /** The row that says that the subscription was disabled, when that is the newest thing that happened. */
  disabling: ExceptionMark | null;
}

/** The receivers' exceptions, of the slow poll where it has come, else the newest of each origin of the fast one. */
export function failuresOf(input: AdviceInput): Failures[] {
  return [...input.nodes.values()].flatMap((node) => {
    const marks = node.slow?.value.exceptions ?? node.fast?.value.exceptions ?? [];
    if (marks.length === 0) return [];
    const names = new Map(node.fast?.value.peers.map((peer) => [peer.id, peer.name]));
    const subscriptions = new Map(
      input.facts.subscriptions
        .filter(({ receiver }) => receiver === node.name)
        .map((sub) => [sub.provider, sub]),
    );
    return [...byOrigin(marks)].map(([originId, ofOrigin]) => {
      const origin = names.get(originId) ?? originId;
      return {
        receiver: node.name,
        origin,
        subscription: subscriptions.get(origin) ?? null,
        ...sorted(ofOrigin),
      };
    });
  });
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
  const disabling = marks.filter(({ operation }) => operation === 'SUB_DISABLE');
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
  return mark.schema === null || mark.schema === 'public' ? mark.table : `${mark.schema}.${mark.table}`;
}
