/** Conflicts after which the nodes hold different rows, every subscription replicating. */

import type { AdviceInput, Rule, RuleFinding } from '#core/advice/rule.ts';
import type { ConflictFacts } from '#core/model/facts.ts';
import { countOf, formatTable } from '#core/model/format.ts';
import { pairKey } from '#core/model/keys.ts';
import { failuresOf, tableOf } from './exceptions.ts';

/** A row that was deleted elsewhere was changed here later: here it stays, there it is gone. */
const keepsDeletedRow = (type: string | null, resolution: string | null) =>
  type === 'delete_exists' && (resolution === 'skip' || resolution === 'keep_local');

export const rowsDiverged: Rule = (input) => [...keptRows(input), ...refusedRows(input)];

function keptRows(input: AdviceInput): RuleFinding[] {
  return [...input.nodes.values()].flatMap((node) => {
    const names = new Map(node.fast?.value.peers.map((peer) => [peer.id, peer.name]));
    const byTable = new Map<string, { count: number; origin: string; newest: ConflictFacts }>();
    for (const conflict of node.slow?.value.conflicts ?? []) {
      if (!keepsDeletedRow(conflict.type, conflict.resolution)) continue;
      const table = pairKey(conflict.schema ?? '', conflict.table ?? '?');
      const known = byTable.get(table);
      if (known) known.count += 1;
      else {
        const origin = names.get(conflict.remoteOriginId ?? '') ?? 'another node';
        byTable.set(table, { count: 1, origin, newest: conflict });
      }
    }
    return [...byTable.values()].map(({ count, origin, newest }): RuleFinding => {
      const { at, id, schema, table } = newest;
      const name = formatTable(schema, table ?? '?');
      return {
        severity: 'warning',
        subject: { node: node.name, ...subjectOf(schema, table ?? '?') },
        title: `${name} has ${count === 1 ? 'a row' : `${count} rows`} on ${node.name} that ${origin} deleted`,
        detail: `${origin} deleted a row that ${node.name} changed a little later. ${node.name} kept it (delete_exists, skip), and the other nodes no longer have it. Every later update of it fails there.`,
        evidence: [
          { name: 'conflict', value: 'delete_exists' },
          { name: 'conflict_resolution', value: 'skip' },
          {
            name: `spock.resolutions on ${node.name}`,
            value: `id ${id}${count === 1 ? '' : ` and ${count - 1} before`}`,
          },
        ],
        ...(at !== null && { sinceAt: at }),
        remedy: {
          text: `Compare ${name} on all nodes, and delete the row on ${node.name} or insert it on the others, under spock.repair_mode(true).`,
        },
      };
    });
  });
}

/** Two nodes refused each other's INSERT into one table: each has kept its own row. Seen on Spock 4. */
function refusedRows(input: AdviceInput): RuleFinding[] {
  const refused = failuresOf(input).flatMap(({ receiver, origin, discarded }) =>
    discarded
      .filter(({ operation, message }) => operation === 'INSERT' && /duplicate key/i.test(message ?? ''))
      .flatMap((mark) => (origin === null ? [] : [{ receiver, origin, table: tableOf(mark), mark }])),
  );
  const key = (a: string, b: string, table: string) => JSON.stringify([a, b, table]);
  const known = new Set(refused.map(({ receiver, origin, table }) => key(receiver, origin, table)));
  const seen = new Set<string>();
  const findings: RuleFinding[] = [];
  for (const { receiver, origin, table, mark } of refused) {
    const pair = key(...([receiver, origin].sort() as [string, string]), table);
    if (seen.has(pair) || !known.has(key(origin, receiver, table))) continue;
    seen.add(pair);
    findings.push({
      severity: 'warning',
      subject: { node: receiver, ...subjectOf(mark.schema, mark.table ?? '') },
      part: pair,
      title: `${table} has different rows for the same key on ${receiver} and ${origin}`,
      detail: `Both inserted the same key, and each refused the other's row and kept its own.`,
      evidence: [
        { name: `error on ${receiver}`, value: mark.message ?? '' },
        {
          name: 'rows refused',
          value: countOf(refused.filter((other) => other.table === table).length, 'row'),
        },
      ],
      ...(mark.loggedAt !== null && { sinceAt: mark.loggedAt }),
      remedy: {
        text: `Compare ${table} on ${receiver} and ${origin}, decide which row is right, and write it to the others under spock.repair_mode(true).`,
      },
    });
  }
  return findings;
}

const subjectOf = (schema: string | null, table: string): { schema?: string; table: string } =>
  schema === null ? { table } : { schema, table };
