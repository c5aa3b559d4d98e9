/**
 * What stands before the message in a plain line of a server's log (`log_line_prefix`, runtime-config-logging.html). The
 * server chooses both, so a line is read from left to right once, without ever going back.
 */

export interface LineHead {
  /** ERROR, DETAIL …, as PostgreSQL writes them. */
  level: string;
  text: string;
  /** Undefined: the prefix does not tell. */
  pid?: string;
  application?: string;
  backendType?: string;
}

export const LEVELS = 'DEBUG[1-5]?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC';
const FURTHER = 'DETAIL|HINT|QUERY|CONTEXT|LOCATION|BACKTRACE|STATEMENT';
const TIME = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \S+/y;

/** What has a form of its own; all else goes on to what follows it in the prefix. */
const FORMS: Partial<Record<string, RegExp>> = {
  m: TIME,
  t: TIME,
  s: TIME,
  n: /\d+(?:\.\d+)?/y,
  p: /\d+/y,
  e: /[0-9A-Z]{5}/y,
};
const NAMES: Partial<Record<string, 'pid' | 'application' | 'backendType'>> = {
  p: 'pid',
  a: 'application',
  b: 'backendType',
};

type Piece = { escape: string } | { literal: string };

/** For lines of sessions, and for those of processes that are none, which stop at `%q`. */
export function prefixForms(prefix: string): Piece[][] {
  const [short = '', ...rest] = prefix.split('%q');
  const texts = rest.length > 0 ? [short, short + rest.join('')] : [short];
  return texts.map(pieces);
}

function pieces(text: string): Piece[] {
  // Blanks at its end are those before the level, not the first in an application's name.
  return [...text.trimEnd().matchAll(/%-?\d{0,6}([^\d-])|([^%]+)|%/g)].map(
    ([whole, letter, literal]): Piece => {
      if (letter === '%') return { literal: '%' };
      return letter === undefined ? { literal: literal ?? whole } : { escape: letter };
    },
  );
}

/** Null: the line does not begin so. */
export function readHead(line: string, form: readonly Piece[]): LineHead | null {
  const head: LineHead = { level: '', text: '' };
  /** Of an escape whose end is not found yet: where it begins. */
  let open: { escape: string; from: number } | null = null;
  let at = 0;
  const close = (end: number) => {
    const name = open === null ? undefined : NAMES[open.escape];
    if (open !== null && name !== undefined && head[name] === undefined)
      head[name] = line.slice(open.from, end).trim();
    open = null;
  };
  for (const piece of form) {
    if ('escape' in piece) {
      const known = FORMS[piece.escape];
      if (known === undefined) {
        // Two of them with nothing in between: nobody can tell where one ends.
        open ??= { escape: piece.escape, from: at };
        continue;
      }
      const from: number = open === null ? blanksEnd(line, at) : findForm(line, known, at);
      known.lastIndex = Math.max(from, 0);
      const found = from < 0 ? null : known.exec(line);
      if (found === null) return null;
      close(from);
      const name = NAMES[piece.escape];
      if (name !== undefined) head[name] ??= found[0];
      at = from + found[0].length;
      continue;
    }
    const words = piece.literal.trim();
    const begins: number = open === null ? blanksEnd(line, at) : line.indexOf(words === '' ? ' ' : words, at);
    if (begins < 0 || !line.startsWith(words, begins)) return null;
    close(begins);
    at = blanksEnd(line, begins + words.length);
  }
  const level = open === null ? NEXT_LEVEL : ANY_LEVEL;
  level.lastIndex = open === null ? blanksEnd(line, at) : at;
  const found = level.exec(line);
  if (found === null) return null;
  close(found.index);
  return { ...head, level: found[1] ?? '', text: line.slice(found.index + found[0].length) };
}

const NEXT_LEVEL = new RegExp(`(${LEVELS}|${FURTHER}): +`, 'y');
const ANY_LEVEL = new RegExp(`(${LEVELS}|${FURTHER}): +`, 'g');

function blanksEnd(line: string, from: number): number {
  let at = from;
  while (line[at] === ' ') at++;
  return at;
}

function findForm(line: string, form: RegExp, from: number): number {
  const anywhere = new RegExp(form.source, 'g');
  anywhere.lastIndex = from;
  return anywhere.exec(line)?.index ?? -1;
}
