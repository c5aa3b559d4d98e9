/** Slots, walsenders, workers and origins that are used up, or nearly so. */
import type { Capacity } from '#core/model/snapshot.ts';
import type { Rule, RuleFinding } from './rule.ts';

const words: Record<Capacity['name'], string> = {
  max_replication_slots: 'replication slots',
  max_wal_senders: 'walsenders',
  max_worker_processes: 'background workers',
  max_active_replication_origins: 'replication origins',
};

/** Used up, or so nearly that it may be at any moment; null: not known. */
export function isShort({ used, max }: Capacity): boolean | null {
  return used === null ? null : used >= Math.min(max - 1, Math.ceil(max * 0.9));
}

export const capacity: Rule = (input) => {
  // A subscription that has no slot on a provider that is full is waiting for one.
  const starved = new Set(
    input.facts.subscriptions.flatMap((sub) =>
      sub.enabled && sub.status !== 'replicating' && sub.provider !== null ? [sub.provider] : [],
    ),
  );
  return input.facts.nodes.flatMap((node) =>
    node.capacity.flatMap((resource): RuleFinding[] => {
      const { name, used, max } = resource;
      if (used === null || !isShort(resource)) return [];
      const full = used >= max;
      return [
        {
          severity: full ? (starved.has(node.name) ? 'critical' : 'warning') : 'info',
          subject: { node: node.name },
          part: name,
          title: `${node.name} uses ${full ? 'all' : used} of ${full ? `its ${max}` : max} ${words[name]}`,
          detail: full
            ? `A subscription that needs another one stays down. Raising the limit requires a restart of ${node.name}.`
            : `Raising the limit requires a restart of ${node.name}.`,
          evidence: [
            { name, value: String(max) },
            { name: 'used', value: String(used) },
          ],
          remedy: {
            text: `Raise ${name} on ${node.name} and restart it, or drop what is no longer used.`,
            sql: [`ALTER SYSTEM SET ${name} = ${Math.max(max * 2, 10)}`],
            plan: {
              kind: 'node-settings',
              cluster: input.facts.cluster,
              nodes: [node.name],
              settings: [{ name, value: String(Math.max(max * 2, 10)) }],
            },
          },
        },
      ];
    }),
  );
};
