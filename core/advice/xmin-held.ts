/** Prepared transactions that nobody ends: they keep old rows and WAL for ever, over restarts, and shut tables to changes. */

import { quoteLiteral } from '#core/engines/quote.ts';
import type { PreparedFacts } from '#core/model/facts.ts';
import { countOf, formatCount, formatSeconds } from '#core/model/format.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';
import type { Rule, RuleFinding } from './rule.ts';

/** A transaction manager ends what it prepared within seconds. */
const SPOKEN_OF_SECONDS = 60;
const WARNING_SECONDS = 10 * 60;

export const xminHeld: Rule = (input) =>
  [...input.nodes.values()].flatMap((node): RuleFinding[] => {
    const old = oldOnes(node);
    const [oldest] = old;
    if (oldest === undefined || node.failure !== null) return [];
    const { gid, owner, database, xidAge, seconds } = oldest;
    return [
      {
        severity: seconds >= WARNING_SECONDS ? 'warning' : 'info',
        subject: { node: node.name },
        title:
          old.length === 1
            ? `A prepared transaction on ${node.name} has been open for ${formatSeconds(seconds)}`
            : `${countOf(old.length, 'prepared transaction')} on ${node.name} are open, the oldest for ${formatSeconds(seconds)}`,
        detail: `Until it is committed or rolled back, rows deleted since then cannot be vacuumed on ${node.name}, every slot there keeps the WAL written since it began, and its locks stay. A restart does not end it.`,
        evidence: [
          { name: 'gid', value: gid },
          { name: 'prepared', value: `${formatSeconds(seconds)} ago` },
          ...(owner === null ? [] : [{ name: 'owner', value: owner }]),
          ...(database === null ? [] : [{ name: 'database', value: database }]),
          ...(xidAge === null ? [] : [{ name: 'age(transaction)', value: formatCount(xidAge) }]),
        ],
        remedy: {
          text: `Ask whoever runs its transaction manager whether it should be committed. If nobody does, roll it back in ${database === null ? 'the database where it was prepared' : `database ${database}`}.`,
          sql: [`ROLLBACK PREPARED ${quoteLiteral(gid)}`],
        },
      },
    ];
  });

/** By the server's own clock; oldest first. */
function oldOnes({ slow }: NodeInput): (PreparedFacts & { seconds: number })[] {
  const readAt = slow?.value.serverClock ?? null;
  if (readAt === null) return [];
  return (slow?.value.prepared ?? []).flatMap((one) => {
    const seconds = one.preparedAt === null ? 0 : Math.round((readAt - one.preparedAt) / 1000);
    return seconds < SPOKEN_OF_SECONDS ? [] : [{ ...one, seconds }];
  });
}
