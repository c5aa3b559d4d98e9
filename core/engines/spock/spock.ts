/** The engine of Spock 4.0 to 6.0, and of the stand-in, which answers to the same names. */
import type { Engine } from '#core/engines/engine.ts';
import { capabilityStatements, decodeCapabilities } from './capabilities.ts';
import { decodeFast } from './decode-fast.ts';
import { decodeSlow } from './decode-slow.ts';
import { fastStatements, isSeldomAsked } from './fast.ts';
import { slowStatements } from './slow.ts';

export const spock: Engine = {
  name: 'spock',
  capabilityStatements,
  decodeCapabilities,
  fastStatements,
  isSeldomAsked,
  decodeFast: (_capabilities, rows) => decodeFast(rows),
  slowStatements,
  decodeSlow: (_capabilities, rows, previous) => decodeSlow(rows, previous),
  slowMark: (facts) =>
    JSON.stringify([
      facts.lastResolutionId,
      facts.exceptions?.map((mark) => [mark.originId, mark.commitAt, mark.commandCounter, mark.loggedAt]),
      facts.localNodeId,
      facts.readOnly,
      facts.startedAt,
      facts.peers.map(({ id }) => id),
      facts.subscriptions?.map(({ id, sync }) => [id, sync.length]),
    ]),
};
