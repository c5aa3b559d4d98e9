/** The steps by which survivors give a dead node up: a last look at it, what they have of it noted, and only then what drops. */
import type { Changes } from '#core/engines/changes.ts';
import type { ObservedApplied, ObservedSlot, ObservedSubscription } from '#core/model/observed.ts';
import { type ExecutableStep, step } from './executable.ts';

export interface Survivor {
  name: string;
  /** To the node, with how far they have come. */
  subscriptions: (ObservedSubscription & { at: ObservedApplied | null })[];
  /** That the node read from. */
  slots: ObservedSlot[];
  /** Of the node, in the engine's catalog here. */
  nodeId: string | null;
  knowsIt: boolean;
  keepsProgress: boolean;
}

const SQL_SECONDS = 30;

/** `forget`: no other node has anything of it afterwards, so that the console need not know it any more. */
export function removalSteps(
  node: string,
  survivors: readonly Survivor[],
  forget: boolean,
  { nodes }: Changes,
): ExecutableStep[] {
  const noted = survivors.filter(({ subscriptions }) => subscriptions.length > 0);
  const look = step({
    id: 'silent',
    title: `Check that ${node} is still silent`,
    node: null,
    action: { type: 'still-silent', node },
  });
  const notes = noted.map(({ name, subscriptions }) =>
    step({
      id: `applied:${name}`,
      title: `Record what ${name} has applied of ${node}`,
      node: name,
      after: ['silent'],
      action: {
        type: 'note-applied',
        node: name,
        provider: node,
        subscriptions: subscriptions.map((each) => each.name),
      },
    }),
  );
  const before = ['silent', ...notes.map(({ id }) => id)];
  const drops = survivors.flatMap(({ name, subscriptions }) =>
    subscriptions.map((each) =>
      step({
        id: `drop:${name}:${each.name}`,
        title: `Drop ${each.name}`,
        node: name,
        after: before,
        risk: 'data',
        riskText: `What ${node} had committed and ${name} has not applied will never be applied there.`,
        undo: `Nothing, once it is dropped: ${node} must be copied again.`,
        action: {
          type: 'unsubscribe',
          node: name,
          provider: node,
          subscription: each.name,
          providerGone: true,
        },
      }),
    ),
  );
  const slots = survivors.flatMap(({ name, slots: held }) =>
    held.length === 0
      ? []
      : [
          step({
            id: `slots:${name}`,
            title: `Drop ${held.length === 1 ? 'the slot' : 'the slots'} of ${node}`,
            node: name,
            after: before,
            risk: 'data',
            riskText: `${node} can never continue from ${name}: the WAL kept for it is released.`,
            undo: `Nothing: the WAL is gone with ${held.length === 1 ? 'it' : 'them'}.`,
            action: { type: 'drop-slots', node: name, reader: node, slots: held.map((each) => each.name) },
          }),
        ],
  );
  const rows = survivors.flatMap((survivor) => {
    const { knowsIt, keepsProgress, nodeId: id } = survivor;
    const units = nodes.leftovers(node, { knowsIt, keepsProgress, id });
    return units.length === 0
      ? []
      : [
          step({
            id: `node:${survivor.name}`,
            title: `Drop what is left of ${node}`,
            node: survivor.name,
            after: [...before, ...survivor.subscriptions.map((each) => `drop:${survivor.name}:${each.name}`)],
            action: { type: 'sql', node: survivor.name, timeoutSeconds: SQL_SECONDS, units },
          }),
        ];
  });
  const all = [look, ...notes, ...drops, ...slots, ...rows];
  if (!forget) return all;
  return [
    ...all,
    step({
      id: 'forget',
      title: `Remove ${node} from this console`,
      node: null,
      after: all.map(({ id }) => id),
      undo: 'Nothing: add it again under Settings.',
      action: { type: 'forget-node', node },
    }),
  ];
}
