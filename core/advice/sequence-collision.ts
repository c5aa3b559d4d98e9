/** Nodes that draw the same numbers for the same key. */
import { countOf, formatNames } from '#core/model/format.ts';
import type { AdviceInput, FindingDraft, Rule } from './rule.ts';

export const sequenceCollision: Rule = (input) => {
  const plain = plainSequences(input);
  const met = collisions(input, plain);
  return [...equalSnowflakeNodes(input), ...met.map(({ draft }) => draft), ...mayCollide(input, plain, met)];
};

function equalSnowflakeNodes(input: AdviceInput): FindingDraft[] {
  const byNumber = new Map<number, string[]>();
  for (const { name, snowflakeNode } of input.facts.nodes) {
    if (snowflakeNode !== null) byNumber.set(snowflakeNode, [...(byNumber.get(snowflakeNode) ?? []), name]);
  }
  return [...byNumber].flatMap(([number, nodes]): FindingDraft[] =>
    nodes.length < 2
      ? []
      : [
          {
            severity: 'warning',
            subject: {},
            part: `snowflake.node=${number}`,
            title: `${formatNames(nodes)} have the same snowflake.node`,
            detail:
              'Snowflake numbers are distinct only between nodes of distinct numbers: these draw the same ones.',
            evidence: nodes.map((node) => ({ name: node, value: `snowflake.node = ${number}` })),
            remedy: {
              text: 'Give each node its own number, and restart it.',
              sql: [`ALTER SYSTEM SET snowflake.node = …`],
            },
          },
        ],
  );
}

const isInsertConflict = (type: string | null) => type === 'insert_exists' || type === 'insert_insert';

type PlainSequences = Map<string, { nodes: string[]; columns: string[]; inSet: boolean }>;

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
      const name = `${table.schema}.${table.table}`;
      const entry = found.get(name) ?? { nodes: [], columns: table.sequenceColumns, inSet: false };
      entry.nodes.push(node.name);
      entry.inSet ||= table.memberships.length > 0;
      found.set(name, entry);
    }
  }
  return found;
}

/** Met already: conflicts of two inserts in a table whose key draws from plain sequences. */
function collisions(input: AdviceInput, plain: PlainSequences): { relation: string; draft: FindingDraft }[] {
  const met = new Map<string, { count: number; nodes: Set<string>; at: number | null }>();
  for (const node of input.nodes.values()) {
    for (const { type, relation, at } of node.slow?.value.resolutions ?? []) {
      if (!isInsertConflict(type) || relation === null || !plain.has(relation)) continue;
      const known = met.get(relation) ?? { count: 0, nodes: new Set(), at };
      known.count += 1;
      known.nodes.add(node.name);
      met.set(relation, known);
    }
  }
  return [...met].map(([relation, { count, nodes, at }]) => {
    const columns = plain.get(relation)?.columns ?? [];
    const name = relation.replace(/^public\./, '');
    const dot = relation.indexOf('.');
    const draft: FindingDraft = {
      severity: 'warning',
      subject: { schema: relation.slice(0, dot), table: relation.slice(dot + 1) },
      title: `Rows of ${name} met with the same ${formatNames(columns)}`,
      detail: `${formatNames(plain.get(relation)?.nodes ?? [])} draw ${formatNames(columns)} from plain sequences, so that they draw the same numbers. Of two rows that meet, one is lost on every node.`,
      evidence: [
        {
          name: 'insert conflicts',
          value: `${countOf(count, 'row')} of spock.resolutions on ${formatNames([...nodes])}`,
        },
        { name: 'columns', value: columns.join(', ') },
      ],
      ...(at !== null && { sinceAt: at }),
      remedy: {
        text: 'Convert the sequence to snowflake on all nodes, each with its own snowflake.node.',
        sql: [`SELECT snowflake.convert_sequence_to_snowflake('…'::regclass)`],
      },
    };
    return { relation, draft };
  });
}

/** Not met yet: said once for all tables. */
function mayCollide(input: AdviceInput, plain: PlainSequences, met: { relation: string }[]): FindingDraft[] {
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
      title: `${countOf(tables.length, 'replicated table draws', 'replicated tables draw')} ${tables.length === 1 ? 'its key' : 'their keys'} from plain sequences`,
      detail:
        'Two nodes that insert will draw the same numbers, unless only one node inserts or their sequences start far apart.',
      evidence: tables
        .slice(0, 10)
        .map(([name, { columns }]) => ({ name: name.replace(/^public\./, ''), value: columns.join(', ') })),
      remedy: {
        text: 'Convert the sequences to snowflake, or give each node its own start and step.',
      },
    },
  ];
}
