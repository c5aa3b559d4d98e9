/** What happened, by day: newest first, and what repeated itself said once. */
import type { ActivityItem } from '#core/contract/history.ts';
import type { Zone } from '#src/lib/time.ts';

export interface Entry {
  item: ActivityItem;
  /** How often the same was said in a row, and when first; 1 for most. */
  times: number;
  firstAt: string;
}

export interface Day {
  /** `2025-11-20` in the chosen zone. */
  key: string;
  entries: Entry[];
}

export function dayOf(iso: string, zone: Zone): string {
  const at = new Date(iso);
  if (zone === 'utc') return at.toISOString().slice(0, 10);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** Groups by day. Lines that say the same of the same one after the other become one line with a count. */
export function daysOf(items: ActivityItem[], zone: Zone): Day[] {
  const days: Day[] = [];
  for (const item of items) {
    const key = dayOf(item.at, zone);
    let day = days.at(-1);
    if (day?.key !== key) {
      day = { key, entries: [] };
      days.push(day);
    }
    const last = day.entries.at(-1);
    if (last && saysTheSame(last.item, item)) {
      last.times += 1;
      last.firstAt = item.at;
    } else day.entries.push({ item, times: 1, firstAt: item.at });
  }
  return days;
}

const saysTheSame = (a: ActivityItem, b: ActivityItem): boolean =>
  a.text === b.text && a.kind === b.kind && a.cluster === b.cluster && a.run === b.run;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Today`, `Yesterday`, `20 Nov`, `20 Nov 2024`. */
export function dayText(key: string, zone: Zone, now: number): string {
  if (key === dayOf(new Date(now).toISOString(), zone)) return 'Today';
  if (key === dayOf(new Date(now - 86_400_000).toISOString(), zone)) return 'Yesterday';
  const [year, month, day] = key.split('-').map(Number);
  const text = `${day} ${MONTHS[(month ?? 1) - 1]}`;
  return year === Number(dayOf(new Date(now).toISOString(), zone).slice(0, 4)) ? text : `${text} ${year}`;
}
