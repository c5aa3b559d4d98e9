/** The steps of DDL on all nodes. */
import { sql } from '#core/engines/sql.ts';
import { unit } from '#core/engines/units.ts';
import type { ObservedFacts, ObservedSubscription } from '#core/model/observed.ts';
import { type ExecutableStep, step } from '#core/plan/executable.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import type { DdlNode, DdlWork } from './work.ts';

/** Of the statement itself: an index on a large table takes its time. */
const STATEMENT_SECONDS = 4 * 3600;
/** Of one try: the table's readers and writers queue up behind it. Long enough to be told who holds it up. */
const LOCK_SECONDS = 3;
const TRIES = { times: 5, pauseSeconds: 5 };
/** By others: as long as it takes whoever holds the lock, within reason. */
const WATCH_SECONDS = 4 * 3600;

const WAITS = sql`SET LOCAL lock_timeout = '${String(LOCK_SECONDS)}s'`;

/** By which a node takes the changes of another; null: it does not. */
export const subscriptionTo = (
  provider: Pick<DdlNode, 'node' | 'facts'>,
  receiver: ObservedFacts,
): ObservedSubscription | null =>
  receiver.subscriptions.find(({ provider: of }) => of === (provider.facts.nodeName ?? provider.node)) ??
  null;

const isDone = ({ ddl }: DdlNode): boolean => ddl.so.length > 0 && ddl.so.every((each) => each === true);

/** One boolean: all of it is so; null: of some statement that cannot be told. */
function factOf({ statements }: DdlWork): string | null {
  const facts = statements.map(({ so }) => so);
  return facts.includes(null) ? null : facts.map((each) => `(${each})`).join(' AND ');
}

function undoOf({ statements }: DdlWork): string[] | null {
  const undo = statements.map((each) => each.undo);
  return undo.includes(null) ? null : undo.flatMap((each) => each ?? []).toReversed();
}

const STAYS = 'What the statement has changed stays: no statement takes it back without losing something.';

export function localSteps(grounds: Grounds, work: DdlWork): ExecutableStep[] {
  const fact = factOf(work);
  const undo = undoOf(work);
  const isAlone = work.statements.some(({ alone }) => alone);
  return work.nodes.map((each, index) => {
    const before = work.nodes[index - 1];
    const done = isDone(each);
    if (done) grounds.ok(each.node, 'Statement', 'so already');
    else grounds.todo(each.node, 'Statement', 'to be run', `ddl:${each.node}`);
    const statement = sql`${work.text}`;
    return step({
      id: `ddl:${each.node}`,
      title: `Run it on ${each.node}`,
      node: each.node,
      after: before === undefined ? [] : [`ddl:${before.node}`],
      done,
      undo: undo === null ? STAYS : 'Drops what it has created.',
      ...riskOf(work),
      action: {
        type: 'sql',
        node: each.node,
        timeoutSeconds: STATEMENT_SECONDS,
        tries: TRIES,
        units: [
          unit(isAlone ? [statement] : [WAITS, statement], {
            // What cannot run in a transaction is in no queue either: the session's DDL is not sent.
            scope: isAlone ? 'catalog' : 'local',
            already: fact === null ? null : sql`SELECT ${fact}`,
            undo: undo === null ? null : undo.map((text) => sql`${text}`),
            ...(undo === null && { stays: STAYS }),
          }),
        ],
      },
    });
  });
}

export function replicatedSteps(grounds: Grounds, work: DdlWork): ExecutableStep[] {
  const { ddl, waits } = grounds.changes;
  const [first, ...others] = work.nodes;
  if (first === undefined) return [];
  const fact = factOf(work);
  const done = work.nodes.every(isDone);
  if (done) grounds.ok(null, 'Statement', 'so already on every node');
  else grounds.todo(first.node, 'Statement', 'to be run', 'ddl');
  const run = step({
    id: 'ddl',
    title: `Run it on ${first.node}, for all nodes`,
    node: first.node,
    done,
    undo: STAYS,
    ...riskOf(work),
    action: {
      type: 'sql',
      node: first.node,
      timeoutSeconds: STATEMENT_SECONDS,
      tries: TRIES,
      units: [
        unit([WAITS, ddl.replicate(work.text)], {
          scope: 'sent',
          transaction: true,
          already: fact === null ? null : sql`SELECT ${fact}`,
          stays: STAYS,
        }),
      ],
    },
  });
  const subscriptions = others.flatMap((each) => {
    const sub = subscriptionTo(first, each.facts);
    return sub === null ? [] : [{ ...each, subscription: sub.name }];
  });
  const marked = step({
    id: 'mark',
    title: `Wait until the others have applied what ${first.node} has committed`,
    node: first.node,
    after: ['ddl'],
    done,
    action: {
      type: 'mark',
      node: first.node,
      to: subscriptions.map(({ node, subscription }) => ({ node, subscription })),
    },
  });
  const watched = subscriptions.map(({ node, subscription, ddl: own }) =>
    step({
      id: `has:${node}`,
      title: `Wait until ${node} has it`,
      node,
      after: fact === null ? ['mark'] : ['ddl'],
      done,
      action: {
        type: 'wait',
        timeoutSeconds: WATCH_SECONDS,
        awaited: [
          {
            node,
            text: `${node} has what the statement changes`,
            query:
              fact === null
                ? sql`SELECT (${ddl.discarded(work.text)}) <= ${own.discarded}`
                : sql`SELECT ${fact}`,
            hopeless: waits.cannotCome({
              for: 'ddl',
              node,
              subscription,
              text: work.text,
              discarded: own.discarded,
            }),
          },
        ],
      },
    }),
  );
  return [run, ...(fact === null ? [marked] : []), ...watched];
}

function riskOf({ statements }: DdlWork): Partial<ExecutableStep> {
  const losing = statements.filter(({ name }) => name.startsWith('DROP TABLE'));
  const breaks = statements.flatMap((each) => each.breaks ?? []);
  if (losing.length > 0)
    return { risk: 'data', riskText: 'The table is dropped on every node, with all its rows.' };
  return breaks.length === 0
    ? {}
    : { risk: 'data', riskText: `While not every node has it: ${[...new Set(breaks)].join('; ')}.` };
}
