/** One look at a node that is not watched yet: may it be, what does it call itself, whom does it know. */
import {
  buildBatch,
  type Capabilities,
  type Engine,
  type RowsBySection,
  type Section,
} from '#core/engines/engine.ts';
import type { FastFacts, InterfaceFacts } from '#core/model/facts.ts';
import { unreadableFailure } from '#server/postgres/failure.ts';
import { NodeClient, type NodeFailure } from '#server/postgres/node-client.ts';
import { dsnAddress } from '#server/postgres/targets.ts';

export interface Probed {
  capabilities: Capabilities;
  facts: FastFacts;
  /** Null: the role may not read them. */
  interfaces: InterfaceFacts[] | null;
}

export type ProbeOutcome = { ok: true; value: Probed } | { ok: false; error: NodeFailure };

const DEADLINE_MS = 4000;

/** Connects by `dsn` and ends the connection again; at most about 5 s, writes nothing. */
export async function probe(dsn: string, engine: Engine): Promise<ProbeOutcome> {
  const client = new NodeClient(dsn);
  const ask = async (
    sections: readonly Section[],
  ): Promise<{ ok: true; rows: RowsBySection } | { ok: false; error: NodeFailure }> => {
    const batch = buildBatch(sections, { statementMs: DEADLINE_MS - 500, lockMs: 500 });
    const outcome = await client.batch(batch.text, { deadlineMs: DEADLINE_MS });
    return outcome.ok ? { ok: true, rows: batch.rows(outcome.results) } : outcome;
  };
  try {
    const asked = await ask(engine.capabilityStatements());
    if (!asked.ok) return asked;
    const capabilities = engine.decodeCapabilities(asked.rows);
    const unfit = engine.unfitness(capabilities);
    if (unfit !== null) return { ok: false, error: { ...unfit, sqlstate: null, detail: null } };
    const fast = await ask(engine.fastStatements(capabilities));
    if (!fast.ok) return fast;
    // Only the section that is shown: the tables of a large schema are not read to look at a node once.
    const slow = await ask(engine.interfaceStatements(capabilities));
    return {
      ok: true,
      value: {
        capabilities,
        facts: engine.decodeFast(capabilities, fast.rows),
        // Slow or refused: then nobody is discovered, and the node is welcome all the same.
        interfaces: slow.ok ? engine.decodeSlow(capabilities, slow.rows, null).interfaces : null,
      },
    };
  } catch (error) {
    return { ok: false, error: unreadableFailure(dsnAddress(dsn), error) };
  } finally {
    client.close();
  }
}
