/** Chance that repeats: the same seed and moment always give the same number, so a test sees what a browser saw. */

/** FNV-1a over UTF-16 units: a 32-bit seed from a name. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/** A number in 0..1 that depends on the seed and the tick only. */
export function chance(seed: number, tick: number): number {
  let x = (seed ^ Math.imul(tick | 0, 0x9e3779b1)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return ((x ^ (x >>> 16)) >>> 0) / 0x1_0000_0000;
}

/** Smooth wandering in -1..1: values at whole steps of `period`, eased between them. */
export function drift(seed: number, at: number, period: number): number {
  const step = Math.floor(at / period);
  const part = at / period - step;
  const eased = part * part * (3 - 2 * part);
  const from = chance(seed, step);
  return (from + (chance(seed, step + 1) - from) * eased) * 2 - 1;
}
