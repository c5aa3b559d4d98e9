/** One set that sends other kinds of changes on some nodes, or that some receivers take and others do not. */
import { formatNames } from '#core/model/format.ts';
import { isRead } from '#core/model/read-nodes.ts';
import type { ReplicationSetSnapshot } from '#core/model/snapshot.ts';
import type { AdviceInput, Rule, RuleFinding } from './rule.ts';

const FLAGS = ['insert', 'update', 'delete', 'truncate'] as const;
type Flag = (typeof FLAGS)[number];

export const setDiffers: Rule = (input) => {
  const bySet = new Map<string, ReplicationSetSnapshot[]>();
  const read = new Set(input.facts.nodes.flatMap((node) => (isRead(node) ? [node.name] : [])));
  for (const set of input.facts.replicationSets)
    if (read.has(set.node)) bySet.set(set.name, [...(bySet.get(set.name) ?? []), set]);
  return [...bySet.values()].flatMap((sets) => flagsDiffer(input, sets));
};

function flagsDiffer(input: AdviceInput, sets: ReplicationSetSnapshot[]): RuleFinding[] {
  const [first] = sets;
  const differing = FLAGS.filter((flag) => sets.some((set) => set[flag] !== first?.[flag]));
  if (first === undefined || differing.length === 0) return [];
  return [
    {
      severity: 'warning',
      subject: { set: first.name },
      compares: { nodes: sets.map(({ node }) => node), what: differing.join(' ') },
      title: titleOf(first.name, sets, differing),
      detail: `The nodes send different kinds of changes for the same table: rows ${differing.includes('delete') ? 'deleted' : 'changed'} on one node can stay as they were on the others.`,
      evidence: sets.slice(0, 8).map((set) => ({
        name: set.node,
        value: FLAGS.map((flag) => `${flag} ${set[flag] ? 'on' : 'off'}`).join(', '),
      })),
      remedy: {
        text: `Unless the difference is intended, make the set the same on all nodes; then compare the rows of its tables.`,
        sql: input.engineOf(input.facts.engine).advice.remedies['set-differs'](first, differing),
        plan: {
          kind: 'set-alter',
          cluster: input.facts.cluster,
          nodes: sets.filter((set) => differing.some((flag) => !set[flag])).map(({ node }) => node),
          set: first.name,
          ...Object.fromEntries(differing.map((flag) => [flag, true])),
        },
      },
    },
  ];
}

function titleOf(name: string, sets: ReplicationSetSnapshot[], differing: Flag[]): string {
  const [only] = differing;
  if (differing.length > 1 || only === undefined)
    return `Set ${name} sends different kinds of changes on some nodes`;
  const without = sets.filter((set) => !set[only]).map(({ node }) => node);
  const having = sets.filter((set) => set[only]).map(({ node }) => node);
  return `Set ${name} sends ${only.toUpperCase()} on ${formatNames(having)} but not on ${formatNames(without)}`;
}
