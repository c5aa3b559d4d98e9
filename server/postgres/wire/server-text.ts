/**
 * ErrorResponse and NoticeResponse as the driver gets them: each field once, at most 2 kB of it, what cannot be seen as
 * escapes (protocol-error-fields.html). Nothing of ours has looked at them before.
 */
import { MESSAGE_BYTES, shownText } from '#core/model/shown-text.ts';
import { type Body, endOfString, malformed } from './body.ts';

const KNOWN = new Set(Buffer.from('SVCMDHPpqWstcdnFLR'));

/** The whole message anew, with its head; null: it may stay as it is. Throws WireFault. */
export function boundedText(type: number, { bytes, from, to }: Body): Buffer | null {
  /** Where the text of each field stands. */
  const fields = new Map<number, [number, number]>();
  let isPlain = to - from <= MESSAGE_BYTES && isVisible(bytes, from, to);
  let at = from;
  for (;;) {
    const field = at < to ? (bytes[at] as number) : -1;
    if (field < 0) throw malformed(type);
    at++;
    if (field === 0) break;
    const end = endOfString(type, bytes, at, to);
    if (KNOWN.has(field) && !fields.has(field)) fields.set(field, [at, end - 1]);
    else isPlain = false;
    at = end;
  }
  if (at !== to) throw malformed(type);
  if (isPlain && fields.has(MESSAGE)) return null;
  const body = Buffer.concat([
    ...[...fields].flatMap(([field, [start, end]]) => [
      Buffer.of(field),
      Buffer.from(bounded(bytes.subarray(start, end))),
      Buffer.of(0),
    ]),
    Buffer.from(fields.has(MESSAGE) ? '\0' : 'M(no text)\0\0'),
  ]);
  const head = Buffer.of(type, 0, 0, 0, 0);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const MESSAGE = 0x4d;

/** ASCII that is seen, and the zero bytes between fields. */
function isVisible(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte !== 0 && (byte < 0x20 || byte > 0x7e) && byte !== 0x0a && byte !== 0x09) return false;
  }
  return true;
}

function bounded(text: Buffer): string {
  if (text.length <= MESSAGE_BYTES) return shownText(text.toString('utf8'));
  // A character that is cut in two is left out: its first byte is no continuation (10xxxxxx).
  let end = MESSAGE_BYTES;
  while (end > 0 && ((text[end] as number) & 0xc0) === 0x80) end--;
  return `${shownText(text.subarray(0, end).toString('utf8'))}…`;
}
