/**
 * A subscription's slot, made before the subscription: Spock itself makes it when the subscription's worker starts, which is
 * some moment after sub_create, and what is committed on the provider before that moment is never sent. With
 * `sub_create(enabled := false)` Spock makes no slot (spock_functions.c, spock_create_subscription), and the worker goes on from
 * the one that stands there.
 */
import type { EngineSlots } from '#core/engines/changes.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import { sql } from '#core/engines/sql.ts';
import { unit } from '#core/engines/units.ts';
import { isGroupSlot } from './slot-kinds.ts';

/**
 * Wakes the manager of this database, which sleeps for about a second after it has started workers and misses what is enabled
 * meanwhile (spock_manager.c: spock_worker_register takes the signal of the next commit). The function only sets the latch of
 * the process; its price is the memory it logs, some 110 lines. No row: there is no manager, or the role may not.
 */
const WAKE_MANAGER = `SELECT pg_log_backend_memory_contexts(a.pid) AS woken FROM pg_stat_activity a
 WHERE a.backend_type = 'spock manager ' || (SELECT oid FROM pg_database WHERE datname = current_database())
   AND has_function_privilege('pg_log_backend_memory_contexts(integer)', 'execute')`;

const WOKEN =
  "wakes Spock's manager, which otherwise sleeps for a second before the next subscription; leaves about 110 lines in the server's log";

/** A slot of one table's copy is called as its subscription's, with 8 hexadecimal digits of the table (spock_sync.c). */
const COPY = /^(.+)_[0-9a-f]{8}$/;

const copies = (slot: string): string | null => COPY.exec(slot)?.[1] ?? null;

export const slots: EngineSlots = {
  nameQuestion: (provider, subscription) =>
    `SELECT spock.spock_gen_slot_name(current_database()::name, ${quoteLiteral(provider)}::name, ${quoteLiteral(subscription)}::name) AS slot`,
  namedBy: 'spock.spock_gen_slot_name()',
  name: (receiverDatabase, provider, subscription) =>
    `spock.spock_gen_slot_name(${[receiverDatabase, provider, subscription].map(quoteLiteral).join(', ')})`,
  /**
   * sub_create can leave a subscription disabled in 5.0 and later. Spock would mark its slots for failover on providers of
   * PostgreSQL 17 and later: 6.0 always, 5.0 by spock.use_native_failover_slots (spock_sync.c, CREATE_REPLICATION_SLOT).
   */
  firstQuestion: `SELECT
  EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = to_regnamespace('spock') AND p.proname = 'sub_create' AND 'enabled' = ANY (p.proargnames)) AS first,
  to_regnamespace('spock_standin') IS NULL
    AND (coalesce(current_setting('spock.use_native_failover_slots', true), 'off') = 'on'
      OR coalesce((SELECT split_part(e.extversion, '.', 1)::int >= 6 FROM pg_extension e WHERE e.extname = 'spock'), false)) AS failover`,
  isNamed: (slot) =>
    `SELECT EXISTS (SELECT FROM spock.subscription WHERE sub_slot_name = ${quoteLiteral(slot)}) AS named`,
  hasWorker: (subscription) =>
    `SELECT EXISTS (SELECT FROM spock.subscription s JOIN pg_stat_activity a ON a.backend_type = format('spock apply %s:%s', (SELECT oid FROM pg_database WHERE datname = current_database()), s.sub_id)
    WHERE s.sub_name = ${quoteLiteral(subscription)}) AS has`,
  // The stand-in has no manager.
  wake: (plugin) => (plugin === 'spock_output' ? { text: WAKE_MANAGER, why: WOKEN } : null),
  mayBeOurs: (slot) => slot.startsWith('spk_'),
  isOf: (slot, of) => slot === of || copies(slot) === of,
  copies,
  /** 6.0; below PostgreSQL 17 it does nothing and says so (spock_failover_slots.c). */
  markForFailover: (node) =>
    unit(sql`SELECT spock.slot_enable_failover()`, {
      scope: 'catalog',
      object: `failover of the slots of ${node}`,
      already: sql`SELECT NOT EXISTS (SELECT FROM pg_replication_slots s WHERE s.plugin = 'spock_output' AND s.database = current_database() AND NOT s.temporary AND (to_jsonb(s) ->> 'failover')::boolean IS NOT TRUE)`,
      stays: `The slots of ${node} stay marked for failover: Spock has no function that takes the mark away.`,
    }),
  otherwiseFailover:
    'Spock before 6.0 marks slots only when it makes them: set spock.use_native_failover_slots on the receivers, then drop the subscriptions and create them again. What is written in between does not arrive.',
  keeps: (slot) =>
    isGroupSlot({ name: slot })
      ? {
          kind: "Spock's own",
          code: 'group-slot',
          message: `Spock keeps ${slot} for the group of nodes: nobody reads from it, but it is needed.`,
          remedy: 'Do not drop it: Spock drops it with the node.',
        }
      : null,
};
