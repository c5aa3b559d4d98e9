/**
 * A set dropped. While a subscription lists it, its link would go down for good: what is sent is decoded with the catalogs of its
 * time, so that a set of the same name made afterwards does not bring it back.
 */
import type { SetMember } from '#core/engines/changes.ts';
import { countOf, formatNames } from '#core/model/format.ts';
import type { Observed, ObservedFacts } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { type ExecutablePlan, type ExecutableStep, step } from '#core/plan/executable.ts';
import { Grounds } from '#core/plan/nodes.ts';
import { outOfSet } from './members.ts';
import { sendsOf, sendsText } from './set-create.ts';
import { nodesText } from './set-tables-text.ts';

type Request = Extract<PlanRequest, { kind: 'set-drop' }>;

export function planSetDrop(request: Request, observed: Observed): ExecutablePlan {
  const { set } = request;
  const grounds = new Grounds(observed);
  const nodes = [...new Set(request.nodes)];
  checkReaders(grounds, set, nodes, observed);
  const steps: ExecutableStep[] = [];
  for (const node of nodes) {
    const facts = grounds.may(node);
    if (facts === null) continue;
    if (!grounds.read(node, facts, 'sets') || !grounds.read(node, facts, 'tables')) continue;
    if (!grounds.read(node, facts, 'sequences')) continue;
    const made = stepOf(grounds, set, node, facts);
    if (made !== null) steps.push(made);
  }
  if (grounds.changes.subscriptions.sets.includes(set)) {
    grounds.know(
      null,
      'Default set',
      `a subscription that is made without its sets being named lists ${set}, and goes down without it`,
    );
  }
  return {
    title: `Drop set ${set} on ${nodesText(nodes)}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps,
  };
}

/** Of every node: one that cannot be asked may have a subscription that lists the set. */
function checkReaders(grounds: Grounds, set: string, nodes: readonly string[], observed: Observed): void {
  const all = observed.nodes ?? [];
  const named = new Map<string, string>();
  for (const { name } of all) named.set(grounds.may(name)?.nodeName ?? name, name);
  for (const node of nodes) if (!grounds.knows(node)) grounds.need(node);
  for (const { name } of all) {
    const facts = grounds.need(name);
    if (facts === null || !grounds.read(name, facts, 'subscriptions')) continue;
    const unknown = facts.knows.filter((each) => !named.has(each));
    if (unknown.length > 0 && nodes.includes(name)) {
      grounds.stop(name, 'Readers', `not watched: ${formatNames(unknown)}`, {
        code: 'unwatched',
        message: `${name} knows ${formatNames(unknown)}, which the console does not watch: a subscription there may list ${set}.`,
        remedy: 'Watch every node of the cluster first.',
      });
    }
    const readers = facts.subscriptions.filter(
      (each) => each.sets.includes(set) && nodes.includes(named.get(each.provider ?? '') ?? ''),
    );
    if (readers.length === 0) continue;
    const names = formatNames(readers.map((each) => each.name));
    grounds.stop(name, 'Readers', `${names} list${readers.length === 1 ? 's' : ''} it`, {
      code: 'in-use',
      message: `${names} on ${name} list${readers.length === 1 ? 's' : ''} ${set}: without it ${readers.length === 1 ? 'it goes' : 'they go'} down for good.`,
      remedy: `Remove ${set} from ${readers.length === 1 ? 'this subscription' : 'these subscriptions'} first, and wait until they replicate again.`,
    });
  }
}

function stepOf(grounds: Grounds, set: string, node: string, facts: ObservedFacts): ExecutableStep | null {
  const target = facts.sets.find((each) => each.name === set);
  if (target === undefined) {
    grounds.ok(node, 'Set', 'not there');
    return null;
  }
  const sequences = (facts.sequences ?? []).filter((each) => each.sets.includes(set));
  const members: SetMember[] = (facts.tables ?? []).flatMap((table) =>
    // Partitions that are in the set are read as tables of their own.
    outOfSet({ ...table, partitions: [] }, set).out.map((each) => ({ ...each, alone: table.kind === 'p' })),
  );
  const id = `drop:${node}`;
  const held = [
    ...(members.length === 0 ? [] : [countOf(members.length, 'table')]),
    ...(sequences.length === 0 ? [] : [countOf(sequences.length, 'sequence')]),
  ];
  grounds.todo(node, 'Set', held.length === 0 ? 'empty' : `holds ${held.join(' and ')}`, id);
  return step({
    id,
    title: `Drop set ${set}`,
    node,
    ...(held.length > 0 && {
      risk: 'data' as const,
      riskText: `${held.join(' and ')} on ${node} ${members.length + sequences.length === 1 ? 'is' : 'are'} in ${set} no more, and sent only as far as in other sets.`,
    }),
    undo: `Creates it again, sending ${sendsText(sendsOf(target))}, with what was in it.`,
    action: {
      type: 'sql',
      node,
      timeoutSeconds: 60,
      units: [grounds.changes.sets.drop(set, sendsOf(target), members, sequences)],
    },
  });
}
