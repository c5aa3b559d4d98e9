/** Copying a table anew: what of the table on either side would make it end with rows lost, asked before it is emptied. */
import { quoteQualified } from '#core/engines/quote.ts';
import { formatCount, formatNames } from '#core/model/format.ts';
import type {
  ObservedFacts,
  ObservedRule,
  ObservedSubscription,
  ObservedTable,
} from '#core/model/observed.ts';
import type { Grounds } from './nodes.ts';
import type { Resync } from './resync-tables.ts';
import { rowsText } from './rows-text.ts';
import { type Sent, sentOf } from './sent.ts';
import {
  columnTrouble,
  foreignKeysOfReceiverOnly,
  generatedColumns,
  placesOfProviderOnly,
  rulesOfReceiverOnly,
} from './table-shape.ts';

/** The table there; null, with the problem, where there is none or it could not be read. */
export function tableThere(
  grounds: Grounds,
  node: string,
  facts: ObservedFacts,
  { schema, table }: Resync,
): ObservedTable | null {
  if (!grounds.read(node, facts, 'table')) return null;
  const found =
    facts.copied === undefined
      ? facts.table
      : (facts.copied.find((each) => each.schema === schema && each.table === table)?.found ?? null);
  if (found !== null) return found;
  grounds.stop(node, 'Table', 'not there', {
    code: 'no-table',
    message: `${node} has no table ${quoteQualified(schema, table)}.`,
    remedy: 'Create it there first, the same as on the other nodes.',
  });
  return null;
}

/**
 * What TRUNCATE … CASCADE would take beyond the table, and what is never copied by itself: Spock leaves a partition to its parent
 * (spock_sync.c, copy_tables_data), and what inherits from a table is emptied with it and not copied.
 */
export function checkKind(grounds: Grounds, { receiver, schema, table }: Resync, found: ObservedTable): void {
  const name = `${schema}.${table}`;
  if (found.partitionOf != null) {
    grounds.stop(receiver, 'Partition', `of ${found.partitionOf}`, {
      code: 'partition',
      message: `${name} is a partition of ${found.partitionOf}: it would be emptied, and ${grounds.changes.words.name} does not copy a single partition.`,
      remedy: `Copy ${found.partitionOf} again instead, with all its partitions.`,
    });
  }
  if (found.kind === 'f' || (found.partitions ?? []).some((each) => each.kind === 'f')) {
    grounds.stop(receiver, 'Kind', 'foreign', {
      code: 'foreign-table',
      message: `${name} is or has a foreign table on ${receiver}: emptying it would empty a table of another server.`,
      remedy: 'Copy it on the server that holds it.',
    });
  }
  if ((found.children ?? []).length > 0) {
    const children = formatNames(found.children ?? []);
    grounds.stop(receiver, 'Inherited by', children, {
      code: 'inherited',
      message: `${children} inherit${(found.children ?? []).length === 1 ? 's' : ''} from ${name} on ${receiver}: emptied with it, but not copied with it.`,
      remedy: `Detach them (ALTER TABLE … NO INHERIT ${name}) on ${receiver}, copy, then let them inherit again.`,
    });
  }
  if (found.referencedBy.length > 0) {
    const others = found.referencedBy.join(', ');
    grounds.stop(receiver, 'Referenced by', others, {
      code: 'referenced',
      message: `${name} is referenced by ${others} on ${receiver}, and ${grounds.changes.words.name} empties it with TRUNCATE … CASCADE: these would be emptied too, but not copied.`,
      remedy: `Drop those foreign keys on ${receiver} first, copy the table, then create them again.`,
    });
  }
  if ((found.triggers ?? []).length > 0) {
    const triggers = formatNames(found.triggers ?? []);
    grounds.stop(receiver, 'Triggers', triggers, {
      code: 'triggers',
      message: `${triggers} on ${receiver} fire${(found.triggers ?? []).length === 1 ? 's' : ''} for copied rows too, and can change or drop each of them.`,
      remedy: `Disable them for the copy (ALTER TABLE ${name} DISABLE TRIGGER …), then enable them as they were.`,
    });
  }
  const busy = (found.syncs ?? []).filter(({ state }) => state !== 'done' && state !== 'failed');
  for (const { subscription, status } of busy) {
    grounds.stop(receiver, 'Copy', `under way by ${subscription} (status ${status})`, {
      code: 'copying',
      message: `${name} is already being copied by ${subscription} (sync status ${status}).`,
      remedy:
        'Wait until that copy has ended. If it keeps failing, the server log shows why: fix that, and it ends by itself.',
    });
  }
}

/** Columns, constraints and places for rows: a row that is refused ends the copy when the table is empty already. */
export function checkShape(
  grounds: Grounds,
  request: Resync,
  found: ObservedSubscription & { provider: string },
  tables: { provider: ObservedTable; receiver: ObservedTable },
  sent: Sent,
): void {
  const { receiver } = request;
  const { provider } = found;
  if ((tables.provider.kind ?? 'r') !== (tables.receiver.kind ?? 'r')) {
    const word = (kind: string | undefined) => (kind === 'p' ? 'partitioned' : 'an ordinary table');
    stopShape(grounds, receiver, [
      `it is ${word(tables.provider.kind)} on ${provider} and ${word(tables.receiver.kind)} on ${receiver}`,
    ]);
    return;
  }
  const columns = columnTrouble(
    { name: provider, table: tables.provider },
    { name: receiver, table: tables.receiver },
    sent.columns,
  );
  if (columns.length > 0) stopShape(grounds, receiver, columns);
  const rules = rulesOfReceiverOnly(tables.provider, tables.receiver);
  const places = placesOfProviderOnly(tables.provider, tables.receiver);
  if (rules.length > 0) {
    grounds.stop(receiver, 'Constraints', formatNames(rules.map(ruleText)), {
      code: 'constraints-differ',
      message: `${formatNames(rules.map(ruleText))} only on ${receiver}: a row of ${provider} that it refuses would end the copy after the table was emptied.`,
      remedy: `Drop ${rules.length === 1 ? 'it' : 'them'} on ${receiver}, or create the same on ${provider}; then plan again.`,
    });
  }
  if (places.length > 0) {
    grounds.stop(receiver, 'Constraints', formatNames(places.map(ruleText)), {
      code: 'constraints-differ',
      message: `${formatNames(places.map(ruleText))} only on ${provider}: a row of ${provider} that needs it would end the copy after the table was emptied.`,
      remedy: `Create the same on ${receiver}, then plan again.`,
    });
  }
  if (columns.length + rules.length + places.length === 0) {
    grounds.ok(receiver, 'Columns and constraints', `accept all that ${provider} may send`);
  }
  const keys = foreignKeysOfReceiverOnly(tables.provider, tables.receiver);
  if (keys.length > 0) {
    grounds.know(
      receiver,
      'Foreign keys',
      `${formatNames(keys.map(ruleText))} only on ${receiver}: copied rows are not checked against ${keys.length === 1 ? 'it' : 'them'}`,
    );
  }
}

const ruleText = ({ kind, name, table }: ObservedRule): string =>
  kind === 'bounds' ? `partition ${table}` : `${kind} ${name}`;

function stopShape(grounds: Grounds, receiver: string, trouble: readonly string[]): void {
  grounds.stop(receiver, 'Columns', trouble.join('; '), {
    code: 'shape-differs',
    message: `The table differs between the two nodes: ${trouble.join('; ')}. The copy would fail after the table was emptied.`,
    remedy: 'Make the tables the same on both nodes, then plan again.',
  });
}

/** An engine's older versions may not be able to copy generated columns. */
export function checkGenerated(
  grounds: Grounds,
  request: Resync,
  facts: ObservedFacts,
  table: ObservedTable,
  columns: readonly string[] | null,
): void {
  const { versions, words } = grounds.changes;
  const generated = generatedColumns(table).filter(({ name }) => columns?.includes(name) ?? true);
  if (generated.length === 0 || facts.standin || !versions.lacksGenerated(facts.engineVersion)) return;
  const names = generated.map(({ name }) => name).join(', ');
  grounds.stop(request.receiver, 'Generated columns', names, {
    code: 'generated-columns',
    message: `${request.schema}.${request.table} has the generated column${generated.length === 1 ? '' : 's'} ${names}, and ${words.name} ${facts.engineVersion} cannot copy such a table: it would stay empty, and the copy would be retried endlessly.`,
    remedy: `Upgrade ${words.name} to ${versions.copiesGenerated} or later, then plan again.`,
  });
}

/** Null, with the problem: nothing would come. */
export function checkSent(
  grounds: Grounds,
  { receiver, schema, table }: Resync,
  found: ObservedSubscription & { provider: string },
  source: ObservedTable,
): Sent | null {
  const sent = sentOf(source, found.sets);
  if (sent === null) {
    grounds.stop(found.provider, 'Sent by', 'no set of this subscription', {
      code: 'not-sent',
      message: `${found.provider} sends ${schema}.${table} in none of the sets of ${found.name}, so there is nothing to copy.`,
      remedy: `Add the table to one of ${found.sets.join(', ')} on ${found.provider} first.`,
    });
    return null;
  }
  grounds.ok(found.provider, 'Sent by', sent.sets.join(', '));
  if (sent.columns !== null) {
    grounds.know(
      receiver,
      'Columns',
      `only ${sent.columns.join(', ')} are sent: all other columns get their defaults on ${receiver}`,
    );
  }
  return sent;
}

/** How many rows go, in numbers. */
export function tellRows(
  grounds: Grounds,
  { receiver }: Resync,
  provider: string,
  tables: { provider: ObservedTable; receiver: ObservedTable },
  sent: Sent,
): void {
  const [from, to] = [tables.provider.rows, tables.receiver.rows];
  grounds.know(
    receiver,
    'Rows',
    `rows that only ${receiver} has are lost: ${provider} ${rowsText(from)}, ${receiver} ${rowsText(to)}`,
  );
  if (sent.filter === null) return;
  const outside = to?.within == null ? null : to.rows - to.within;
  const comes = from?.within == null ? 'not counted' : formatCount(from.within);
  grounds.know(
    receiver,
    'Row filter',
    `only rows that match ${sent.filter} are copied: ${comes}; the other rows of ${receiver} are deleted: ${outside === null ? 'not counted' : formatCount(outside)}`,
  );
}
