/** Values of settings as somebody writes them, read as PostgreSQL reads them (guc.c): `10GB`, `on`, `5 min`. */
import { formatNames } from '#core/model/format.ts';
import type { ObservedSetting } from '#core/model/observed.ts';
import { namesIn } from '#core/model/settings.ts';

/** GUC_LIST_QUOTE: each name is quoted for itself. pg_settings does not say which settings are of this kind. */
const LISTS: readonly string[] = ['output_plugin_libraries', 'shared_preload_libraries'];
export const isList = (name: string): boolean => LISTS.includes(name);

type Read = { ok: true; value: string } | { ok: false; wanted: string };

/** In the smallest unit of their kind. */
const BYTES: Record<string, number> = {
  B: 1,
  kB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
};
const TIMES: Record<string, number> = {
  us: 1,
  ms: 1e3,
  s: 1e6,
  min: 60e6,
  h: 3_600e6,
  d: 86_400e6,
};

/** The value as pg_settings prints it, in the setting's own unit; else what is wanted, `a number from 1 to 262143`. */
export function readValue(name: string, setting: ObservedSetting, text: string): Read {
  const written = text.trim();
  switch (setting.type) {
    case 'bool':
      return readBoolean(written);
    case 'enum': {
      const found = setting.allowed?.find((each) => each.toLowerCase() === written.toLowerCase());
      return found === undefined
        ? { ok: false, wanted: `one of ${formatNames(setting.allowed ?? [], 12)}` }
        : { ok: true, value: found };
    }
    case 'integer':
    case 'real':
      return readNumber(setting, written);
    default:
      return { ok: true, value: isList(name) ? namesIn(written).join(', ') : written };
  }
}

/** The beginnings that PostgreSQL takes (bool.c, parse_bool). */
function readBoolean(written: string): Read {
  const word = written.toLowerCase();
  const begins = (whole: string, least = 1) => word.length >= least && whole.startsWith(word);
  if (begins('on', 2) || begins('true') || begins('yes') || word === '1') return { ok: true, value: 'on' };
  if (begins('off', 2) || begins('false') || begins('no') || word === '0') return { ok: true, value: 'off' };
  return { ok: false, wanted: 'on or off' };
}

function readNumber(setting: ObservedSetting, written: string): Read {
  const unitOf = setting.unit === null ? '' : `, in ${setting.unit} unless a unit is written`;
  const wanted = `a number from ${setting.min ?? '…'} to ${setting.max ?? '…'}${unitOf}`;
  const [, digits = '', given = ''] = /^([+-]?\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(written) ?? [];
  if (digits === '') return { ok: false, wanted };
  const factor = given === '' ? 1 : factorOf(given, setting.unit);
  if (factor === null) return { ok: false, wanted };
  const value = setting.type === 'integer' ? Math.round(Number(digits) * factor) : Number(digits) * factor;
  const fits = value >= (setting.min ?? -Infinity) && value <= (setting.max ?? Infinity);
  return fits ? { ok: true, value: String(value) } : { ok: false, wanted };
}

/** By what a number in `given` becomes one in `unit` (which may be several of one: `8kB`); null: they do not go together. */
function factorOf(given: string, unit: string | null): number | null {
  const [, count = '', one = ''] = /^(\d*)([A-Za-z]+)$/.exec(unit ?? '') ?? [];
  const kind = one in BYTES ? BYTES : TIMES;
  const from = kind[given];
  const to = kind[one];
  return from === undefined || to === undefined ? null : from / (to * (count === '' ? 1 : Number(count)));
}

/** Bytes of a value in the setting's unit; null: it is no amount of memory, or without limit (negative). */
export function bytesOf({ unit }: ObservedSetting, value: string): number | null {
  const factor = unit === null ? null : factorOf(unit.replace(/^\d+/, ''), 'B');
  if (factor === null || Number(value) < 0) return null;
  return Number(value) * factor * Number(/^\d+/.exec(unit ?? '')?.[0] ?? 1);
}

/** Whether two values, both as pg_settings prints them, are the same. */
export function isSame(name: string, setting: ObservedSetting, one: string, other: string): boolean {
  if (setting.type === 'real' || setting.type === 'integer') return Number(one) === Number(other);
  return isList(name) ? namesIn(one).join() === namesIn(other).join() : one === other;
}

/** `40960 MB` as one reads it; an empty text is said. */
export const shownValue = ({ unit }: Pick<ObservedSetting, 'unit'>, value: string): string =>
  value === '' ? 'empty' : unit === null || Number(value) < 0 ? value : `${value} ${unit}`;
