/** Who would get the changes of tables that are put into a set: a receiver without the table discards each of them. */
import { formatNames } from '#core/model/format.ts';
import type { Observed, ObservedFacts, ObservedSetTable } from '#core/model/observed.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import { columnTrouble } from '#core/plan/table-shape.ts';
import { keyOf } from './members.ts';
import { namesOf, oneOf } from './tables-words.ts';

/** What a node would send besides, from now on. */
export interface Sending {
  node: string;
  facts: ObservedFacts;
  /** `columns`: those that are sent; null: all. */
  tables: { table: ObservedSetTable; columns: readonly string[] | null }[];
}

/**
 * Tables and their columns by small numbers: 64 nodes with a thousand tables each are four million comparisons. Two tables with the
 * same shape take each other's rows.
 */
class Shapes {
  readonly #keys = new Map<string, number>();
  readonly #shapes = new Map<string, number>();
  readonly #columns = new Map<ObservedSetTable['columns'], number>();
  readonly #wholes = new Map<string, number>();

  key(table: ObservedSetTable): number {
    return numberOf(this.#keys, keyOf(table));
  }

  shape({ columns }: ObservedSetTable): number {
    const known = this.#columns.get(columns);
    if (known !== undefined) return known;
    const shape = numberOf(this.#shapes, JSON.stringify(columns));
    this.#columns.set(columns, shape);
    return shape;
  }

  of({ tables = [] }: ObservedFacts): Tables {
    const found: Tables = { whole: -1, shapes: [], tables: [] };
    const all: number[] = [];
    for (const table of tables) {
      const [key, shape] = [this.key(table), this.shape(table)];
      found.shapes[key] = shape;
      found.tables[key] = table;
      all.push(key, shape);
    }
    found.whole = numberOf(this.#wholes, all.join());
    return found;
  }
}

interface Tables {
  /** All of them, and their shapes: nodes with the same number have the same tables. */
  whole: number;
  /** By the number of a table. */
  shapes: (number | undefined)[];
  tables: (ObservedSetTable | undefined)[];
}

function numberOf(numbers: Map<string, number>, text: string): number {
  const found = numbers.get(text) ?? numbers.size;
  numbers.set(text, found);
  return found;
}

export function checkReceivers(
  grounds: Grounds,
  set: string,
  sending: readonly Sending[],
  observed: Observed,
): void {
  const all = observed.nodes ?? [];
  const watched = new Set(all.map(({ name, read }) => (read.ok ? (read.facts.nodeName ?? name) : name)));
  const shapes = new Shapes();
  const known = new Map<string, Tables>();
  const tablesOf = (name: string, facts: ObservedFacts): Tables => {
    const found = known.get(name) ?? shapes.of(facts);
    known.set(name, found);
    return found;
  };
  const lacking = new Lacking(grounds, set);
  for (const { node, facts, tables } of sending) {
    const unasked: string[] = facts.knows.filter((each) => !watched.has(each));
    // Only where a receiver has other tables than the node that sends them.
    let numbered: (Sending['tables'][number] & { key: number; shape: number })[] | null = null;
    const sent = () => {
      numbered ??= tables.map((each) => ({
        ...each,
        key: shapes.key(each.table),
        shape: shapes.shape(each.table),
      }));
      return numbered;
    };
    const { whole } = tablesOf(node, facts);
    const sendsAll = tables.every((each) => each.columns === null);
    let taken = 0;
    for (const { name, read } of all) {
      if (name === node) continue;
      const receiver = grounds.may(name);
      if (receiver === null || receiver.unread?.subscriptions !== undefined) {
        // What cannot be changed and what was not read are not the same: a standby reads nothing.
        if (!read.ok || read.facts.recovery !== true) unasked.push(name);
        continue;
      }
      if (!takes(receiver, facts.nodeName ?? node, set)) continue;
      taken++;
      if (!grounds.read(name, receiver, 'tables')) continue;
      const own = tablesOf(name, receiver);
      if (sendsAll && own.whole === whole) continue;
      for (const each of sent()) {
        const shape = own.shapes[each.key];
        if (shape === each.shape && each.columns === null) continue;
        const there = own.tables[each.key];
        if (there === undefined) lacking.table(name, node, each.table);
        else {
          const trouble = columnTrouble(
            { name: node, table: each.table },
            { name, table: there },
            each.columns,
          );
          if (trouble.length > 0) lacking.columns(name, node, each.table, trouble);
        }
      }
    }
    if (unasked.length > 0) {
      grounds.know(
        node,
        'Receivers',
        `not asked: ${formatNames(unasked)}; one that subscribes to ${set} and lacks ${oneOf(tables, 'the table')} discards every change of it`,
      );
    } else if (taken === 0) {
      grounds.know(
        node,
        'Receivers',
        `no subscription uses ${set} of ${node}: nothing is sent until one does`,
      );
    }
  }
  lacking.say();
}

const takes = (receiver: ObservedFacts, provider: string, set: string): boolean =>
  receiver.subscriptions.some((each) => each.provider === provider && each.sets.includes(set));

/** What receivers lack, by receiver: each table once, whoever would send it. */
class Lacking {
  readonly #grounds: Grounds;
  readonly #set: string;
  readonly #absent = new Map<string, { from: string; tables: Map<string, ObservedSetTable> }>();
  readonly #columns = new Map<string, { from: string; trouble: Map<string, string[]> }>();

  constructor(grounds: Grounds, set: string) {
    this.#grounds = grounds;
    this.#set = set;
  }

  table(node: string, from: string, table: ObservedSetTable): void {
    const of = this.#absent.get(node) ?? { from, tables: new Map() };
    of.tables.set(keyOf(table), table);
    this.#absent.set(node, of);
  }

  columns(node: string, from: string, table: ObservedSetTable, trouble: string[]): void {
    const of = this.#columns.get(node) ?? { from, trouble: new Map() };
    const name = `${table.schema}.${table.table}`;
    if (!of.trouble.has(name)) of.trouble.set(name, trouble);
    this.#columns.set(node, of);
  }

  say(): void {
    for (const [node, { from, tables }] of this.#absent) {
      // A node that is itself to send the table has said so already.
      if (this.#grounds.problems.some((each) => each.node === node && each.code === 'no-table')) continue;
      const list = [...tables.values()];
      const one = list.length === 1;
      this.#grounds.stop(node, 'Table', 'not there', {
        code: 'no-table',
        message: `${node} subscribes to ${this.#set} of ${from} and has no table ${namesOf(list)}: every change of ${one ? 'it' : 'them'} would be discarded there.`,
        remedy: `Create ${one ? 'the table' : 'the tables'} on ${node} first.`,
      });
    }
    for (const [node, { from, trouble }] of this.#columns) {
      const [[name, first] = ['', []]] = trouble;
      const said =
        trouble.size === 1
          ? first.join('; ')
          : `${name}: ${first.join('; ')}; and ${trouble.size - 1} more table${trouble.size === 2 ? '' : 's'}`;
      this.#grounds.stop(node, 'Columns', said, {
        code: 'shape-differs',
        message: `What ${from} would send cannot be applied on ${node}: ${said}.`,
        remedy: 'Make the tables the same on both nodes first.',
      });
    }
  }
}
