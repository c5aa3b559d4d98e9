/**
 * Slots that a standby does not get. Since PostgreSQL 17 a standby keeps a copy of those that are marked for failover; after a
 * failover the links of all others are dead. Spock 6 marks the slots that it makes itself, tools that make slots beside it do not.
 */

import type { AdviceInput, Rule, RuleFinding } from '#core/advice/rule.ts';
import { slotUse } from '#core/engines/spock/slot-kinds.ts';
import type { FastFacts, SlotFacts } from '#core/model/facts.ts';
import { countOf, formatNames } from '#core/model/format.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { settingOf } from '#core/model/settings.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';

const FIRST_VERSION = 170_000;
/** Programs that take WAL as a standby does, and never become a server. */
const ARCHIVERS = /^(pg_basebackup|pg_receivewal|barman|pgbackrest|wal-g)/;

export const failoverSlots: Rule = (input) =>
  [...input.nodes.values()].flatMap((node): RuleFinding[] => {
    const fast = node.fast?.value;
    if (!fast || node.failure !== null || fast.standby !== false || !usesPostgresOwn(node)) return [];
    const slots = fast.slots.filter(
      (slot) => slotUse(slot, node.capabilities?.database ?? null) === 'subscription',
    );
    const lacking = slots.filter(({ failover }) => failover === false);
    const marked = slots.filter(({ failover }) => failover === true);
    const standby = standbyOf(fast);
    if (lacking.length === 0 || (marked.length === 0 && standby === null)) return [];
    const receivers = lacking.flatMap((slot) => input.slotOwners.get(node.name, slot.name)?.receiver ?? []);
    const plan = planOf(input, node.name, lacking);
    const alters = node.capabilities?.functions.has('spock.slot_enable_failover') === true;
    return [
      {
        severity: 'warning',
        subject: { node: node.name },
        title: `${countOf(lacking.length, 'slot')} of ${node.name} ${lacking.length === 1 ? 'is' : 'are'} not marked for failover`,
        detail: `A standby of ${node.name} gets no copy of ${lacking.length === 1 ? 'it' : 'them'}: after a failover ${receivers.length === 0 ? 'their readers' : formatNames(receivers)} cannot continue, and must be copied again.`,
        evidence: [
          {
            name: 'failover = f',
            value: formatNames(
              lacking.map(({ name }) => name),
              8,
            ),
          },
          ...(marked.length === 0
            ? []
            : [
                {
                  name: 'failover = t',
                  value: formatNames(
                    marked.map(({ name }) => name),
                    8,
                  ),
                },
              ]),
          { name: 'standby', value: standby ?? 'none is connected now' },
        ],
        remedy: {
          text: `Mark ${lacking.length === 1 ? 'it' : 'them'} for failover. The standby needs sync_replication_slots, hot_standby_feedback, a dbname in primary_conninfo, and its own slot in synchronized_standby_slots of ${node.name}.`,
          ...(alters && { sql: ['SELECT spock.slot_enable_failover()'] }),
          ...(alters && plan !== null && { plan }),
        },
      },
    ];
  });

/** Of those whose subscriptions are known; null: of none. */
function planOf(input: AdviceInput, node: string, slots: readonly SlotFacts[]): PlanRequest | null {
  const [first, ...subscriptions] = slots.flatMap(({ name }) => {
    const owner = input.slotOwners.get(node, name);
    return owner === undefined ? [] : [{ receiver: owner.receiver, subscription: owner.name }];
  });
  if (first === undefined) return null;
  return { kind: 'subscription-failover', cluster: input.facts.cluster, ...first, subscriptions };
}

/** Before Spock 6, and on older servers, Spock's own worker on the standby copies the slots, whatever they are marked with. */
function usesPostgresOwn({ capabilities, slow }: NodeInput): boolean {
  if (!capabilities || capabilities.serverVersionNum < FIRST_VERSION || !slow || slow.value.standin)
    return false;
  const own = settingOf(slow.value, 'spock.use_native_failover_slots');
  return own === undefined || own.value === 'on' || capabilities.serverVersionNum >= 180_000;
}

/** A physical standby that is connected now, as far as can be told; null: none. */
function standbyOf({ slots, walsenders }: FastFacts): string | null {
  const logical = new Set(slots.flatMap((slot) => (isLogical(slot) ? (slot.activePid ?? []) : [])));
  const physical = new Map(
    slots.flatMap((slot) => (isLogical(slot) || slot.activePid === null ? [] : [[slot.activePid, slot]])),
  );
  for (const { pid, state, applicationName, clientAddress } of walsenders) {
    if (state !== 'streaming' || logical.has(pid) || ARCHIVERS.test(applicationName ?? '')) continue;
    const slot = physical.get(pid);
    if (slot?.temporary === true) continue;
    return [
      applicationName ?? 'a walsender',
      clientAddress && `from ${clientAddress}`,
      slot && `slot ${slot.name}`,
    ]
      .filter(Boolean)
      .join(' ');
  }
  return null;
}

const isLogical = ({ type }: SlotFacts): boolean => type === 'logical';
