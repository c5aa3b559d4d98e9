/** A session ended because others wait for a lock that it holds: its statement cancelled, or its connection where it does nothing. */
import { sql } from '#core/engines/sql.ts';
import { unit } from '#core/engines/units.ts';
import { formatSeconds } from '#core/model/format.ts';
import type { Observed, ObservedSession } from '#core/model/observed.ts';
import type { SessionCancel } from '#core/model/requests/nodes.ts';
import { type ExecutablePlan, type ExecutableStep, step } from './executable.ts';
import { Grounds } from './nodes.ts';
import { isSession, isWaitedFor } from './session-questions.ts';

const SQL_SECONDS = 20;
const WAIT_SECONDS = 20;

export function planSessionCancel(request: SessionCancel, observed: Observed): ExecutablePlan {
  const { node, pid } = request;
  const grounds = new Grounds(observed);
  const facts = grounds.need(node);
  const session = facts === null || !grounds.read(node, facts, 'session') ? null : (facts.session ?? null);
  const found = session !== null && isTheSame(request, session) ? session : null;
  if (facts !== null && grounds.problems.length === 0 && found === null) {
    grounds.problem(
      node,
      'no-session',
      `${node} has no session ${pid} any more.`,
      'It has ended by itself. Resume what waited for it.',
    );
  }
  if (found !== null) {
    checkKind(grounds, node, found);
    tell(grounds, node, found);
  }
  return {
    title: `End session ${pid} on ${node}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps: found === null || grounds.problems.length > 0 ? [] : stepsOf(node, found),
  };
}

const isTheSame = ({ startedAt }: SessionCancel, session: ObservedSession): boolean =>
  startedAt === undefined || session.startedAt === startedAt;

/** Workers of replication come back and do the same again; the console's own end by themselves. */
function checkKind(grounds: Grounds, node: string, { type, own, pid }: ObservedSession): void {
  if (own) {
    grounds.stop(node, 'Session', "the console's own", {
      code: 'own-session',
      message: `Process ${pid} is a session of this console.`,
      remedy: 'Cancel the run that it belongs to.',
    });
  } else if (type === null) {
    grounds.stop(node, 'Session', 'not visible', {
      code: 'not-visible',
      message: `What process ${pid} is may not be seen by the console's role on ${node}.`,
      remedy: 'Grant it pg_read_all_stats, or give the DSN of a role that may.',
    });
  } else if (type !== 'client backend') {
    grounds.stop(node, 'Session', type, {
      code: 'not-a-client',
      message: `Process ${pid} is no application: it is ${type}, which starts again and does the same.`,
      remedy: `Look at what it waits for itself. Subscriptions are disabled on their own pages.`,
    });
  } else grounds.ok(node, 'Session', type);
}

function tell(grounds: Grounds, node: string, session: ObservedSession): void {
  const { who, state, query, openSeconds, waiting } = session;
  const since = openSeconds === null ? '' : `, its transaction open for ${formatSeconds(openSeconds)}`;
  grounds.know(
    node,
    'Who',
    `${who}: ${state ?? 'state not visible'}${since}${query === null ? '' : `: ${query}`}`,
  );
  if (waiting.length === 0) {
    grounds.know(node, 'Waiting', 'nobody waits for it now');
    return;
  }
  for (const each of waiting) {
    const time = each.seconds === null ? '' : ` for ${formatSeconds(each.seconds)}`;
    grounds.know(
      node,
      'Waiting',
      `process ${each.pid} (${each.type}) waits for it${time}${each.query === null ? '' : `: ${each.query}`}`,
    );
  }
}

function stepsOf(node: string, { pid, startedAt, state, who }: ObservedSession): ExecutableStep[] {
  // A statement that is cancelled gives up its locks with its transaction; a session between two has none to cancel.
  const cancels = state === 'active';
  const same = isSession(pid, startedAt);
  const stands = cancels ? `${same} AND a.state = 'active'` : same;
  const call = cancels ? 'pg_cancel_backend' : 'pg_terminate_backend';
  return [
    step({
      id: 'end',
      title: cancels ? `Cancel the statement of process ${pid}` : `Terminate process ${pid}`,
      node,
      risk: 'data',
      riskText: `What ${who} has not committed is rolled back${cancels ? '' : ', and its connection ends'}.`,
      undo: 'Nothing: the application has to do it again.',
      action: {
        type: 'sql',
        node,
        timeoutSeconds: SQL_SECONDS,
        units: [
          unit(sql`SELECT ${call}(a.pid) FROM pg_stat_activity a WHERE ${same}`, {
            scope: 'catalog',
            object: `process ${pid}`,
            already: sql`SELECT NOT EXISTS (SELECT FROM pg_stat_activity a WHERE ${stands})`,
            stays: `What process ${pid} had not committed is rolled back.`,
          }),
        ],
      },
    }),
    step({
      id: 'wait',
      title: 'Wait until nobody waits for it any more',
      node,
      after: ['end'],
      action: {
        type: 'wait',
        timeoutSeconds: WAIT_SECONDS,
        awaited: [
          {
            node,
            text: `nobody waits for process ${pid} on ${node}`,
            query: sql`SELECT NOT ${isWaitedFor(pid, startedAt)}`,
          },
        ],
      },
    }),
  ];
}
