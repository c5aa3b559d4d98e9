/** A copy of a table, or of a whole subscription, that does not go on. */
import type { CopyState } from '#core/model/copy-state.ts';
import { formatSeconds, formatTable } from '#core/model/format.ts';
import type { Rule, RuleFinding } from './rule.ts';
import { copyAgain, copyEvidence, copyingSince } from './table-copy.ts';

/** Data may be copied for hours; every other stage is done in seconds. */
const stuckMs = (state: CopyState) => (state === 'data' ? 60 : 5) * 60_000;

export const syncStuck: Rule = (input) => {
  const findings: RuleFinding[] = [];
  for (const sub of input.facts.subscriptions) {
    if (!sub.enabled) continue;
    for (const sync of sub.sync) {
      // That has its own finding, and is said at once.
      if (sync.state === 'failed') continue;
      const since = copyingSince(input, sub, sync);
      if (since === null || input.at - since < stuckMs(sync.state)) continue;
      const { schema, table } = sync;
      const what = table === null ? sub.name : formatTable(schema, table);
      findings.push({
        severity: 'warning',
        subject: {
          receiver: sub.receiver,
          subscription: sub.name,
          ...(table !== null && { schema: schema ?? 'public', table }),
        },
        title: `The copy of ${what} to ${sub.receiver} makes no progress`,
        detail: `Its sync status has been “${sync.status}” for ${formatSeconds(Math.round((input.at - since) / 1000))}. Until it is done, ${sub.receiver} does not have ${table === null ? `the rows that ${sub.provider} had before` : 'all of its rows'}.`,
        evidence: copyEvidence(sub, sync, sync.status),
        sinceAt: since,
        remedy:
          table === null
            ? {
                text: `The server log of ${sub.receiver} shows what it is waiting for: often a free slot or walsender on ${sub.provider}.`,
              }
            : {
                text: `Copy the table again; its rows on ${sub.receiver} are replaced.`,
                ...copyAgain(input, sub, schema ?? 'public', table),
              },
      });
    }
  }
  return findings;
};
