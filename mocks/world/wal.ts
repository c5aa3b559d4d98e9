/** WAL positions of simulated servers are plain numbers of bytes; doubles hold every one that is met here. */

/** As PostgreSQL prints it: `2F/7F2C41A8`. */
export function lsnText(position: number): string {
  const whole = Math.max(0, Math.floor(position));
  const high = Math.floor(whole / 0x1_0000_0000);
  return `${high.toString(16).toUpperCase()}/${(whole % 0x1_0000_0000).toString(16).toUpperCase()}`;
}
