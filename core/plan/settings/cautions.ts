/** What comes of a value on one node: whether its server still starts with it, and what it loses. */
import { formatBytes, formatNames } from '#core/model/format.ts';
import type { ObservedFacts, ObservedLimit, ObservedSetting } from '#core/model/observed.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import { bytesOf, shownValue } from './value.ts';

const SLOT_LIMIT = 'max_slot_wal_keep_size';
const SLOT_IDLE = 'idle_replication_slot_timeout';

/** One setting of one node that is to have another value; `to` as pg_settings prints it. */
export interface Coming {
  node: string;
  facts: ObservedFacts;
  name: string;
  setting: ObservedSetting;
  to: string;
}

/** `nodes`: of the cluster. What is lost by it, as a sentence; null: nothing. */
export function cautionsOf(grounds: Grounds, coming: Coming, nodes: number): string | null {
  checkDemand(grounds, coming, nodes);
  checkUsed(grounds, coming);
  if (coming.name === SLOT_IDLE && Number(coming.to) > 0) {
    grounds.know(
      coming.node,
      coming.name,
      `a slot that nobody reads for ${shownValue(coming.setting, coming.to)} is invalidated, and its receiver has to be copied again`,
    );
  }
  return coming.name === SLOT_LIMIT ? slotsLost(grounds, coming) : null;
}

/** Without what is indispensable the server starts without the engine, or refuses to start with its slots. */
function checkDemand(grounds: Grounds, { node, facts, name, to }: Coming, nodes: number): void {
  const { settings, words } = grounds.changes;
  const demand = settings.demandOf(name, nodes, facts.standin);
  if (demand === null || demand.met(to)) return;
  if (!settings.indispensable.has(name)) {
    grounds.know(node, name, `${words.name} asks for ${demand.wanted}`);
    return;
  }
  grounds.stop(node, name, `has to be ${demand.wanted}`, {
    code: 'indispensable',
    message: `${words.name} does not work on ${node} unless ${name} is ${demand.wanted}.`,
    remedy: 'Leave it as it is.',
  });
}

/** A server that has more slots than it may does not start (slot.c, RestoreSlotFromDisk); of the others, what runs could not start again. */
function checkUsed(grounds: Grounds, { node, facts: { room }, name, to }: Coming): void {
  if (room === undefined) return;
  const over = (limit: ObservedLimit) => limit.setting === name && Number(to) < limit.used;
  const limit = Object.values(room).find(over);
  if (limit === undefined) return;
  grounds.stop(node, name, `${limit.used} used`, {
    code: 'used-up',
    message: `${limit.used} of ${name} are used on ${node}, so it cannot be ${to}.`,
    remedy: `Set it to ${limit.used} or more.`,
  });
}

function slotsLost(grounds: Grounds, { node, facts, setting, to }: Coming): string | null {
  const bytes = bytesOf(setting, to);
  if (bytes === null || !grounds.read(node, facts, 'slots')) return null;
  const lost = facts.slots.filter(({ walHeldBytes }) => (walHeldBytes ?? 0) > bytes);
  if (lost.length === 0) return null;
  const named = lost.map(({ name, walHeldBytes }) => `${name} (holds ${formatBytes(walHeldBytes ?? 0)})`);
  return `${node} removes WAL that ${formatNames(named)} still ${lost.length === 1 ? 'needs' : 'need'}: with the next checkpoint ${lost.length === 1 ? 'the slot is lost, and its receiver has' : 'the slots are lost, and their receivers have'} to be copied again.`;
}
