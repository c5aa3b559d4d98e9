/** Instants as a page writes them: the clock today, the day else, the whole of it on hover. Pure: zone and now are given. */

export type Zone = 'utc' | 'local';

const two = (value: number): string => String(value).padStart(2, '0');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  ms: number;
}

function parts(at: Date, zone: Zone): Parts {
  return zone === 'utc'
    ? {
        year: at.getUTCFullYear(),
        month: at.getUTCMonth(),
        day: at.getUTCDate(),
        hour: at.getUTCHours(),
        minute: at.getUTCMinutes(),
        second: at.getUTCSeconds(),
        ms: at.getUTCMilliseconds(),
      }
    : {
        year: at.getFullYear(),
        month: at.getMonth(),
        day: at.getDate(),
        hour: at.getHours(),
        minute: at.getMinutes(),
        second: at.getSeconds(),
        ms: at.getMilliseconds(),
      };
}

/** `14:06:32` today, `20 Nov` in this year, else `20 Nov 2024`. */
export function shortTime(iso: string, zone: Zone, now: number): string {
  const at = parts(new Date(iso), zone);
  const today = parts(new Date(now), zone);
  if (at.year === today.year && at.month === today.month && at.day === today.day) return clock(iso, zone);
  const day = `${at.day} ${MONTHS[at.month]}`;
  return at.year === today.year ? day : `${day} ${at.year}`;
}

/** `14:06:32`, whatever the day. */
export function clock(iso: string | number, zone: Zone): string {
  const at = parts(new Date(iso), zone);
  return `${two(at.hour)}:${two(at.minute)}:${two(at.second)}`;
}

/** `14:06`: ticks of an axis. */
export function clockMinutes(at: number, zone: Zone): string {
  const p = parts(new Date(at), zone);
  return `${two(p.hour)}:${two(p.minute)}`;
}

/** The whole of it, for hover and lists of facts: `2025-11-20 14:06:32.118 UTC`. */
export function exactTime(iso: string, zone: Zone): string {
  const at = parts(new Date(iso), zone);
  const day = `${at.year}-${two(at.month + 1)}-${two(at.day)}`;
  const time = `${two(at.hour)}:${two(at.minute)}:${two(at.second)}.${String(at.ms).padStart(3, '0')}`;
  return `${day} ${time} ${zone === 'utc' ? 'UTC' : offset(new Date(iso))}`;
}

/** The browser's zone as it stands at that instant: `UTC+2`, `UTC+5:30`, `UTC`. */
export function zoneOffset(at: Date): string {
  const [hours = '', minutes] = offset(at).split(':');
  const whole = `${hours[0]}${Number(hours.slice(1))}`;
  if (minutes !== '00') return `UTC${whole}:${minutes}`;
  return Number(hours) === 0 ? 'UTC+0' : `UTC${whole}`;
}

/** `Europe/Berlin`, as the browser has it. */
export const zoneName = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'local time';

/** The browser's offset at that instant: `+02:00`. */
function offset(at: Date): string {
  const minutes = -at.getTimezoneOffset();
  const sign = minutes < 0 ? '-' : '+';
  return `${sign}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
}

/** Seconds from an instant until now; never negative, since a clock that is a little ahead is no news. */
export function secondsSince(iso: string, now: number): number {
  return Math.max(0, (now - Date.parse(iso)) / 1000);
}
