/** Which steps a resume carries out once more though they are done. */
import type { ActionType } from '#core/plan/executable.ts';

/** True: what it made does not outlive the console by itself, or it only looks, and what it saw is of before. */
const AGAIN: Record<ActionType, boolean> = {
  sql: false,
  wait: false,
  'write-and-wait': false,
  restart: false,
  seed: false,
  subscribe: false,
  hold: false,
  mark: true,
  prove: true,
  resync: false,
  'join-copy': false,
  'catch-up': false,
  'join-origins': false,
  'join-suspects': false,
  'watch-node': false,
  unsubscribe: false,
  'still-silent': true,
  'note-applied': false,
  'peer-password': false,
  'role-password': false,
  'drop-slots': false,
  'forget-node': false,
  'ask-findings': true,
  'register-cluster': false,
  'sandbox-allocate': true,
  'sandbox-initdb': true,
  'sandbox-start': true,
  'sandbox-register': true,
  'sandbox-stop': false,
  'sandbox-delete': false,
  'forget-cluster': false,
};

export const isDoneAgain = ({ type }: { type: ActionType }): boolean => AGAIN[type];
