/**
 * The driver's readings of values, by the type that the server says: of the types alone that the console asks for, and of no
 * longer text than they have. Some of the driver's take the square of a text's length (a timestamp of a million digits), the
 * one for bytea never ends on a single backslash; a server may name any type, whatever was asked. All else is text.
 */
import pg from 'pg';
import { WireFault } from './fault.ts';

type Reader = (text: string) => unknown;

/** Numbers, booleans, times: the longest honest one is an interval or a numeric. */
const SHORT = 1000;
/** Arrays and JSON, which are read in a time that grows with their length alone. */
const LONG = 4 * 2 ** 20;

/** pg_type.dat */
const TYPES: { most: number; types: number[] }[] = [
  // bool, int8, int2, int4, oid, float4, float8, date, timestamp, timestamptz, interval
  { most: SHORT, types: [16, 20, 21, 23, 26, 700, 701, 1082, 1114, 1184, 1186] },
  // json, jsonb; arrays of bool, int2, int4, text, varchar, bpchar, int8, float4, float8, oid, numeric, uuid
  { most: LONG, types: [114, 3802, 1000, 1005, 1007, 1009, 1015, 1014, 1016, 1021, 1022, 1028, 1231, 2951] },
];

const asText: Reader = (text) => text;

function bounded(read: Reader, most: number): Reader {
  return (text) => {
    if (text.length > most) {
      throw new WireFault(
        'protocol',
        `sent a value of ${text.length} characters where its type has ${most} at most.`,
      );
    }
    return read(text);
  };
}

const BYTEA = 17;
/** bytea_output (datatype-binary.html): hex; or escape, `\\` and `\nnn`, which takes its time. */
const fromHex = bounded((text) => Buffer.from(text.slice(2), 'hex'), LONG);
const fromEscape = bounded((text) => {
  const plain = text.replace(/\\(?:\\|([0-3][0-7]{2}))/g, (_all, octal?: string) =>
    octal === undefined ? '\\' : String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return Buffer.from(plain, 'latin1');
}, 100_000);

const readers = new Map<number, Reader>([
  [BYTEA, (text) => (text.startsWith('\\x') ? fromHex(text) : fromEscape(text))],
  ...TYPES.flatMap(({ most, types }) =>
    types.map((type): [number, Reader] => [
      type,
      bounded(pg.types.getTypeParser(type as never, 'text') as Reader, most),
    ]),
  ),
]);

/** As `types` of the driver's client. */
export const valueReaders = {
  getTypeParser: (type: number, _format?: string): Reader => readers.get(type) ?? asText,
};
