/** For tests: a step's context on servers that stand, without a run around it; what the step writes down is kept to be read. */
import { changesOf } from '#core/engines/registry.ts';
import type { MadeSubscription } from '#core/plan/executable.ts';
import { step } from '#core/plan/executable.ts';
import { silentLog } from '#server/log.ts';
import { Sessions } from '#server/run/sessions.ts';
import type { StepContext } from '#server/run/step-context.ts';
import type { BareServers } from './bare-servers.ts';

export interface WrittenDown {
  notes: (string | null)[];
  facts: Record<string, string>;
  notices: { severity: string; message: string }[];
  know: string | null;
  left: Parameters<StepContext['left']>[0][];
  memo: Record<string, unknown>;
}

export interface TestContext {
  context: StepContext;
  written: WrittenDown;
  /** Aborts the signal, as a cancel does. */
  cancel(): void;
  /** Ends a proof that is under way, as the operator does. */
  endProof(): void;
  close(): void;
}

/** Nodes are `n1`, `n2` and so on. `dsns` takes the place of a server's own; `made`: units that this step has done already. */
export function contextOn(
  servers: BareServers,
  of: { dsns?: Record<string, string>; subscriptions?: MadeSubscription[]; made?: number[] } = {},
): TestContext {
  const written: WrittenDown = { notes: [], facts: {}, notices: [], know: null, left: [], memo: {} };
  const nodes = Array.from({ length: servers.count }, (_, index) => `n${index + 1}`);
  const sessions = new Sessions(changesOf().local);
  const control = new AbortController();
  const proof = new AbortController();
  const made = new Set(of.made);
  const wrote: { node: string; xid: string }[] = [];
  const unused = (what: string) => () => {
    throw new Error(`a step without a run has no ${what}`);
  };
  const direct = (node: string): string => servers.dsn(nodes.indexOf(node) + 1);
  const context: StepContext = {
    cluster: 'orders',
    step: step({ id: 'test', title: 'Test', node: null, action: { type: 'ask-findings' } }),
    changes: changesOf(),
    // Steps that touch servers alone need neither.
    registry: undefined as never,
    sandboxes: undefined as never,
    sessions,
    log: silentLog,
    signal: control.signal,
    dsn: (node) => of.dsns?.[node] ?? direct(node),
    peerDsn: direct,
    note: (text) => written.notes.push(text),
    waitFor: () => undefined,
    progress: () => undefined,
    fact: (name, value) => {
      written.facts[name] = value;
    },
    notice: (notice) => written.notices.push(notice),
    know: (text) => {
      written.know = text;
    },
    left: (item) => written.left.push(item),
    proving: (work) => work(proof.signal),
    nodes,
    subscriptions: of.subscriptions ?? [],
    wrote: (node, xid) => wrote.push({ node, xid }),
    wroteAs: (node) => wrote.flatMap((each) => (each.node === node ? [each.xid] : [])),
    recall: (key) => written.memo[key],
    recallOf: (_step, key) => written.memo[key],
    rememberSealed: (key, text) => {
      written.memo[key] = text;
    },
    recallSealed: (key) => (typeof written.memo[key] === 'string' ? written.memo[key] : null),
    remember: (key, value) => {
      written.memo[key] = value;
    },
    dropWritten: false,
    register: unused('registry'),
    refreshed: async () => null,
    made: (index) => made.has(index),
    willMake: (index) => made.add(index),
  };
  return {
    context,
    written,
    cancel: () => control.abort(),
    endProof: () => proof.abort(),
    close: () => sessions.close(),
  };
}
