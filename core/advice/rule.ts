/** What a rule is given, by the cluster and by its engine, and what it gives. One rule a file; `rules.ts` holds them all. */
import type { Engine } from '#core/engines/engine.ts';
import type { Finding, FindingCode } from '#core/model/finding.ts';
import type { NodeError, ReplicationSetSnapshot, SubscriptionSnapshot } from '#core/model/snapshot.ts';
import type { Assembled, NodeInput } from '#core/snapshot/assembled.ts';

/** What a rule sees: the assembled cluster, whose engines have something to say of it. */
export type AdviceInput = Assembled<AdvisingEngine>;

/** A finding as a rule gives it; `since` and `id` follow from what was found before. */
export type RuleFinding = Omit<Finding, 'id' | 'since' | 'code' | 'effect'> & {
  /** Where it is not that of its code, see `order.ts`. */
  effect?: Finding['effect'];
  /** What of the subject makes the id, where the rest may change while the finding lasts. */
  lasting?: Finding['subject'];
  /**
   * Nodes whose facts were compared, of the poll of every 15 s: the difference is said once each of them was read after it
   * was first seen, since facts of two moments differ while a change is under way.
   */
  compares?: {
    nodes: readonly string[];
    /** What they differ in, so that another difference of the same id is looked at anew. */
    what: string;
  };
  /** Milliseconds: since when it is so, where a fact says it; else since it was first seen. */
  sinceAt?: number;
  /** Makes the id of two findings on one subject distinct. */
  part?: string;
};

export type Rule = (input: AdviceInput) => RuleFinding[];

/**
 * What an engine has to say to the rules: rules of its own, and its part of the shared ones. A shared rule finds
 * what is wrong by the facts alone, and asks the engine for the statements and for what only it can know.
 */
export interface EngineAdvice {
  /** Findings that only this engine can have. A code that has a shared rule is none of them. */
  rules: Partial<Record<FindingCode, Rule>>;
  remedies: Remedies;
  /** No worker of the engine starts on the node, as far as its facts tell; null: one may. */
  cannotRun(node: NodeInput | undefined): CannotRun | null;
  /** It stopped itself at a transaction that it could not apply, and waits for somebody. */
  disabledItself(input: AdviceInput, sub: SubscriptionSnapshot): boolean;
}

/** An engine that speaks to the rules as well. */
export interface AdvisingEngine extends Engine {
  advice: EngineAdvice;
}

export interface CannotRun {
  /** A sentence. */
  why: string;
  /** What is done about it, for the subscription that waits for it. */
  remedy(subscription: string): string;
}

type Remedy = NonNullable<RuleFinding['remedy']>;
type SetFlag = 'insert' | 'update' | 'delete' | 'truncate';

/**
 * By the code of the shared rule that asks. Statements run on the receiver of the subscription, unless said; each stands
 * without its semicolon; `…` stands for what the reader has to fill in. Texts are sentences.
 */
export interface Remedies {
  /** Made again with its data copied. */
  'slot-lost': (sub: SubscriptionSnapshot) => string[];
  'subscription-down': {
    /** Made again with its data copied. */
    withoutSlot: (sub: SubscriptionSnapshot) => string[];
    disabled: (sub: SubscriptionSnapshot) => string[];
  };
  'slot-bloat': {
    disabled: (sub: SubscriptionSnapshot) => string[];
    /** Of a slot that the engine keeps for the nodes together. */
    group: string;
  };
  /** Steps over the transaction that fails. */
  'apply-loop': (sub: SubscriptionSnapshot) => string[];
  /** The copy of a table is begun anew. */
  'sync-stuck': (sub: SubscriptionSnapshot, schema: string, table: string) => string[];
  'stale-interface': (sub: SubscriptionSnapshot, provider: string) => string;
  'forwarding-loop': (sub: SubscriptionSnapshot, receiver: NodeInput | undefined) => Remedy;
  'set-not-taken': (sub: SubscriptionSnapshot, set: string) => string[];
  /** On each provider: the kinds of changes are switched on that differ. */
  'set-differs': (set: ReplicationSetSnapshot, differing: readonly SetFlag[]) => string[];
  'schema-drift': {
    one: (table: string) => string;
    many: string;
  };
  'no-replica-identity': {
    /** Of a table with REPLICA IDENTITY FULL: what the engine finds rows by. */
    full: string;
    /** A set for tables of which rows are inserted only; null: there is none by default. */
    insertOnlySet: string | null;
  };
  'node-unreachable': Partial<Record<NodeError['code'], string>>;
}
