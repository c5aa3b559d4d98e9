/**
 * Whether the body of each message is as PostgreSQL's protocol 3.0 has it (protocol-message-formats.html), to the byte: the
 * driver's parser trusts lengths and terminators, reads on behind what it was given, and throws or never ends where they lie.
 */
import { notProtocol } from './fault.ts';

/** MaxTupleAttributeNumber (access/htup_details.h). */
const MOST_COLUMNS = 1664;

export const TYPE = {
  authentication: 0x52, // R
  backendKey: 0x4b, // K
  bindComplete: 0x32, // 2
  closeComplete: 0x33, // 3
  commandComplete: 0x43, // C
  copyData: 0x64, // d
  copyDone: 0x63, // c
  copyIn: 0x47, // G
  copyOut: 0x48, // H
  dataRow: 0x44, // D
  emptyQuery: 0x49, // I
  error: 0x45, // E
  noData: 0x6e, // n
  notice: 0x4e, // N
  notification: 0x41, // A
  parameterDescription: 0x74, // t
  parameterStatus: 0x53, // S
  parseComplete: 0x31, // 1
  portalSuspended: 0x73, // s
  ready: 0x5a, // Z
  rowDescription: 0x54, // T
} as const;

export const nameOf = (type: number): string =>
  type > 0x20 && type < 0x7f ? `message "${String.fromCharCode(type)}"` : `message 0x${type.toString(16)}`;

/** A message's body: `[from, to)` of `bytes`. */
export interface Body {
  bytes: Buffer;
  from: number;
  to: number;
}

/** Throws WireFault. `columns`: how many the last row description has; null: none came. Gives the columns of a description. */
export function checkBody(type: number, body: Body, columns: number | null): number | null {
  const { bytes, from, to } = body;
  const size = to - from;
  switch (type) {
    case TYPE.dataRow:
      checkRow(body, columns);
      return columns;
    case TYPE.rowDescription:
      return checkDescription(body);
    case TYPE.commandComplete:
      checkStrings(type, body, from, 1);
      return null;
    case TYPE.ready:
      if (size !== 1 || !'ITE'.includes(String.fromCharCode(bytes[from] ?? 0))) throw malformed(type);
      return null;
    case TYPE.parameterStatus:
      checkStrings(type, body, from, 2);
      return columns;
    case TYPE.notification:
      if (size < 4) throw malformed(type);
      checkStrings(type, body, from + 4, 2);
      return columns;
    case TYPE.backendKey:
      if (size !== 8) throw malformed(type);
      return columns;
    case TYPE.parameterDescription:
      if (size < 2 || size !== 2 + 4 * bytes.readUInt16BE(from)) throw malformed(type);
      return columns;
    case TYPE.copyIn:
    case TYPE.copyOut:
      if (size < 3 || (bytes[from] ?? 2) > 1 || size !== 3 + 2 * bytes.readUInt16BE(from + 1)) {
        throw malformed(type);
      }
      return columns;
    case TYPE.authentication:
      if (size < 4) throw malformed(type);
      return columns;
    case TYPE.copyData:
    // Read by server-text.ts.
    case TYPE.error:
    case TYPE.notice:
      return columns;
    default:
      if (size !== 0) throw malformed(type);
      return columns;
  }
}

function checkRow({ bytes, from, to }: Body, columns: number | null): void {
  if (columns === null) throw notProtocol('a row came without a description of its columns');
  if (to - from < 2 || bytes.readUInt16BE(from) !== columns) {
    throw notProtocol('a row has other columns than were described');
  }
  let at = from + 2;
  for (let column = 0; column < columns; column++) {
    if (at + 4 > to) throw malformed(TYPE.dataRow);
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length < -1) throw malformed(TYPE.dataRow);
    if (length > 0) at += length;
    if (at > to) throw malformed(TYPE.dataRow);
  }
  if (at !== to) throw malformed(TYPE.dataRow);
}

/** Name, table, column, type, size, modifier, format; gives how many columns. */
function checkDescription({ bytes, from, to }: Body): number {
  if (to - from < 2) throw malformed(TYPE.rowDescription);
  const columns = bytes.readUInt16BE(from);
  if (columns > MOST_COLUMNS) throw notProtocol(`a description has ${columns} columns`);
  let at = from + 2;
  for (let column = 0; column < columns; column++) {
    at = endOfString(TYPE.rowDescription, bytes, at, to) + 18;
    if (at > to) throw malformed(TYPE.rowDescription);
    if (bytes.readUInt16BE(at - 2) !== 0)
      throw notProtocol('a column comes in binary, which was not asked for');
  }
  if (at !== to) throw malformed(TYPE.rowDescription);
  return columns;
}

/** `count` strings with their zero bytes, and nothing behind them. */
function checkStrings(type: number, { bytes, to }: Body, from: number, count: number): void {
  let at = from;
  for (let n = 0; n < count; n++) at = endOfString(type, bytes, at, to);
  if (at !== to) throw malformed(type);
}

/** Where the byte behind its zero byte is. */
export function endOfString(type: number, bytes: Buffer, from: number, to: number): number {
  const end = bytes.subarray(from, to).indexOf(0);
  if (end < 0) throw malformed(type);
  return from + end + 1;
}

export const malformed = (type: number) => notProtocol(`${nameOf(type)} is malformed`);
