/** How a role is made that can only watch, for one engine. */

/** Words and, between them, names as SQL has them. */
export type Phrase = (string | { code: string })[];

export interface WatchingPart {
  id: string;
  title: string;
  /** What it is for, and what the console says without it. */
  why: string;
  /** Each without its semicolon. */
  statements: string[];
  /** A command of psql's own, after the statements. */
  psql: string | null;
  /** The console works without it, and says what it cannot see. */
  optional: boolean;
}

export interface WatchingGuide {
  /** The name that the docs use. */
  roleName: string;
  /** Versions whose statements differ, oldest first. */
  lines: readonly { line: string; name: string }[];
  /** What is in production most. */
  usualLine: string;
  /** The line that a version of the engine belongs to; null: none of them. */
  lineOf(version: string | null): string | null;
  /** To be run on every node by a superuser, one after the other in one session. The part `rows` shows rows of conflicts. */
  statements(role: string, line: string): WatchingPart[];
  takeBack(role: string, line: string): { note: string; statements: string[] };
  /** What the reader should know besides: a word and a sentence. */
  notVisible: Phrase;
  whoElse: Phrase;
  afterUpdate: { name: string; text: Phrase };
}
