/** How long a slot may go on holding WAL before it is lost: from what is still allowed and what is written. */
import type { SlotFacts } from '#core/model/facts.ts';
import { formatSeconds } from '#core/model/format.ts';
import { settingOf } from '#core/model/settings.ts';
import type { AdviceInput } from './rule.ts';

export interface Runway {
  /** max_slot_wal_keep_size in bytes; null: unlimited, or not visible. */
  limitBytes: number | null;
  /** Bytes that may still be written; null as above. */
  bytesLeft: number | null;
  /** At the rate of the last minute; null when unlimited, when nothing is written, or when no rate is known yet. */
  seconds: number | null;
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
  const bytesLeft = slot.safeWalSizeBytes ?? counted;
  const rate = input.memory.lag.walBytesPerSecond(provider);
  const seconds = bytesLeft === null || rate === null || rate <= 0 ? null : Math.max(0, bytesLeft / rate);
  return { limitBytes, bytesLeft, seconds };
}

/** Above this nobody waits for it, and a rate of a minute says nothing of it. */
const longestSaidSeconds = 30 * 86_400;

/** `3 h 12 m`; null where there is nothing to say. */
export function runwayText({ seconds }: Runway): string | null {
  return seconds === null || seconds > longestSaidSeconds ? null : formatSeconds(Math.round(seconds));
}
