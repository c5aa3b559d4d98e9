/** Before anything is emptied or dropped on a node: does a subscription read from it? Not known is never a yes to go on. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '#core/engines/engine.ts';
import { type Peer, type Readers, readersAmong, type SlotThere } from '#core/run/readers.ts';
import type { Connection, Outcome } from '#server/postgres/connection.ts';
import { runStatement } from './sessions.ts';
import type { StepContext } from './step-context.ts';
import { StepFailure, sqlFailure } from './step-failure.ts';

const ANSWER_MS = 10_000;
/** A walsender outlives the subscription that was dropped by a moment. */
const LEAVING_MS = 5000;
const LOOK_MS = 100;

/** `rows`: all readers, since what empties a table reaches other programs too; `engine`: its own alone, whose slots go with a node. */
export type ReadBy = 'rows' | 'engine';

/**
 * Who reads from `node`: by the logical slots of its database (of table copies and of readers that nobody knows as well), and by
 * the subscriptions in the catalogs of the other nodes of the run. `by` and `why` are for the reader of a message.
 * Throws StepFailure where `node` itself does not answer.
 */
export async function readersOf(node: string, context: StepContext, of: ReadBy = 'rows'): Promise<Readers> {
  const until = Date.now() + LEAVING_MS;
  for (;;) {
    const look = await lookAt(node, context, of);
    const leaving = look.slots.some(({ slot, active }) => active && look.own.has(slot));
    if (!leaving || Date.now() >= until || context.signal.aborted) {
      return readersAmong(look.names, look.slots, look.peers, look.own);
    }
    await sleep(LOOK_MS, undefined, { signal: context.signal }).catch(() => undefined);
  }
}

/**
 * Ends an undo that would do `what` (`drop the copied tables`) on a node that is read from, or of which that is not known: what
 * is left, with the statements `sql`, goes to `context.left`. Throws StepFailure `still-read`.
 */
export async function refuseWhileRead(
  node: string,
  what: string,
  sql: string[],
  context: StepContext,
  of: ReadBy = 'rows',
): Promise<void> {
  const readers = await readersOf(node, context, of);
  if (readers.kind === 'none') return;
  const known = readers.kind === 'some';
  const cause = known
    ? `${readers.by.join('; ')} read${readers.by.length === 1 ? 's' : ''} from ${node}.`
    : `It is not known whether a subscription reads from ${node}: ${readers.why}.`;
  const remedy = known
    ? 'Drop those subscriptions and slots if nobody needs them, then roll back again.'
    : `Bring back the nodes that could not be asked, then roll back again; or, if it is gone for good, drop ${readers.slots.join(', ')} on ${node}, then roll back again.`;
  const message = `Did not ${what} on ${node}. ${cause}`;
  context.left({ node, code: 'still-read', object: null, message: `${message} ${remedy}`, sql });
  throw new StepFailure({ code: 'still-read', message, sqlstate: null, statement: null, cause, remedy });
}

interface Look {
  names: string[];
  slots: SlotThere[];
  peers: Peer[];
  own: Set<string>;
}

async function lookAt(node: string, context: StepContext, of: ReadBy): Promise<Look> {
  const [here, peers] = await Promise.all([
    askNode(node, context),
    Promise.all(context.nodes.filter((each) => each !== node).map((each) => askPeer(each, context))),
  ]);
  const own = await ownSlots(node, here, peers, context);
  const slots = here.slots.filter(({ engine }) => engine || of === 'rows');
  return { names: [node, ...(here.name === null ? [] : [here.name])], slots, peers, own };
}

interface Here {
  slots: SlotThere[];
  /** Null: no node of the engine's. */
  name: string | null;
  hasEngine: boolean;
}

async function askNode(node: string, context: StepContext): Promise<Here> {
  const { local, nodes, readers } = context.changes;
  const outcome = await context.sessions.with<Here>(context.dsn(node), async (connection) => {
    const has = await rowsOf(connection, local.hasEngine);
    if (!has.ok) return has;
    const hasEngine = has.value[0]?.has === true;
    const name = hasEngine ? await rowsOf(connection, nodes.localName) : NO_ROWS;
    if (!name.ok) return name;
    const slots = await rowsOf(connection, readers.slotsOnNode);
    if (!slots.ok) return slots;
    const called = name.value[0]?.name;
    return {
      ok: true,
      value: {
        hasEngine,
        name: called === undefined ? null : String(called),
        slots: slots.value.map((row) => ({
          slot: String(row.slot),
          active: row.active === true,
          engine: row.engine === true,
          reader: String(row.reader ?? ''),
        })),
      },
    };
  });
  if (!outcome.ok) throw sqlFailure(node, null, outcome.error);
  return outcome.value;
}

type AskedPeer = Peer & { database: string | null };

async function askPeer(node: string, context: StepContext): Promise<AskedPeer> {
  const silent = (why: string): AskedPeer => ({ node, asked: false, why, database: null });
  let dsn: string;
  try {
    dsn = context.dsn(node);
  } catch (error) {
    return silent((error as Error).message);
  }
  const { local, readers } = context.changes;
  const asking = context.sessions.with<AskedPeer>(dsn, async (connection) => {
    const has = await rowsOf(connection, `${local.hasEngine}, current_database()::text AS database`);
    if (!has.ok) return has;
    const listed = has.value[0]?.has === true ? await rowsOf(connection, readers.subscriptions) : NO_ROWS;
    if (!listed.ok) return listed;
    const subscriptions = listed.value.map((row) => ({
      subscription: String(row.subscription),
      provider: row.provider === null ? null : String(row.provider),
      slot: String(row.slot),
    }));
    return {
      ok: true,
      value: { node, asked: true, subscriptions, database: String(has.value[0]?.database) },
    };
  });
  try {
    const outcome = await asking;
    return outcome.ok ? outcome.value : silent(outcome.error.message);
  } catch (error) {
    // Another server answers there by now.
    return silent((error as Error).message);
  }
}

/** Slots of subscriptions of this run that read from `node`, as the engine names them. */
async function ownSlots(
  node: string,
  here: Here,
  peers: readonly AskedPeer[],
  context: StepContext,
): Promise<Set<string>> {
  const made = context.subscriptions.filter(({ provider }) => provider === node);
  if (made.length === 0 || !here.hasEngine) return new Set();
  const names = made.flatMap(({ receiver, subscription }) => {
    const database = peers.find((peer) => peer.node === receiver)?.database ?? null;
    return database === null ? [] : [context.changes.slots.name(database, here.name ?? node, subscription)];
  });
  if (names.length === 0) return new Set();
  const text = `SELECT unnest(ARRAY[${names.join(', ')}])::text AS slot`;
  const outcome = await context.sessions.with(context.dsn(node), (connection) => rowsOf(connection, text));
  if (!outcome.ok) throw sqlFailure(node, `${text};`, outcome.error);
  return new Set(outcome.value.map((row) => String(row.slot)));
}

const NO_ROWS: Outcome<Row[]> = { ok: true, value: [] };

async function rowsOf(connection: Connection, text: string): Promise<Outcome<Row[]>> {
  const outcome = await runStatement(connection, text, ANSWER_MS);
  return outcome.ok ? { ok: true, value: outcome.value.at(-1)?.rows ?? [] } : outcome;
}
