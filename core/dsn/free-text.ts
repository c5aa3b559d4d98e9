/**
 * Passwords taken out of text that is no DSN but may hold one: messages of servers and drivers, lines of logs. Errs on the
 * side of hiding too much. Linear in the text's length: a server chooses what stands in it.
 */
import { MASK } from './read.ts';

/** URIs, `key=value`, `PASSWORD '…'`, and the pieces of a DSN that libpq quotes in its errors. */
export function maskSecrets(text: string): string {
  return withoutUriPasswords(text.replace(QUOTED_BY_LIBPQ, `$1"${MASK}"`))
    .replace(PARAMETER, `$1${MASK}`)
    .replace(IN_LITERAL, `$1${MASK}`)
    .replace(PAIR, `$1${MASK}`)
    .replace(STATEMENT, `$1${MASK}`)
    .replace(HOST_QUOTED_BY_LIBPQ, `$1"${MASK}"`);
}

const NAME = String.raw`["']?(?:[\w%]{0,40}(?:password|pass%77ord|passwd|passphrase)|pwd|oauth_client_secret|scram_(?:client|server)_key)["']?\s{0,9}[=:]\s{0,9}`;
const BEFORE = String.raw`(?:^|[\s'"(,{;:=])`;
/** In the query of a URI: up to "&". */
const PARAMETER = new RegExp(String.raw`([?&]${NAME})(?!${MASK})[^\s&]+`, 'gi');
/** Of a DSN within an SQL literal, where quotes are doubled. */
const IN_LITERAL = new RegExp(String.raw`(${BEFORE}${NAME})''(?:[^'\\]|\\''|\\[^'])*(?:''|$)`, 'gi');
/** In quotes all up to their end, bare all up to a blank. */
const PAIR = new RegExp(
  String.raw`(${BEFORE}${NAME})(?!${MASK})(?:E?'(?:\\[\s\S]|[^'\\])*(?:'|$)|"(?:\\[\s\S]|[^"\\])*(?:"|$)|(?:\\[\s\S]|[^\s\\])+)`,
  'gi',
);

/** ALTER ROLE … PASSWORD '…', also E'…', U&'…' and $$…$$. */
const STATEMENT =
  /(\bpassword\s{1,9})(?:(?:E|U&)?'(?:''|\\[\s\S]|[^'\\])*(?:'|$)|\$(\w{0,30})\$[\s\S]*?(?:\$\2\$|$))/gi;

/** fe-connect.c: what conninfo_parse and conninfo_uri_parse complain of, which may be a piece of a password. */
const QUOTED_BY_LIBPQ =
  /(missing "=" after |invalid connection option |URI query parameter: |percent-encoded (?:token|value): |in IPv6 host address in URI: |in URI \(expected ":" or "\/"\): |invalid port number: |invalid integer value )"[^\n]*"/g;
/** A host name that is none: the rest of a password with an "@" in it. */
const HOST_QUOTED_BY_LIBPQ =
  /(could not (?:translate host name|parse network address) )"[^"\n]*[^\w.:%"\n-][^"\n]*"/g;

/** A user without a password, or with one that is hidden already. */
const NOTHING_TO_HIDE = new RegExp(`[^:@/?\\s]{0,200}(?::${MASK})?@[^\\s@]*(?=\\s|$)`, 'y');
const HOST = String.raw`(?:\[[\da-f:.%]{0,60}\]|[^:@/?\s[]{0,200})`;
const PLACE_ALONE = new RegExp(String.raw`${HOST}(?::\d{1,5}(?![\w%]))?[^:@\s]*(?=\s|$)`, 'iy');
/** Digits at the end of a word may be the first of a password with a blank in it. */
const PLACE_BEFORE_AT = new RegExp(String.raw`${HOST}(?::\d{1,5}(?=[/?,]))?[^:@\s]*(?=\s|$)`, 'iy');

function withoutUriPasswords(text: string): string {
  let masked = '';
  let shownFrom = 0;
  let lineEnd = -1;
  let lastAt = -1;
  let wordEnd = -1;
  for (
    let found = text.indexOf('://');
    found >= 0;
    found = text.indexOf('://', Math.max(found + 3, shownFrom))
  ) {
    const start = found + 3;
    if (lineEnd < start) {
      lineEnd = text.indexOf('\n', start);
      if (lineEnd < 0) lineEnd = text.length;
      lastAt = start + text.slice(start, lineEnd).lastIndexOf('@');
    }
    if (wordEnd < start) wordEnd = endOfWord(text, start);
    const atFollows = lastAt >= start && /postgres(?:ql)?$/i.test(text.slice(Math.max(found - 10, 0), found));
    if (matchesAt(NOTHING_TO_HIDE, text, start)) continue;
    if (matchesAt(atFollows ? PLACE_BEFORE_AT : PLACE_ALONE, text, start)) continue;
    const userEnd = text.slice(start, wordEnd).search(/[:/?@]/);
    if (userEnd < 0) continue;
    // To the last "@" of the line: a password may hold blanks, and "://" too.
    const end = lastAt >= start ? lastAt : wordEnd;
    if (end <= start + userEnd) continue;
    masked += text.slice(shownFrom, start + userEnd + 1) + MASK;
    shownFrom = end;
  }
  return masked + text.slice(shownFrom);
}

function matchesAt(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

function endOfWord(text: string, from: number): number {
  const blank = /\s/g;
  blank.lastIndex = from;
  return blank.exec(text)?.index ?? text.length;
}
