/** Sequences in sets: their positions are sent to those that take the set. */
import type { SequenceName } from '#core/engines/changes.ts';
import { formatNames } from '#core/model/format.ts';
import type { ObservedFacts } from '#core/model/observed.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import type { Wanted } from './wanted.ts';

export interface SequenceChange {
  /** How many the request names, and of these what comes in and goes out. */
  wanted: number;
  adds: number;
  removes: number;
  into: SequenceName[];
  out: SequenceName[];
  sameIn: SequenceName[];
  sameOut: SequenceName[];
}

const keyOf = ({ schema, sequence }: SequenceName): string => JSON.stringify([schema, sequence]);
const nameOf = ({ schema, sequence }: SequenceName): string => `${schema}.${sequence}`;

export function checkSequences(
  grounds: Grounds,
  node: string,
  { set, addSequences, removeSequences, nodes }: Wanted,
  facts: ObservedFacts,
): SequenceChange {
  const named = [...addSequences, ...removeSequences];
  const found = new Map((facts.sequences ?? []).map((each) => [keyOf(each), each.sets]));
  const absent = named.filter((each) => !found.has(keyOf(each)));
  if (absent.length > 0) {
    grounds.stop(node, 'Sequence', 'not there', {
      code: 'no-sequence',
      message: `${node} has no sequence ${formatNames(absent.map(nameOf))}.`,
      remedy: 'Create it there first, or leave that node out.',
    });
  }
  if (named.length > 0 && facts.standin) {
    grounds.stop(node, 'Sequence', 'not possible here', {
      code: 'not-supported',
      message: `${node} runs the stand-in, which cannot replicate sequences.`,
      remedy: `Use ${grounds.changes.words.name} itself.`,
    });
  }
  if (addSequences.length > 0 && nodes.length > 1) {
    grounds.know(
      node,
      'Sequences',
      'each node sends its own position to the others, which are set ahead by it: two nodes that draw numbers at the same time still get the same ones',
    );
  }
  const isIn = (each: SequenceName) => found.get(keyOf(each))?.includes(set) === true;
  const there = (list: readonly SequenceName[]) => list.filter((each) => found.has(keyOf(each)));
  return {
    wanted: named.length - absent.length,
    adds: there(addSequences).length,
    removes: there(removeSequences).length,
    into: there(addSequences).filter((each) => !isIn(each)),
    out: there(removeSequences).filter(isIn),
    sameIn: there(addSequences).filter(isIn),
    sameOut: there(removeSequences).filter((each) => !isIn(each)),
  };
}
