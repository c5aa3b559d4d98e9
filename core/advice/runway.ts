/**
 * How long a slot may go on holding WAL: until it is lost (max_slot_wal_keep_size) or the disk of its provider is full,
 * whichever comes first; from what is still free and what is written.
 */
import type { SlotFacts } from '#core/model/facts.ts';
import { formatBytes, formatSeconds } from '#core/model/format.ts';
import { settingOf } from '#core/model/settings.ts';
import { roomLeft, type WalRoom } from '#core/model/wal-room.ts';
import type { AdviceInput } from './rule.ts';

export interface Runway {
  /** What comes first: the slot is lost, or the provider's disk is full. Null: neither limit is known. */
  ends: 'slot' | 'disk' | null;
  /** max_slot_wal_keep_size in bytes; null: unlimited, or not visible. */
  limitBytes: number | null;
  /** Bytes that may still be written until then; null where neither limit is known. */
  bytesLeft: number | null;
  /** At the rate of the last minute; null when unlimited, when nothing is written, or when no rate is known yet. */
  seconds: number | null;
  /** WAL that fills it, bytes a second: the provider's, or that of all servers on one machine's disk. */
  rate: number | null;
  /** The disk, whether it ends first or not; null: nobody said how much it has. */
  disk: { room: WalRoom; bytesLeft: number } | null;
}

const mebibyte = 1024 * 1024;

/** `heldBytes`: what the slot holds now. PostgreSQL's own safe_wal_size is preferred: it counts whole segments. */
export function runwayOf(
  input: AdviceInput,
  provider: string,
  slot: Pick<SlotFacts, 'safeWalSizeBytes'>,
  heldBytes: number | null,
): Runway {
  const keep = Number(
    settingOf(input.nodes.get(provider)?.slow?.value, 'max_slot_wal_keep_size')?.value ?? -1,
  );
  const limitBytes = keep >= 0 ? keep * mebibyte : null;
  const counted = limitBytes === null || heldBytes === null ? null : limitBytes - heldBytes;
  const slotEnd = endOf(
    'slot',
    slot.safeWalSizeBytes ?? counted,
    input.memory.lag.walBytesPerSecond(provider),
  );
  const disk = diskOf(input, provider);
  const diskEnd = endOf('disk', disk?.bytesLeft ?? null, disk && diskRate(input, provider, disk.room));
  const first = diskEnd && (slotEnd === null || comesFirst(diskEnd, slotEnd)) ? diskEnd : slotEnd;
  return { limitBytes, disk, ...(first ?? { ends: null, bytesLeft: null, seconds: null, rate: null }) };
}

interface End {
  ends: 'slot' | 'disk';
  bytesLeft: number;
  seconds: number | null;
  rate: number | null;
}

function endOf(ends: End['ends'], bytesLeft: number | null, rate: number | null): End | null {
  if (bytesLeft === null) return null;
  return {
    ends,
    bytesLeft,
    rate,
    seconds: rate === null || rate <= 0 ? null : Math.max(0, bytesLeft / rate),
  };
}

/** Where nothing is written, nothing ends: then by what is left. */
const comesFirst = (a: End, b: End): boolean =>
  a.seconds !== null && b.seconds !== null ? a.seconds < b.seconds : a.bytesLeft < b.bytesLeft;

function diskOf(input: AdviceInput, provider: string): Runway['disk'] {
  const node = input.nodes.get(provider);
  if (!node?.walRoom) return null;
  return { room: node.walRoom, bytesLeft: roomLeft(node.walRoom, mostHeld(input, provider)) };
}

/** By input: many links ask for the same provider. */
const held = new WeakMap<AdviceInput, Map<string, number | null>>();

/** What the slot of the node that holds most holds: WAL after it is there for all of them. */
function mostHeld(input: AdviceInput, provider: string): number | null {
  const known = held.get(input) ?? new Map<string, number | null>();
  held.set(input, known);
  const before = known.get(provider);
  if (before !== undefined) return before;
  const most = input.memory.lag.mostHeldBytes(provider);
  known.set(provider, most);
  return most;
}

/** The servers of a sandbox write to one disk. */
function diskRate(input: AdviceInput, provider: string, room: WalRoom): number | null {
  if (room.source === 'entered') return input.memory.lag.walBytesPerSecond(provider);
  const rates = [...input.nodes.values()]
    .filter((node) => node.walRoom?.source === 'machine' && node.failure === null)
    .flatMap(({ name }) => input.memory.lag.walBytesPerSecond(name) ?? []);
  return rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0);
}

/** Above this nobody waits for it, and a rate of a minute says nothing of it. */
const longestSaidSeconds = 30 * 86_400;

/** `3 h 12 m`; null where there is nothing to say. */
export function runwayText({ seconds }: Runway): string | null {
  return seconds === null || seconds > longestSaidSeconds ? null : formatSeconds(Math.round(seconds));
}

/** `before it loses the slot (max_slot_wal_keep_size)`, `before its disk is full (of the 20 GB that you said it had free 2 h ago)`. */
export function runwayEnd(input: AdviceInput, { ends, disk }: Runway): string {
  if (ends !== 'disk' || disk === null) return 'before it loses the slot (max_slot_wal_keep_size)';
  if (disk.room.source === 'machine') return "before this machine's disk is full, as its file system reports";
  return `before its disk is full (${formatBytes(disk.room.freeBytes)} free, entered ${agoText(input, disk.room)})`;
}

/** How old an entered size is: `just now`, `2 h 5 m ago`. */
export function agoText(input: AdviceInput, room: WalRoom): string {
  const seconds = Math.round((input.at - Date.parse(room.at)) / 1000);
  return seconds < 60
    ? 'just now'
    : `${formatSeconds(seconds < 3600 ? Math.floor(seconds / 60) * 60 : seconds)} ago`;
}
