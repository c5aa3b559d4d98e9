/**
 * Status `f` of spock.local_sync_status, new in Spock 6: the copy of a table has failed, and is not tried again. Spock applies
 * changes only to tables that are synchronized, and throws all others away, while the subscription says `replicating`.
 */

import type { Rule, RuleFinding } from '#core/advice/rule.ts';
import { copyTable } from '#core/engines/spock/statements.ts';
import { syncRelation } from '#core/lag/worker-book.ts';
import { formatTable } from '#core/model/format.ts';

export const syncFailed: Rule = (input) =>
  input.facts.subscriptions.flatMap((sub) =>
    sub.sync.flatMap((sync): RuleFinding[] => {
      const { schema, table } = sync;
      if (sync.state !== 'failed' || table === null) return [];
      const since = input.memory.workers.syncingSince(
        sub.receiver,
        sub.name,
        syncRelation(sync),
        sync.status,
      );
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
          evidence: [
            { name: 'sync_status', value: `${sync.status} (failed)` },
            { name: 'subscription', value: sub.name },
            ...(sync.lsn === null ? [] : [{ name: 'sync_statuslsn', value: sync.lsn }]),
          ],
          ...(since !== null && { sinceAt: since }),
          remedy: {
            text: `The server log of ${sub.receiver} shows why the copy failed. Fix that, then copy the table again; its rows on ${sub.receiver} are replaced.`,
            sql: [copyTable(sub.name, schema ?? 'public', table)],
            plan: {
              kind: 'table-resync',
              cluster: input.facts.cluster,
              receiver: sub.receiver,
              subscription: sub.name,
              schema: schema ?? 'public',
              table,
            },
          },
        },
      ];
    }),
  );
