/** Rows as spock.resolutions and spock.exception_log keep them. */
import type { Conflict } from '#core/contract/history.ts';

/** A JSON object is a row by column; exception_log has `[{attname, atttype, value}, …]`. Anything else stays text. */
export function tupleOf(text: string | null): Conflict['localTuple'] {
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { json: null, text };
  }
  if (Array.isArray(value)) {
    const named = value.every(
      (item) => typeof item === 'object' && item !== null && typeof item.attname === 'string',
    );
    if (!named || value.length === 0) return { json: null, text };
    return { json: Object.fromEntries(value.map((item) => [item.attname, item.value ?? null])), text };
  }
  return {
    json: typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null,
    text,
  };
}
