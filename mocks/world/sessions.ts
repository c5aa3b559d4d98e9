/** Browsers that are in, as the settings of a team of three would show them. */
import type { Session } from '#core/contract/access.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

export function sessionsAt(now: number): Session[] {
  const iso = (ago: number) => new Date(now - ago).toISOString();
  const session = (
    id: string,
    browser: string,
    address: string,
    by: Session['by'],
    made: number,
    used: number,
    current = false,
  ): Session => ({ id, browser, address, by, createdAt: iso(made), usedAt: iso(used), current });
  return [
    session('5f1c0c7f2b6a9d10', 'Chrome on Linux', '127.0.0.1', 'link', 40 * MINUTE, 0, true),
    session('a2b97d40c81e33f6', 'Firefox on macOS', '10.9.1.22', 'link', 2 * DAY, 6 * MINUTE),
    session('c40d1e7ab9925f08', 'Safari on iOS', '10.9.3.140', 'token', 11 * DAY, 9 * DAY),
  ];
}
