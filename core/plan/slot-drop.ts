/** A slot that nobody needs any more. A wrong one would have to be paid with a node: see the rule below. */
import { quoteLiteral } from '#core/engines/quote.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { type Draft, step, unit } from './draft.ts';
import { Grounds } from './nodes.ts';
import type { Observed } from './observed.ts';
import { sql } from './sql.ts';

/**
 * Only a slot that is inactive, of this database, and that no subscription of any node names; and only when every node
 * that the cluster's catalogs know was read for this plan, since one that was not may be the one that needs it.
 */
export function planSlotDrop(
  request: Extract<PlanRequest, { kind: 'slot-drop' }>,
  observed: Observed,
): Draft {
  const { node, slot: name } = request;
  const grounds = new Grounds(observed);
  const facts = grounds.need(node);
  const slot = facts?.slots.find((each) => each.name === name);
  if (facts !== null && slot === undefined) {
    grounds.problem(node, 'no-slot', `${node} has no slot ${name}.`, 'It was dropped already.');
  }
  if (facts !== null && slot !== undefined) {
    if (slot.active) {
      grounds.stop(node, 'In use', 'active', {
        code: 'slot-active',
        message: `${name} is in use: a receiver is connected to it.`,
        remedy: 'Drop the subscription on that receiver; its slot goes with it.',
      });
    } else grounds.ok(node, 'In use', 'no');
    if (slot.database !== facts.database) {
      grounds.stop(node, 'Database', slot.database ?? 'none: a physical slot', {
        code: 'other-database',
        message: `${name} is of ${slot.database === null ? 'a physical standby' : `database ${slot.database}`}, which this console does not watch here.`,
        remedy: 'Ask whoever runs that; this console cannot tell who needs the slot.',
      });
    } else grounds.ok(node, 'Database', facts.database);
    checkNobodyNeeds(grounds, observed, name);
  }
  return {
    title: `Drop slot ${name} on ${node}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps:
      slot === undefined
        ? []
        : [
            step({
              id: 'drop',
              title: `Drop slot ${name}`,
              node,
              risk: 'data',
              riskText:
                'A receiver that would still need it can never go on: its subscription must be made anew.',
              undo: 'Nothing: the WAL that it held is gone with it.',
              action: {
                type: 'sql',
                node,
                timeoutSeconds: 30,
                units: [
                  unit(sql`SELECT pg_drop_replication_slot(${quoteLiteral(name)})`, {
                    already: sql`SELECT NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = ${quoteLiteral(name)})`,
                  }),
                ],
              },
            }),
          ],
  };
}

function checkNobodyNeeds(grounds: Grounds, observed: Observed, slot: string): void {
  const nodes = observed.nodes ?? [];
  const names = new Set(
    nodes.map((node) => (node.read.ok ? (node.read.facts.nodeName ?? node.name) : node.name)),
  );
  const unread = nodes.filter((node) => !node.read.ok).map((node) => node.name);
  const known = new Set(nodes.flatMap((node) => (node.read.ok ? node.read.facts.knows : [])));
  const foreign = [...known].filter((name) => !names.has(name)).sort();
  if (unread.length > 0 || foreign.length > 0) {
    const missing = [...unread, ...foreign];
    grounds.stop(null, 'Needed by', `unknown: ${missing.join(', ')} not read`, {
      code: 'nodes-unread',
      message: `${missing.join(', ')} could not be asked whether a subscription there needs ${slot}. A stopped node's slot is no orphan.`,
      remedy:
        'Bring every node back, or remove from the cluster those that are gone for good, then plan again.',
    });
    return;
  }
  for (const node of nodes) {
    const needing = node.read.ok
      ? node.read.facts.subscriptions.find((each) => each.slot === slot)
      : undefined;
    if (needing === undefined) continue;
    grounds.stop(node.name, 'Needed by', needing.name, {
      code: 'slot-needed',
      message: `${needing.name} on ${node.name} needs ${slot}.`,
      remedy: `Drop ${needing.name} on ${node.name} instead; the slot goes with it.`,
    });
    return;
  }
  grounds.ok(null, 'Needed by', `no subscription, read on ${nodes.length} of ${nodes.length} nodes`);
}
