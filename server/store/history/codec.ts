/**
 * How samples are packed. A second's readings stay exact (float32); what is kept for a day or a month is rounded to
 * 1/16 of an octave, which is ±2.2 %, and deflated by column: a month of 4,032 links has to fit on a small disk.
 * Unknown is NaN on this side of the store.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';

const STEPS_PER_OCTAVE = 16;
/** The smallest value that is told from zero: a millisecond, a thousandth of a byte. */
const SMALLEST = 0.001;
const UNKNOWN = 0;
const ZERO = 1;
const FIRST = 2;
/** 70 octaves above a thousandth: more than any size or age there is. */
const LARGEST = FIRST + 70 * STEPS_PER_OCTAVE;

/** The value of each code: a month of a large cluster is millions of them. */
const VALUES = Float64Array.from({ length: LARGEST + 1 }, (_, code) => {
  if (code === UNKNOWN) return Number.NaN;
  return code === ZERO ? 0 : SMALLEST * 2 ** ((code - FIRST) / STEPS_PER_OCTAVE);
});

/** A value as a code of 16 bits: unknown is 0, zero is 1, the rest is logarithmic from 0.001 on. */
export function quantise(value: number): number {
  if (!Number.isFinite(value)) return UNKNOWN;
  if (value < SMALLEST) return ZERO;
  return Math.min(LARGEST, FIRST + Math.round(Math.log2(value / SMALLEST) * STEPS_PER_OCTAVE));
}

/** The value that a code stands for, within 2.2 %; NaN for unknown. */
export function dequantise(code: number): number {
  return VALUES[code] ?? Number.NaN;
}

/** Codes with their high bytes first and their low bytes after: the high ones hardly change, so deflate eats them. */
export function packCodes(codes: Uint16Array): Buffer {
  const planes = Buffer.alloc(codes.length * 2);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    planes[i] = code >> 8;
    planes[codes.length + i] = code & 0xff;
  }
  return deflateRawSync(planes, { level: 4 });
}

export function unpackCodes(packed: Uint8Array): Uint16Array {
  const planes = inflateRawSync(packed);
  const codes = new Uint16Array(planes.length / 2);
  for (let i = 0; i < codes.length; i++) {
    codes[i] = ((planes[i] as number) << 8) | (planes[codes.length + i] as number);
  }
  return codes;
}

/** All series at one moment: of series `ids[row]` column `c` stands at `c * ids.length + row`, NaN where unknown. */
export interface Moment {
  ids: Uint32Array;
  values: Float32Array;
}

/** `exact` moments keep their float32, the others are rounded to codes. */
export function packMoment({ ids, values }: Moment, exact: boolean): Buffer {
  const body = exact ? values : Uint16Array.from(values, quantise);
  const head = Uint32Array.from([ids.length, ...ids]);
  return deflateRawSync(Buffer.concat([bytesOf(head), bytesOf(body)]), { level: 1 });
}

/** What `packMoment` packed, with the same `exact`. */
export function unpackMoment(packed: Uint8Array, exact: boolean): Moment {
  const raw = inflateRawSync(packed);
  // inflate gives a view whose offset may be odd, which typed arrays refuse.
  const bytes = raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength);
  const length = new Uint32Array(bytes, 0, 1)[0] as number;
  const ids = new Uint32Array(bytes, 4, length);
  const offset = 4 + length * 4;
  if (exact) return { ids, values: new Float32Array(bytes, offset) };
  const codes = new Uint16Array(bytes, offset);
  const values = new Float32Array(codes.length);
  for (let cell = 0; cell < codes.length; cell++) values[cell] = VALUES[codes[cell] as number] as number;
  return { ids, values };
}

function bytesOf(array: Uint32Array | Uint16Array | Float32Array): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}
