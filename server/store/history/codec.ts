/**
 * How samples are packed. A second's readings stay exact (float32); what is kept for a day or a month is rounded to
 * 1/16 of an octave, which is ±2.2 %, and deflated by column: a month of 4,032 links has to fit on a small disk.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** One series at one moment: as many values as the series has columns; null is unknown, and stays null. */
export type Values = readonly (number | null)[];

const STEPS_PER_OCTAVE = 16;
/** The smallest value that is told from zero: a millisecond, a thousandth of a byte. */
const SMALLEST = 0.001;
const UNKNOWN = 0;
const ZERO = 1;
const FIRST = 2;

/** A value as a code of 16 bits; 0 is unknown, 1 is zero, the rest is logarithmic from 0.001 on. */
export function quantise(value: number | null): number {
  if (value === null || !Number.isFinite(value)) return UNKNOWN;
  if (value < SMALLEST) return ZERO;
  return Math.min(0xffff, FIRST + Math.round(Math.log2(value / SMALLEST) * STEPS_PER_OCTAVE));
}

export function dequantise(code: number): number | null {
  if (code === UNKNOWN) return null;
  if (code === ZERO) return 0;
  return SMALLEST * 2 ** ((code - FIRST) / STEPS_PER_OCTAVE);
}

/** Codes with their high bytes first and their low bytes after: the high ones hardly change, so deflate eats them. */
export function packCodes(codes: Uint16Array): Buffer {
  const planes = Buffer.alloc(codes.length * 2);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    planes[i] = code >> 8;
    planes[codes.length + i] = code & 0xff;
  }
  return deflateRawSync(planes, { level: 6 });
}

export function unpackCodes(packed: Uint8Array): Uint16Array {
  const planes = inflateRawSync(packed);
  const codes = new Uint16Array(planes.length / 2);
  for (let i = 0; i < codes.length; i++) {
    codes[i] = ((planes[i] as number) << 8) | (planes[codes.length + i] as number);
  }
  return codes;
}

/** All series at one moment. `exact` rows hold float32, the others codes; both begin with the series' ids. */
export function packMoment(rows: ReadonlyMap<number, Values>, columns: number, exact: boolean): Buffer {
  const ids = Uint32Array.from([...rows.keys()].sort((a, b) => a - b));
  const head = Buffer.from(new Uint32Array([ids.length, ...ids]).buffer);
  const count = ids.length * columns;
  if (exact) {
    const values = new Float32Array(count);
    ids.forEach((id, row) => {
      for (let column = 0; column < columns; column++) {
        values[column * ids.length + row] = rows.get(id)?.[column] ?? Number.NaN;
      }
    });
    return deflateRawSync(Buffer.concat([head, Buffer.from(values.buffer)]), { level: 1 });
  }
  const codes = new Uint16Array(count);
  ids.forEach((id, row) => {
    for (let column = 0; column < columns; column++) {
      codes[column * ids.length + row] = quantise(rows.get(id)?.[column] ?? null);
    }
  });
  return deflateRawSync(Buffer.concat([head, Buffer.from(codes.buffer)]), { level: 1 });
}

/** What `packMoment` packed; `only` leaves out the series nobody asked for. */
export function unpackMoment(
  packed: Uint8Array,
  columns: number,
  exact: boolean,
  only?: ReadonlySet<number>,
): Map<number, (number | null)[]> {
  const raw = inflateRawSync(packed);
  // inflate gives a buffer of its own whose offset may be odd, which typed arrays refuse.
  const bytes = raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength);
  const length = new Uint32Array(bytes, 0, 1)[0] as number;
  const ids = new Uint32Array(bytes, 4, length);
  const offset = 4 + length * 4;
  const cells = exact
    ? new Float32Array(bytes, offset, length * columns)
    : new Uint16Array(bytes, offset, length * columns);
  const rows = new Map<number, (number | null)[]>();
  ids.forEach((id, row) => {
    if (only && !only.has(id)) return;
    const values: (number | null)[] = [];
    for (let column = 0; column < columns; column++) {
      const cell = cells[column * length + row] as number;
      values.push(exact ? (Number.isNaN(cell) ? null : cell) : dequantise(cell));
    }
    rows.set(id, values);
  });
  return rows;
}

/** The larger of two readings, column by column: what is rolled up keeps its peaks, and unknown only where all was unknown. */
export function worse(a: Values | undefined, b: Values): Values {
  if (!a) return b;
  return b.map((value, column) => {
    const other = a[column] ?? null;
    if (value === null) return other;
    return other === null ? value : Math.max(value, other);
  });
}
