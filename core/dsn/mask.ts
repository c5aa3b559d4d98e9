/**
 * The one masker of DSNs: the text as it was written, with every secret as ••••. Where it is in doubt whether a piece of
 * text is one (a DSN that libpq could not read either, an unescaped "@"), it is hidden as well.
 */
import { isKeyword, KEYWORDS, SECRETS } from './keywords.ts';
import { type DsnPart, isUri, MASK, type Reading, readDsn } from './read.ts';

/** As much of a DSN as the API takes; a longer one, which only a catalog can hold, is cut. */
const MOST_SHOWN = 4096;

/** Safe for any text. Linear in its length. */
export function maskDsn(text: string): string {
  // Nothing, or a place without "postgres://" before it.
  if (text.trim() === '' || (PLACE.test(text) && !/[\s=@?&]|\/\//.test(text))) return text;
  const reading = readDsn(text);
  const masked = isUri(text) ? maskedUri(text, reading) : maskedPairs(text, reading);
  return masked.length > MOST_SHOWN ? `${masked.slice(0, MOST_SHOWN)}…` : masked;
}

/** True when the text holds a password; false also for text that cannot be read. */
export function hasPassword(text: string): boolean {
  const { values, fault } = readDsn(text);
  return fault === null && (values.get('password') ?? '') !== '';
}

/** A masked DSN without what is masked: a client then takes the password from elsewhere, or asks for it. */
export function withoutMasked(text: string): string {
  const { values, parts, fault } = readDsn(text);
  if (fault !== null) return text;
  const shown = parts.filter(({ from, to }) => text.slice(from, to) !== MASK);
  if (shown.length === parts.length) return text;
  if (!isUri(text)) return shown.map(({ at, to }) => text.slice(at, to)).join(' ');
  const query = text.indexOf('?', endOfCredentials(text, parts));
  const head = (query < 0 ? text : text.slice(0, query)).trim();
  // What has a keyword of its own in the text is a parameter.
  const parameters = shown.filter(({ at, from }) => at < from).map(({ at, to }) => text.slice(at, to));
  const bare = values.get('password') === MASK ? head.replace(`:${MASK}@`, '@') : head;
  return parameters.length === 0 ? bare : `${bare}?${parameters.join('&')}`;
}

function maskedPairs(text: string, whole: Reading): string {
  let masked = '';
  let rest = text;
  let reading = whole;
  for (let slips = 0; slips < MOST_SLIPS; slips++) {
    const { parts, fault, failedAt } = reading;
    if (fault === null) return masked + covered(rest, parts.filter(isSecret(rest)));
    const secret = parts.find(({ keyword }) => SECRETS.has(keyword));
    // What cannot be read may be the rest of the secret before it, and so may all that was read in between.
    const shownTo = secret === undefined ? failedAt : secret.from;
    const before = parts.filter(({ to }) => to <= shownTo).filter(isSecret(rest));
    masked += covered(rest.slice(0, shownTo), before);
    if (secret !== undefined) break;
    // A keyword that is being typed.
    const unread = rest.slice(failedAt);
    if (KEYWORDS.some((keyword) => keyword.startsWith(unread))) return masked + unread;
    // A slip in a keyword, `pasword=…`: its value is hidden, and the reading goes on behind it.
    const slip = SLIP.exec(unread);
    masked += slip?.[1] ?? '';
    if (slip?.[2] === undefined) break;
    const next = rest.slice(failedAt + slip[0].length);
    if (next.trim() === '') break;
    masked += MASK + next.slice(0, next.length - next.trimStart().length);
    rest = next.trimStart();
    reading = readDsn(rest);
  }
  return masked + MASK;
}

/** A text with more words that libpq does not know is no DSN. */
const MOST_SLIPS = 10;
/** A keyword and its "="; and a value that is whole. */
const SLIP = /^(\w{1,40}\s{0,9}=\s{0,9})('(?:[^'\\]|\\.)*'(?=\s|$)|[^\s'](?:[^\s\\]|\\.)*(?=\s|$))?/s;

function maskedUri(text: string, { parts, fault }: Reading): string {
  const isClear = fault === null && !text.includes('@', endOfCredentials(text, parts));
  if (isClear) return covered(text, parts.filter(isSecret(text)));
  const start = text.indexOf('://') + 3;
  const at = text.lastIndexOf('@');
  const doubtful = at < start ? '' : text.slice(start, at);
  // Up to the last "@" all may be user and password; the user is what stands before the first sign that ends it.
  const userEnd = doubtful.search(/[:/?]/);
  const user =
    userEnd < 0 ? doubtful : `${doubtful.slice(0, userEnd + (doubtful[userEnd] === ':' ? 1 : 0))}${MASK}`;
  // A parameter that holds an "@": it may be the secret one.
  const asked = doubtful.indexOf('?');
  if (asked >= 0 && doubtful.includes('=', asked)) return text.slice(0, start) + user;
  const rest = text.slice(Math.max(at, start));
  const question = rest.indexOf('?');
  const place = question < 0 ? rest : rest.slice(0, question);
  const query =
    question < 0
      ? ''
      : `?${rest
          .slice(question + 1)
          .split('&')
          .map(maskedParameter)
          .join('&')}`;
  return text.slice(0, start) + user + maskedPlace(place) + query;
}

const HOST = String.raw`(?:\[[\da-f:.%]*\]|[^:/,[\]]*)`;
const PLACE = new RegExp(`^@?${HOST}(?::\\d{0,5})?(?:,${HOST}(?::\\d{0,5})?)*(?:/|$)`, 'i');
const FIRST_HOST = new RegExp(`^@?${HOST}`, 'i');

/** Of `host:port/database`, with or without the "@" before it: what is no port may be a password. */
function maskedPlace(place: string): string {
  if (PLACE.test(place)) return place;
  const host = FIRST_HOST.exec(place)?.[0] ?? '';
  return `${host}${place[host.length] === ':' ? ':' : ''}${MASK}`;
}

function maskedParameter(text: string): string {
  const equals = text.indexOf('=');
  const keyword = equals < 0 ? '' : text.slice(0, equals);
  if (!isKeyword(keyword)) return MASK;
  const value = text.slice(equals + 1);
  return SECRETS.has(keyword) || hidesSecret(value) ? `${keyword}=${MASK}` : text;
}

/** Where the host of a URI begins. */
function endOfCredentials(text: string, parts: readonly DsnPart[]): number {
  const own = parts.filter(
    ({ keyword, at, from }) => at === from && (keyword === 'user' || keyword === 'password'),
  );
  const last = own.at(-1);
  return last === undefined ? 0 : text.indexOf('@', last.to) + 1;
}

const isSecret =
  (text: string) =>
  ({ keyword, from, to }: DsnPart): boolean =>
    to > from && (SECRETS.has(keyword) || hidesSecret(text.slice(from, to)));

/** A DSN within a value, or an option that is named like a secret. */
export function hidesSecret(value: string): boolean {
  let plain = value;
  try {
    plain = decodeURIComponent(value);
  } catch {
    // No percent-encoding: as it stands.
  }
  if (plain.includes('://') && plain.includes('@')) return true;
  return /(?:passw(?:or)?d|pwd|secret|token|_key)\s{0,9}(?:[=:]|%3d)/i.test(plain);
}

function covered(text: string, parts: readonly DsnPart[]): string {
  let masked = '';
  let shownFrom = 0;
  for (const { from, to } of parts) {
    masked += text.slice(shownFrom, from) + MASK;
    shownFrom = to;
  }
  return masked + text.slice(shownFrom);
}
