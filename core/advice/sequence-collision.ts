/** Nodes that draw the same numbers for the same key. */
import { countOf, formatNames, formatTable } from '#core/model/format.ts';
import { pairKey } from '#core/model/keys.ts';
import type { AdviceInput, Rule, RuleFinding } from './rule.ts';

export const sequenceCollision: Rule = (input) => {
  const plain = plainSequences(input);
  const met = collisions(input, plain);
  return [
    ...equalSnowflakeNodes(input),
    ...met.map(({ finding }) => finding),
    ...mayCollide(input, plain, met),
  ];
};

function equalSnowflakeNodes(input: AdviceInput): RuleFinding[] {
  const byNumber = new Map<number, string[]>();
  for (const { name, snowflakeNode } of input.facts.nodes) {
    if (snowflakeNode !== null) byNumber.set(snowflakeNode, [...(byNumber.get(snowflakeNode) ?? []), name]);
  }
  return [...byNumber].flatMap(([number, nodes]): RuleFinding[] =>
    nodes.length < 2
      ? []
      : [
          {
            severity: 'warning',
            subject: {},
            part: `snowflake.node=${number}`,
            compares: { nodes, what: nodes.join(' ') },
            title: `${formatNames(nodes)} have the same snowflake.node`,
            detail:
              'Snowflake sequences are unique only if each node has its own snowflake.node: these nodes can generate the same numbers.',
            evidence: nodes.map((node) => ({ name: node, value: `snowflake.node = ${number}` })),
            remedy: {
              text: 'Give each node its own number and restart it.',
              sql: [`ALTER SYSTEM SET snowflake.node = …`],
            },
          },
        ],
  );
}

/** By schema and table, see `pairKey`. */
type PlainSequences = Map<
  string,
  { schema: string; table: string; nodes: string[]; columns: string[]; inSet: boolean }
>;

/** Looked for once for each reading of the tables, not every second. */
const foundIn = new WeakMap<AdviceInput['tables'], PlainSequences>();

/** Keys that draw from a sequence in steps of one, by table and by the nodes that have it so. */
function plainSequences(input: AdviceInput): PlainSequences {
  const known = foundIn.get(input.tables);
  if (known) return known;
  const found: PlainSequences = new Map();
  foundIn.set(input.tables, found);
  for (const node of input.nodes.values()) {
    for (const table of node.slow?.value.tables ?? []) {
      if (table.sequenceColumns.length === 0) continue;
      const name = pairKey(table.schema, table.table);
      const entry = found.get(name) ?? {
        schema: table.schema,
        table: table.table,
        nodes: [],
        columns: table.sequenceColumns,
        inSet: false,
      };
      entry.nodes.push(node.name);
      entry.inSet ||= table.memberships.length > 0;
      found.set(name, entry);
    }
  }
  return found;
}

/** Met already: conflicts of two inserts in a table whose key draws from plain sequences. */
function collisions(input: AdviceInput, plain: PlainSequences): { relation: string; finding: RuleFinding }[] {
  const met = new Map<string, { count: number; nodes: Set<string>; at: number | null }>();
  for (const node of input.nodes.values()) {
    for (const { bothInserted, schema, table, at } of node.slow?.value.conflicts ?? []) {
      const relation = pairKey(schema ?? 'public', table ?? '');
      if (!bothInserted || !plain.has(relation)) continue;
      const known = met.get(relation) ?? { count: 0, nodes: new Set(), at };
      known.count += 1;
      known.nodes.add(node.name);
      met.set(relation, known);
    }
  }
  const { words } = input.engineOf(input.facts.engine);
  return [...met].map(([relation, { count, nodes, at }]) => {
    const { schema = 'public', table = '', columns = [] } = plain.get(relation) ?? {};
    const name = formatTable(schema, table);
    const finding: RuleFinding = {
      severity: 'warning',
      subject: { schema, table },
      title: `Two nodes inserted rows into ${name} with the same ${formatNames(columns)}`,
      detail: `${formatNames(plain.get(relation)?.nodes ?? [])} take ${formatNames(columns)} from plain sequences, so they generate the same numbers. Of two such rows, one is lost on every node.`,
      evidence: [
        {
          name: 'insert conflicts',
          value: `${countOf(count, 'row')} of ${words.conflicts} on ${formatNames([...nodes])}`,
        },
        { name: 'columns', value: columns.join(', ') },
      ],
      ...(at !== null && { sinceAt: at }),
      remedy: {
        text: 'Convert the sequence to snowflake on all nodes, each with its own snowflake.node.',
        sql: [`SELECT snowflake.convert_sequence_to_snowflake('…'::regclass)`],
      },
    };
    return { relation, finding };
  });
}

/** Not met yet: said once for all tables. */
function mayCollide(input: AdviceInput, plain: PlainSequences, met: { relation: string }[]): RuleFinding[] {
  if (input.facts.subscriptions.length === 0) return [];
  const said = new Set(met.map(({ relation }) => relation));
  const tables = [...plain].filter(
    ([name, { nodes, inSet }]) => inSet && nodes.length > 1 && !said.has(name),
  );
  if (tables.length === 0) return [];
  return [
    {
      severity: 'info',
      subject: {},
      part: 'plain sequences',
      title: `${countOf(tables.length, 'replicated table takes', 'replicated tables take')} ${tables.length === 1 ? 'its key' : 'their keys'} from plain sequences`,
      detail:
        'Nodes that insert will generate the same numbers, unless only one node inserts or their sequences start far apart.',
      evidence: tables.slice(0, 10).map(([, { schema, table, columns }]) => ({
        name: formatTable(schema, table),
        value: columns.join(', '),
      })),
      remedy: {
        text: 'Convert the sequences to snowflake, or give each node its own start and step.',
      },
    },
  ];
}
