/** A set with tables that are in no other, and that no subscription takes: what is written to them goes nowhere. */
import { countOf, formatNames, formatTable } from '#core/model/format.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';
import type { AdviceInput, Rule, RuleFinding } from './rule.ts';
import { ownerlessSlots } from './slot-readers.ts';

export const setNotTaken: Rule = (input) => {
  const bySet = new Map<string, { nodes: string[]; tables: Set<string> }>();
  for (const node of input.nodes.values()) {
    for (const [set, tables] of notTaken(input, node)) {
      const found = bySet.get(set) ?? { nodes: [], tables: new Set() };
      found.nodes.push(node.name);
      for (const table of tables) found.tables.add(table);
      bySet.set(set, found);
    }
  }
  return [...bySet].map(([set, { nodes, tables }]) => findingOf(input, set, nodes, [...tables].sort()));
};

/** Set → tables of it that are in no set that anybody takes. Empty where somebody may take it who is not known here. */
function notTaken(input: AdviceInput, node: NodeInput): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const readers = input.facts.subscriptions.filter(({ provider }) => provider === node.name);
  if (readers.length === 0 || !allReadersAreKnown(input, node.name)) return found;
  const taken = new Set(readers.flatMap(({ replicationSets }) => replicationSets));
  for (const { schema, table, memberships } of node.slow?.value.tables ?? []) {
    if (memberships.length === 0 || memberships.some(({ set }) => taken.has(set))) continue;
    for (const { set } of memberships) {
      found.set(set, [...(found.get(set) ?? []), formatTable(schema, table)]);
    }
  }
  return found;
}

/** Of every node of the cluster it is known what it takes, and nobody else reads from this one. */
function allReadersAreKnown(input: AdviceInput, provider: string): boolean {
  if ([...input.nodes.values()].some(({ fast }) => fast?.value.subscriptions == null)) return false;
  const watched = new Set([...input.nodes.values()].flatMap(({ fast }) => fast?.value.localNode ?? []));
  const peers = input.nodes.get(provider)?.fast?.value.peers ?? [];
  return (
    peers.every(({ name }) => watched.has(name)) &&
    !ownerlessSlots(input).some(({ node }) => node === provider)
  );
}

function findingOf(input: AdviceInput, set: string, nodes: string[], tables: string[]): RuleFinding {
  const readers = input.facts.subscriptions.filter(
    ({ provider }) => provider !== null && nodes.includes(provider),
  );
  const what = tables.length === 1 ? (tables[0] ?? '') : countOf(tables.length, 'table');
  return {
    severity: 'warning',
    // Rows that were written are on one node only.
    effect: 'stops-data',
    subject: { ...(nodes.length === 1 && { node: nodes[0] }), set },
    compares: { nodes: [...input.nodes.keys()], what: set },
    title: `${what} ${tables.length === 1 ? 'is' : 'are'} in set ${set} of ${formatNames(nodes)}, which no subscription uses`,
    detail: `Rows written to ${tables.length === 1 ? 'it' : 'them'} stay on the node where they are written.`,
    evidence: [
      { name: 'tables', value: formatNames(tables, 10) },
      ...readers.slice(0, 8).map(({ receiver, name, replicationSets }) => ({
        name: `sets of ${name} on ${receiver}`,
        value: replicationSets.join(', ') || 'no set',
      })),
    ],
    remedy: {
      text: `Add ${set} to the subscriptions that should use it, on their receivers, or move the tables to a set that is in use. Existing rows are not copied by this.`,
      ...planOf(input, set, readers),
      sql: readers
        .slice(0, 1)
        .flatMap((sub) => input.engineOf(sub.engine).advice.remedies['set-not-taken'](sub, set)),
    },
  };
}

/** All that are meant to take it, one by one, are those that take from these nodes; a plan leaves out none. */
function planOf(
  input: AdviceInput,
  set: string,
  readers: AdviceInput['facts']['subscriptions'],
): Pick<NonNullable<RuleFinding['remedy']>, 'plan'> {
  const [first, ...others] = readers.map(({ receiver, name }) => ({ receiver, subscription: name }));
  if (first === undefined) return {};
  return {
    plan: {
      kind: 'subscription-sets',
      cluster: input.facts.cluster,
      ...first,
      ...(others.length > 0 && { subscriptions: others }),
      add: [set],
      remove: [],
    },
  };
}
