/**
 * Stands between a socket and the driver's parser: lets whole, well-formed messages through, in an order that makes sense,
 * and throws WireFault at anything else, before the driver sees it. A server's bytes can then neither end the process nor
 * keep it busy, and take no more memory than one answer may.
 */
import type { Authentication } from './authentication.ts';
import { checkBody, malformed, nameOf, TYPE } from './body.ts';
import { notProtocol, WireFault } from './fault.ts';
import { boundedText } from './server-text.ts';

/** Of one answer, from the question on: all its bytes. */
export const ANSWER_BYTES = 64 * 2 ** 20;
/**
 * Each message, value and description costs time and memory of its own, however few bytes it has; counted as so many bytes
 * more, an endless answer of empty rows ends as soon as one of full ones.
 */
const COST = { message: 64, value: 8, description: 500, column: 100 };
/** As libpq has it (fe-protocol3.c): what may be longer than this, and what may be sent before we are let in. */
const SHORT_BYTES = 30_000;
const LONG_TYPES = new Set<number>([
  TYPE.rowDescription,
  TYPE.dataRow,
  TYPE.copyData,
  TYPE.error,
  TYPE.notice,
  TYPE.notification,
]);
const AUTHENTICATION_BYTES = 2000;

const HEAD_BYTES = 5;
const NEGOTIATE_VERSION = 0x76;

const BEFORE_LET_IN = new Set<number>([TYPE.authentication, TYPE.error, TYPE.notice]);
const BEFORE_READY = new Set<number>([
  TYPE.parameterStatus,
  TYPE.backendKey,
  TYPE.error,
  TYPE.notice,
  TYPE.ready,
]);
const UNASKED = new Set<number>([TYPE.error, TYPE.notice, TYPE.notification, TYPE.parameterStatus]);
const TO_A_QUESTION = new Set<number>([
  ...UNASKED,
  TYPE.bindComplete,
  TYPE.closeComplete,
  TYPE.commandComplete,
  TYPE.copyData,
  TYPE.copyDone,
  TYPE.copyIn,
  TYPE.copyOut,
  TYPE.dataRow,
  TYPE.emptyQuery,
  TYPE.noData,
  TYPE.parameterDescription,
  TYPE.parseComplete,
  TYPE.portalSuspended,
  TYPE.ready,
  TYPE.rowDescription,
]);

const QUERY = 0x51;
const SYNC = 0x53;
const PASSWORD = 0x70;

export class AnswerGuard {
  readonly #authentication: Authentication;
  /** What came of a message that is not whole yet, and how many bytes it takes to go on. */
  #pieces: Buffer[] = [];
  #held = 0;
  #needed = HEAD_BYTES;
  #ready = false;
  /** Questions that were sent and not answered to their end. */
  #due = 0;
  #answer = 0;
  #columns: number | null = null;

  constructor(authentication: Authentication) {
    this.#authentication = authentication;
  }

  /** What the driver sends. */
  sent(message: Buffer): void {
    const type = message[0];
    if (!this.#authentication.done) {
      if (type === PASSWORD) this.#authentication.answered(message);
      return;
    }
    if (type !== QUERY && type !== SYNC) return;
    if (this.#due === 0) this.#answer = 0;
    this.#due++;
  }

  /** What came. `deliver` gets whole messages, as soon as they are whole. Throws WireFault. */
  take(chunk: Buffer, deliver: (messages: Buffer) => void): void {
    this.#pieces.push(chunk);
    this.#held += chunk.length;
    if (this.#held < this.#needed) return;
    const bytes = this.#pieces.length === 1 ? chunk : Buffer.concat(this.#pieces, this.#held);
    let at = 0;
    let deliveredTo = 0;
    this.#needed = HEAD_BYTES;
    while (at + HEAD_BYTES <= bytes.length) {
      const type = bytes[at] as number;
      const end = at + 1 + this.#checkHead(type, bytes.readUInt32BE(at + 1));
      if (end > bytes.length) {
        this.#needed = end - at;
        break;
      }
      const body = { bytes, from: at + HEAD_BYTES, to: end };
      this.#columns = checkBody(type, body, this.#columns);
      this.#count(type, end - at, this.#columns);
      if (type === TYPE.authentication) this.#authentication.asked(body);
      else if (type === TYPE.ready) this.#answered();
      else if (type === TYPE.error || type === TYPE.notice) {
        const text = boundedText(type, body);
        if (text !== null) {
          if (at > deliveredTo) deliver(bytes.subarray(deliveredTo, at));
          deliver(text);
          deliveredTo = end;
        }
      }
      at = end;
    }
    if (at > deliveredTo) deliver(bytes.subarray(deliveredTo, at));
    // A copy, so that a few bytes do not keep the whole of what came.
    this.#pieces = at < bytes.length ? [Buffer.from(bytes.subarray(at))] : [];
    this.#held = bytes.length - at;
  }

  /** The length that follows the type, itself included. */
  #checkHead(type: number, length: number): number {
    if (!this.#allowed().has(type)) throw unexpected(type, this.#phase());
    if (length < 4) throw malformed(type);
    const most = !LONG_TYPES.has(type)
      ? type === TYPE.authentication
        ? AUTHENTICATION_BYTES
        : SHORT_BYTES
      : this.#ready
        ? ANSWER_BYTES
        : SHORT_BYTES;
    if (length > most) {
      if (most === ANSWER_BYTES) throw tooMuch();
      throw notProtocol(`${nameOf(type)} says that it is ${length} bytes long`);
    }
    if (this.#answer + length > ANSWER_BYTES) throw tooMuch();
    return length;
  }

  #allowed(): ReadonlySet<number> {
    if (!this.#authentication.done) return BEFORE_LET_IN;
    if (!this.#ready) return BEFORE_READY;
    return this.#due > 0 ? TO_A_QUESTION : UNASKED;
  }

  #phase(): string {
    if (!this.#authentication.done) return 'before it has let the console in';
    if (!this.#ready) return 'before it was ready';
    return this.#due > 0 ? 'as the answer to a question' : 'without a question';
  }

  #count(type: number, size: number, columns: number | null): void {
    this.#answer += size + COST.message;
    if (type === TYPE.dataRow) this.#answer += COST.value * (columns ?? 0);
    if (type === TYPE.rowDescription) this.#answer += COST.description + COST.column * (columns ?? 0);
    if (this.#answer > ANSWER_BYTES) throw tooMuch();
  }

  /** ReadyForQuery: the end of an answer. */
  #answered(): void {
    this.#answer = 0;
    if (this.#ready) this.#due--;
    this.#ready = true;
  }
}

function unexpected(type: number, phase: string): WireFault {
  if (type === NEGOTIATE_VERSION) {
    return new WireFault(
      'protocol',
      'does not speak protocol 3.0, which the console needs. Give a PostgreSQL server.',
    );
  }
  return notProtocol(`${nameOf(type)} came ${phase}`);
}

const tooMuch = (): WireFault =>
  new WireFault(
    'protocol',
    `sent more than ${ANSWER_BYTES / 2 ** 20} MB as the answer to one question. The connection was closed.`,
  );
