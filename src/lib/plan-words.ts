/** What a kind of plan is called on the page: on the button that only plans, on the plan's own, and when it is done. */
import { formatNames } from '#core/model/format.ts';
import type { PlanKind, PlanRequest } from '#core/model/plan.ts';
import { shownText } from '#core/model/shown-text.ts';
import { subscriptionsOf } from '#core/model/subscription-names.ts';
import { safeName } from './safe-name.ts';

interface PlanWords<R> {
  /** Verb and object, and an ellipsis, since the plan is shown before anything is done. */
  button: string | ((request: R) => string);
  /** `Add shipments to default on n3`: what the primary button of the plan's own foot does. `title`: the plan's own. */
  act: (request: R, title?: string) => string;
  /** A sentence for whoever has done it; absent: nothing comes after. */
  afterwards?: (request: R) => string | null;
}

/** `sub_n2n1 on n2`, or how many where there are more. */
function calledSubscriptions(request: Parameters<typeof subscriptionsOf>[0]): string {
  const all = subscriptionsOf(request);
  return all.length === 1 ? `${request.subscription} on ${request.receiver}` : `${all.length} subscriptions`;
}

const words: { [K in PlanKind]: PlanWords<Extract<PlanRequest, { kind: K }>> } = {
  deploy: {
    button: 'Deploy cluster…',
    act: (request) =>
      request.target === 'servers'
        ? `Deploy on ${request.nodes.map((node) => node.name).join(', ')}`
        : `Create the sandbox ${request.name}`,
  },
  remove: { button: 'Remove sandbox…', act: ({ name }) => `Remove the sandbox ${name}` },
  'subscription-enable': {
    button: 'Enable subscription…',
    act: (request) => `Enable ${calledSubscriptions(request)}`,
  },
  'subscription-disable': {
    button: 'Disable subscription…',
    act: (request) => `Disable ${calledSubscriptions(request)}`,
  },
  'subscription-create': {
    button: 'Create link…',
    act: ({ provider, receiver }) => `Subscribe ${receiver} to ${provider}`,
  },
  'mesh-complete': {
    button: 'Complete the mesh…',
    act: () => 'Create all missing links',
    afterwards: () => 'Existing rows were not copied through the new links.',
  },
  'subscription-drop': {
    button: 'Drop subscription…',
    act: ({ subscription, receiver }) => `Drop ${subscription} on ${receiver}`,
  },
  'subscription-sets': {
    button: 'Change sets…',
    act: (request) => `Change the sets of ${calledSubscriptions(request)}`,
    afterwards: ({ add }) =>
      add.length === 0 ? null : `Existing rows of ${add.join(', ')} were not copied.`,
  },
  'subscription-skip': {
    button: 'Skip the transaction…',
    act: ({ subscription, lsn }) => `Skip the transaction at ${lsn} and enable ${subscription}`,
    afterwards: ({ receiver }) => `The rows of the skipped transaction are missing on ${receiver}.`,
  },
  'subscription-interface': {
    button: 'Switch interface…',
    act: (request) => `Switch ${calledSubscriptions(request)} to interface ${request.interface}`,
  },
  'subscription-failover': {
    button: 'Mark for failover…',
    act: (request) => `Mark the slot of ${calledSubscriptions(request)} for failover`,
  },
  'subscription-options': {
    button: 'Change options…',
    act: (request) => `Change the options of ${calledSubscriptions(request)}`,
  },
  'set-tables': {
    button: 'Change tables of set…',
    act: ({ set, nodes }) => `Change tables of ${set} on ${formatNames(nodes)}`,
  },
  'set-create': {
    button: 'Create set…',
    act: ({ set, nodes }) => `Create set ${set} on ${formatNames(nodes)}`,
    afterwards: ({ set }) =>
      `Add tables to ${set}, and ${set} to the subscriptions that are to receive them.`,
  },
  'set-alter': {
    button: 'Change what it sends…',
    act: ({ set, nodes }) => `Change what ${set} sends on ${formatNames(nodes)}`,
  },
  'set-drop': {
    button: ({ set }) => `Drop set ${safeName(set)}…`,
    act: ({ set, nodes }) => `Drop set ${set} on ${formatNames(nodes)}`,
  },
  'set-add-table': {
    button: 'Add to set…',
    act: ({ table, set, nodes }) => `Add ${table} to ${set} on ${nodes.join(', ')}`,
  },
  'set-remove-table': {
    button: 'Remove from set…',
    act: ({ table, set, nodes }) => `Remove ${table} from ${set} on ${nodes.join(', ')}`,
  },
  ddl: { button: 'Run on all nodes…', act: () => 'Run a statement on all nodes' },
  'ddl-replication': {
    button: ({ on }) => (on ? 'Replicate DDL…' : 'Stop replicating DDL…'),
    act: ({ on, nodes }) => `${on ? 'Replicate' : 'Do not replicate'} DDL of ${formatNames(nodes)}`,
  },
  'conflict-settings': {
    button: 'Set on all nodes…',
    act: ({ nodes }) => `Set conflict settings on ${formatNames(nodes)}`,
  },
  'schema-align': {
    button: 'Compare and make alike…',
    act: ({ from, to }) => `Make the schema of ${to} like that of ${from}`,
  },
  'delta-columns': {
    button: ({ add }) => (add.length > 0 ? 'Add up on all nodes…' : 'No longer add up…'),
    act: ({ table, add, remove }) =>
      add.length > 0
        ? `Add up ${formatNames(add)} of ${table}`
        : `No longer add up ${formatNames(remove)} of ${table}`,
  },
  'table-resync': {
    button: ({ tables }) => (tables === undefined ? 'Copy table again…' : 'Copy tables again…'),
    act: ({ table, tables, receiver }) =>
      tables === undefined
        ? `Copy ${table} to ${receiver} again`
        : `Copy ${tables === 'all' ? 'all' : tables.length} tables to ${receiver} again`,
  },
  'slot-drop': { button: 'Drop slot…', act: ({ slot, node }) => `Drop slot ${slot} on ${node}` },
  'node-add': {
    button: 'Add node…',
    act: ({ node, source }) => `Add ${node.name}, copied from ${source}`,
    afterwards: ({ node }) => `Applications may write on ${node.name} from now on.`,
  },
  'node-read-only': {
    button: ({ readOnly }) => (readOnly ? 'Make read-only…' : 'Allow writes…'),
    act: ({ node, readOnly }) => (readOnly ? `Make ${node} read-only` : `Allow writes on ${node}`),
  },
  'node-interface': {
    button: ({ dsn }) => (dsn === null ? 'Drop…' : 'Add interface…'),
    act: ({ dsn, node, interface: name }) =>
      dsn === null ? `Drop interface ${name} of ${node}` : `Add interface ${name} of ${node}`,
    afterwards: ({ dsn, interface: name }) =>
      dsn === null ? null : `Switch the subscriptions that are to use ${name}.`,
  },
  'node-location': {
    button: 'Change location…',
    act: ({ node }) => `Set the location of ${node}`,
  },
  'session-cancel': {
    button: ({ pid }) => `End session ${pid}…`,
    act: ({ pid, node }) => `End session ${pid} on ${node}`,
  },
  'node-settings': {
    button: ({ settings: [first, ...others] }) =>
      first === undefined || others.length > 0
        ? 'Change settings…'
        : `${first.value === null ? 'Reset' : 'Set'} ${first.name}…`,
    act: ({ nodes }) => `Change settings on ${formatNames(nodes)}`,
    afterwards: ({ restart }) =>
      restart === 'later' ? 'What takes a restart is in force after the next one.' : null,
  },
  'peer-password': {
    button: "Change the peers' password…",
    act: ({ role }) => `Change the password of ${role}`,
  },
  'records-trim': {
    button: 'Remove old records…',
    act: ({ records, nodes }) => `Remove old records of ${records} on ${formatNames(nodes)}`,
  },
  'extension-update': {
    button: 'Update the extension…',
    act: ({ nodes }) => `Update the extension on ${formatNames(nodes)}`,
  },
  'node-remove': {
    button: ({ node }) => `Give up ${safeName(node)}…`,
    // A living one is removed, a dead one given up: the plan has seen which it is.
    act: ({ node }, title) => title ?? `Remove ${node}`,
    afterwards: ({ node }) => `${node} must be copied again to return.`,
  },
};

// The map pairs each kind with the words of that kind; the types cannot say so for a union.
const wordsOf = ({ kind }: PlanRequest) => words[kind] as PlanWords<PlanRequest>;

export function planButton(request: PlanRequest): string {
  const { button } = wordsOf(request);
  return typeof button === 'string' ? button : button(request);
}

export const planAct = (request: PlanRequest, title?: string): string =>
  shownText(wordsOf(request).act(request, title));

/** Null: nothing is to be said. */
export const planAfterwards = (request: PlanRequest): string | null =>
  wordsOf(request).afterwards?.(request) ?? null;
