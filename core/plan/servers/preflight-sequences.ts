/** Preflight of sequences that are to give snowflake numbers, and of all that takes numbers from them. */

import type { SequenceUse, ServerSequence } from '#core/model/observed-server.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import { type Choices, type Server, some } from './choices.ts';

export function checkSequences(grounds: Grounds, servers: readonly Server[], choices: Choices): void {
  const { sequences, source } = choices;
  if (sequences.length === 0) return;
  for (const { name, facts } of servers) {
    // A structure that is copied brings them along.
    const from = choices.structure.includes(name) ? (source?.facts ?? facts) : facts;
    const found = sequences.map((one) => ({
      one,
      own: from.sequences.find((own) => own.schema === one.schema && own.sequence === one.sequence),
    }));
    const missing = found.filter(({ own }) => own === undefined);
    if (missing.length > 0) {
      const said = some(missing.map(({ one: { schema, sequence } }) => `${schema}.${sequence}`));
      grounds.stop(name, 'Sequences', `lacks ${missing.length}`, {
        code: 'no-sequence',
        message: `${name} lacks ${said}.`,
        remedy: 'Create what is missing there, or leave it out.',
      });
      continue;
    }
    const chosen = found.flatMap(({ own }) => (own === undefined ? [] : [own]));
    const stopped = stopUses(grounds, name, chosen);
    if (!facts.snowflake) {
      grounds.stop(name, 'Sequences', 'no extension snowflake', {
        code: 'no-snowflake',
        message: `The server of ${name} has no extension snowflake, so sequences there would generate the same numbers as on other nodes.`,
        remedy:
          "Install it (pgEdge's packages have it), or leave the sequences as they are and give each node a range of its own.",
      });
      continue;
    }
    if (stopped) continue;
    grounds.todo(name, 'Sequences', `${sequences.length} to snowflake`, `sequences:${name}`);
    sayOthers(grounds, name, chosen);
  }
}

const shownUse = ({ schema, table, column, type }: SequenceUse): string =>
  `${schema}.${table}.${column} (${type})`;

/** An owned sequence is converted for its owner alone (snowflake's convert_sequence_to_snowflake). */
const staysPlain = (sequence: ServerSequence): SequenceUse[] => {
  const owned = sequence.uses.some(({ how }) => how !== 'default');
  return owned ? sequence.uses.filter(({ how }) => how === 'default') : [];
};

/** Whether a conversion would break something: said, and the deploy stopped. */
function stopUses(grounds: Grounds, name: string, chosen: readonly ServerSequence[]): boolean {
  const narrow = chosen.flatMap((sequence) =>
    staysPlain(sequence)
      .filter(({ type }) => type !== 'bigint' && !type.startsWith('numeric'))
      .map((use) => `${shownUse(use)} takes numbers from ${sequence.schema}.${sequence.sequence}`),
  );
  if (narrow.length > 0) {
    grounds.stop(name, 'Sequences', `${narrow.length} used by another column`, {
      code: 'sequence-shared',
      message: `${some(narrow)} on ${name}, and is not converted with it: snowflake numbers are 64 bits long, so each INSERT there would fail.`,
      remedy: 'Make those columns bigint, give them sequences of their own, or leave the sequence out.',
    });
    return true;
  }
  const held = chosen.flatMap(({ uses }) =>
    uses
      .filter(({ how, dependents }) => how !== 'default' && dependents.length > 0)
      .map((use) => `${shownUse(use)}: ${use.dependents.join(', ')}`),
  );
  if (held.length === 0) return false;
  grounds.stop(name, 'Sequences', `${held.length} of columns that others depend on`, {
    code: 'sequence-held',
    message: `Columns become bigint with their sequence, and PostgreSQL refuses that on ${name} while others depend on them: ${some(held)}.`,
    remedy:
      'Make them bigint first (drop what depends on them and create it again), or leave the sequence out.',
  });
  return true;
}

function sayOthers(grounds: Grounds, name: string, chosen: readonly ServerSequence[]): void {
  const others = chosen.flatMap((sequence) => [
    ...staysPlain(sequence).map((use) => `default of ${shownUse(use)}`),
    ...sequence.functions.map((text) => `function ${text}`),
  ]);
  if (others.length === 0) return;
  grounds.know(
    name,
    'Numbers',
    `${some(others)} take 64-bit numbers from converted sequences, without the node's own`,
  );
}
