/** WAL positions of simulated servers are plain numbers of bytes; doubles hold every one that is met here. */

/** As PostgreSQL prints it: `2F/7F2C41A8`. */
export function lsnText(position: number): string {
  const whole = Math.max(0, Math.floor(position));
  const high = Math.floor(whole / 0x1_0000_0000);
  return `${high.toString(16).toUpperCase()}/${(whole % 0x1_0000_0000).toString(16).toUpperCase()}`;
}

/** The position that a printed LSN stands for. */
export function lsnBytes(text: string): number {
  const [high = '0', low = '0'] = text.split('/');
  return Number.parseInt(high, 16) * 0x1_0000_0000 + Number.parseInt(low, 16);
}
