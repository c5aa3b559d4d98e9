/**
 * Values of rows, from node-postgres live (Date, objects for intervals) or from JSON (ISO strings): bigint and numeric
 * are strings in both. What is missing, NULL or of another kind is null; nothing here throws.
 */
import type { Row } from './engine.ts';

export function textOf(row: Row, column: string): string | null {
  const value = row[column];
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : null;
}

export function numberOf(row: Row, column: string): number | null {
  const value = row[column];
  if (value === null || value === undefined || value === '' || typeof value === 'boolean') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

export function booleanOf(row: Row, column: string): boolean | null {
  const value = row[column];
  return typeof value === 'boolean' ? value : null;
}

/** A text[]; null for NULL. Elements that are NULL are left out. */
export function listOf(row: Row, column: string): string[] | null {
  const value = row[column];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : null;
}

/** Milliseconds since 1970. `infinity`, which node-postgres gives as a number, is null. */
export function instantOf(row: Row, column: string): number | null {
  const value = row[column];
  if (value instanceof Date) return finite(value.getTime());
  return typeof value === 'string' ? finite(Date.parse(value)) : null;
}

const finite = (value: number) => (Number.isFinite(value) ? value : null);

const secondsIn = {
  years: 365.25 * 86_400,
  months: 30 * 86_400,
  days: 86_400,
  hours: 3600,
  minutes: 60,
  seconds: 1,
  milliseconds: 0.001,
} as const;

/** An interval in seconds: node-postgres gives an object with only the parts that are not zero, `{}` being none. */
export function secondsOf(row: Row, column: string): number | null {
  const value = row[column];
  if (typeof value !== 'object' || value === null) return null;
  let seconds = 0;
  for (const [part, size] of Object.entries(secondsIn)) {
    const amount = (value as Record<string, unknown>)[part];
    if (typeof amount === 'number') seconds += amount * size;
  }
  return seconds;
}

/** An LSN; `0/0`, by which Spock says "none", is null. */
export function lsnOf(row: Row, column: string): string | null {
  const value = row[column];
  return typeof value === 'string' && value !== '0/0' ? value : null;
}
