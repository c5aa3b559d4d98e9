/** Arithmetic of WAL positions. An LSN is 64 bits, so it is a bigint; a distance is a number of bytes. */

/** The position of `0/19D13C8`; null for what is no LSN. */
export function parseLsn(text: string | null | undefined): bigint | null {
  if (text == null || !/^[0-9A-Fa-f]{1,8}\/[0-9A-Fa-f]{1,8}$/.test(text)) return null;
  const slash = text.indexOf('/');
  const high = Number.parseInt(text.slice(0, slash), 16);
  const low = Number.parseInt(text.slice(slash + 1), 16);
  return (BigInt(high) << 32n) | BigInt(low);
}

/** As PostgreSQL prints it. */
export function formatLsn(position: bigint): string {
  return `${(position >> 32n).toString(16)}/${(position & 0xffffffffn).toString(16)}`.toUpperCase();
}

/** Bytes from `from` to `to`, negative when `to` is before; exact up to 8 PiB. */
export function lsnDistance(from: bigint, to: bigint): number {
  return Number(to - from);
}
