/** A worker that waits for a lock which somebody holds: its link says that it replicates, and nothing comes. */
import type { BlockedFacts } from '#core/model/facts.ts';
import { formatSeconds } from '#core/model/format.ts';
import type { Rule, RuleFinding } from './rule.ts';

/** A worker waits a moment for a row that somebody is just writing; that is none of ours. */
const SPOKEN_OF_SECONDS = 10;
const CRITICAL_SECONDS = 10 * 60;

export const applyBlocked: Rule = (input) =>
  [...input.nodes.values()].flatMap(({ name, failure, slow }): RuleFinding[] =>
    failure !== null
      ? []
      : (slow?.value.blocked ?? []).flatMap((one) => {
          const { seconds } = one;
          if (seconds === null || seconds < SPOKEN_OF_SECONDS) return [];
          return [findingOf(input.facts.cluster, name, { ...one, seconds })];
        }),
  );

function findingOf(
  cluster: string,
  node: string,
  { subscription, worker, seconds, blocker }: BlockedFacts & { seconds: number },
): RuleFinding {
  const { pid, startedAt, who, state, query, openSeconds } = blocker;
  const time = formatSeconds(Math.round(seconds));
  return {
    severity: seconds >= CRITICAL_SECONDS ? 'critical' : 'warning',
    subject: { receiver: node, subscription },
    title: `${subscription} on ${node} has waited for a lock for ${time}`,
    detail: `Process ${pid} (${who}) holds it. Until that session ends its transaction, nothing that ${subscription} receives is applied on ${node}, though it reports “replicating”, and its provider keeps the WAL.`,
    evidence: [
      { name: 'worker', value: `pid ${worker}` },
      { name: 'held by', value: `pid ${pid}, ${who}` },
      { name: 'state', value: state ?? 'not visible' },
      ...(openSeconds === null
        ? []
        : [{ name: 'transaction open for', value: formatSeconds(Math.round(openSeconds)) }]),
      ...(query === null ? [] : [{ name: 'query', value: query }]),
    ],
    remedy: {
      text: `Let it end. Or end it: what it has not committed is rolled back.`,
      plan: { kind: 'session-cancel', cluster, node, pid, startedAt },
    },
  };
}
