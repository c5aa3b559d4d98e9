/**
 * Status `f` of spock.local_sync_status, new in Spock 6: the copy of a table has failed, and is not tried again. Spock applies
 * changes only to tables that are synchronized, and throws all others away, while the subscription says `replicating`.
 */

import type { Rule, RuleFinding } from '#core/advice/rule.ts';
import { copyAgain, copyEvidence, copyingSince } from '#core/advice/table-copy.ts';
import { formatTable } from '#core/model/format.ts';

export const syncFailed: Rule = (input) =>
  input.facts.subscriptions.flatMap((sub) =>
    sub.sync.flatMap((sync): RuleFinding[] => {
      const { schema, table } = sync;
      if (sync.state !== 'failed' || table === null) return [];
      const since = copyingSince(input, sub, sync);
      const name = formatTable(schema, table);
      const provider = sub.provider ?? 'its provider';
      return [
        {
          severity: 'critical',
          subject: {
            ...(sub.provider !== null && { provider: sub.provider }),
            receiver: sub.receiver,
            subscription: sub.name,
            schema: schema ?? 'public',
            table,
          },
          title: `${sub.receiver} discards every change to ${name} that comes from ${provider}`,
          detail: `The copy of ${name} has failed, and Spock does not retry it. Until ${name} is copied again, its changes are discarded one by one, although ${sub.name} reports “${sub.reportedStatus ?? 'replicating'}” and its lag is correct.`,
          evidence: copyEvidence(sub, sync, `${sync.status} (failed)`),
          ...(since !== null && { sinceAt: since }),
          remedy: {
            text: `The server log of ${sub.receiver} shows why the copy failed. Fix that, then copy the table again; its rows on ${sub.receiver} are replaced.`,
            ...copyAgain(input, sub, schema ?? 'public', table),
          },
        },
      ];
    }),
  );
