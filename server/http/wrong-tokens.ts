/** How many wrong tokens came from each address of late. */
import { isIPv6 } from 'node:net';

const WINDOW_MS = 60_000;
/** Addresses that are remembered; of more the oldest are forgotten. */
const REMEMBERED = 4096;

export class WrongTokens {
  /** This many within a minute are judged one by one. */
  static readonly ALLOWED = 10;
  readonly #times = new Map<string, number[]>();

  /** Notes one more. `too-many`: that address had its ten before; `locked`: this was the tenth. */
  note(address: string): { verdict: 'wrong' | 'too-many'; locked: boolean } {
    const now = Date.now();
    const key = networkOf(address);
    const recent = (this.#times.get(key) ?? []).filter((at) => Math.abs(now - at) < WINDOW_MS);
    const before = recent.length;
    if (before < WrongTokens.ALLOWED) recent.push(now);
    this.#times.delete(key);
    this.#times.set(key, recent);
    const [oldest] = this.#times.keys();
    if (this.#times.size > REMEMBERED && oldest !== undefined) this.#times.delete(oldest);
    return {
      verdict: before < WrongTokens.ALLOWED ? 'wrong' : 'too-many',
      locked: before === WrongTokens.ALLOWED - 1,
    };
  }
}

/** Whoever has one IPv6 address has a /64 of them. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = '', tail] = address.toLowerCase().split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array<string>(Math.max(gap, 0)).fill('0'), ...right].slice(0, 4).join(':');
}
