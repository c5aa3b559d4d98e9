/** The engine of Spock 4.0 to 6.0, and of the stand-in, which answers to the same names. */
import type { AdvisingEngine } from '#core/advice/rule.ts';
import { advice } from './advice/advice.ts';
import { capabilityStatements, decodeCapabilities } from './capabilities.ts';
import { changes } from './changes.ts';
import { decodeFast } from './decode-fast.ts';
import { decodeSlow } from './decode-slow.ts';
import { fastStatements, isSeldomAsked } from './fast.ts';
import { unfitness, withoutNode } from './fitness.ts';
import { inbox } from './inbox.ts';
import { mark } from './mark.ts';
import { settings } from './settings.ts';
import { copyOf, slotUse } from './slot-kinds.ts';
import { slowStatements } from './slow.ts';
import { spockWords } from './words.ts';

export const spock: AdvisingEngine = {
  name: 'spock',
  changes,
  capabilityStatements,
  decodeCapabilities,
  fastStatements,
  isSeldomAsked,
  decodeFast: (_capabilities, rows) => decodeFast(rows),
  slowStatements,
  decodeSlow: (_capabilities, rows, previous) => decodeSlow(rows, previous),
  slowMark: (facts) =>
    JSON.stringify([
      facts.lastConflictId,
      facts.exceptions?.map((mark) => [mark.originId, mark.commitAt, mark.commandCounter, mark.loggedAt]),
      facts.localNodeId,
      facts.readOnly,
      facts.startedAt,
      facts.peers.map(({ id }) => id),
      facts.subscriptions?.map(({ id, sync }) => [id, sync.length]),
    ]),
  slotUse,
  copyOf,
  showsWorkers: ({ functions }) => functions.has('spock.get_apply_worker_status'),
  interfaceStatements: (capabilities) =>
    slowStatements(capabilities, null).filter(({ name }) => name === 'node_interface'),
  unfitness,
  withoutNode,
  inbox,
  mark,
  settings,
  advice,
  words: spockWords,
};
