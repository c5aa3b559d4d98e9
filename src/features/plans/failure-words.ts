/** What a failure is called, by its code: what the page decides and says by codes, never by the sentences of a message. */
import type { StepErrorCode } from '#core/model/plan.ts';

/** The kind of a failure in a title's few words; `where` is the node, or this machine. Total: a code without words fails the types. */
const TITLES: Record<StepErrorCode, (where: string) => string> = {
  'statement-failed': (where) => `${where} refused a statement`,
  unreachable: (where) => `${where} does not answer`,
  timeout: (where) => `It took too long on ${where}`,
  locked: (where) => `Another transaction holds a lock on ${where}`,
  'no-permission': (where) => `The role lacks a privilege on ${where}`,
  'disk-full': (where) => `The disk of ${where} is full`,
  'other-console': (where) => `Another console is changing ${where}`,
  'cannot-come': () => 'What the run waited for can no longer happen',
  'not-in-time': () => 'What the run waited for did not happen in time',
  'copy-failed': (where) => `Spock gave up the copy to ${where}`,
  'copy-incomplete': () => 'The copy is incomplete',
  'rows-differ': () => 'Rows differ',
  'written-since': (where) => `${where} was written to since`,
  'still-read': (where) => `A subscription still reads from ${where}`,
  'not-ours': (where) => `What is on ${where} is not what this run created`,
  'others-depend': () => 'Objects of others depend on it',
  'may-travel': (where) => `This version cannot keep the statement on ${where}`,
  'writes-not-paused': (where) => `Applications wrote on ${where} while writes had to pause`,
  changed: () => 'What the run relies on has changed',
  'not-well': () => 'The cluster has problems at the end',
  console: () => 'The machine of the console stopped it',
};

export const failureTitle = (code: StepErrorCode, node: string | null): string => {
  if (node !== null) return TITLES[code](node);
  const said = TITLES[code]('this machine');
  return said.charAt(0).toUpperCase() + said.slice(1);
};

/**
 * Codes with which the console itself has decided not to do it: nothing was sent for the server to answer. With the others
 * the message is the server's own answer, if there was one.
 */
const CONSOLES_OWN: ReadonlySet<StepErrorCode> = new Set([
  'other-console',
  'cannot-come',
  'not-in-time',
  'copy-incomplete',
  'rows-differ',
  'written-since',
  'still-read',
  'not-ours',
  'others-depend',
  'may-travel',
  'writes-not-paused',
  'changed',
  'not-well',
  'console',
]);

/** Whether a failure is the console's own finding, not an answer of the server. */
export const isFinding = (error: { code: StepErrorCode; sqlstate: string | null }): boolean =>
  error.sqlstate === null && CONSOLES_OWN.has(error.code);
