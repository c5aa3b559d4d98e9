/** What a plan has to do that the role of the console's DSN may not: then another DSN is asked for, for that run only. */
import type { Changes } from '#core/engines/changes.ts';
import type { Observed, ObservedRole } from '#core/model/observed.ts';
import type { NodeRights } from '#core/model/plan.ts';
import type { ExecutablePlan, ExecutableStep } from './executable.ts';
import { changesOfStep, shownSql } from './shown.ts';

/** Nodes on which steps write, and of which the role is known to lack something, in the order of the steps. */
export function rightsOf(plan: ExecutablePlan, observed: Observed): NodeRights[] {
  const found = new Map<string, Set<string>>();
  for (const step of plan.steps.filter(({ done }) => !done)) {
    const changes = changesOfStep(plan, step);
    for (const [node, texts] of statementsOf(step, changes)) {
      const read = observed.nodes?.find(({ name }) => name === node)?.read;
      const role = read?.ok === true ? read.facts.role : undefined;
      if (role === undefined || role.superuser) continue;
      const lacks = found.get(node) ?? new Set();
      for (const lack of lackedBy(role, texts, changes)) lacks.add(lack);
      if (lacks.size > 0) found.set(node, lacks);
    }
  }
  return [...found].map(([node, lacks]) => {
    const read = observed.nodes?.find(({ name }) => name === node)?.read;
    const role = read?.ok === true ? (read.facts.role?.name ?? '') : '';
    return { node, role, lacks: [...lacks].sort() };
  });
}

function lackedBy(role: ObservedRole, texts: readonly string[], { rights }: Changes): string[] {
  const lacks = new Set(rights.lacked(texts, role.refused));
  for (const text of texts) {
    // slotfuncs.c, CheckSlotPermissions
    if (!role.replication && /\bpg_(drop|create_\w+)_replication_slot\s*\(/.test(text))
      lacks.add('REPLICATION');
    if (/^\s*ALTER (SYSTEM|ROLE)\b/i.test(text)) lacks.add('SUPERUSER');
  }
  return [...lacks];
}

/** By node: what a step runs there, as far as its action names it. */
function statementsOf({ node, action }: ExecutableStep, changes: Changes): Map<string, string[]> {
  const texts = shownSql(action, () => '', changes);
  if (action.type === 'note-applied' || action.type === 'wait') return new Map();
  if (action.type === 'unsubscribe' && action.providerGone === true) {
    texts.push(...changes.rights.detaching);
  }
  const by = new Map(node === null ? [] : [[node, texts]]);
  if (action.type === 'unsubscribe' && action.providerGone !== true) return by;
  if (action.type === 'join-copy' && action.peers.length > 0) {
    by.set(action.provider, [changes.joining.pause, changes.joining.resume]);
  }
  if (action.type === 'subscribe') by.set(action.provider, ['SELECT pg_create_logical_replication_slot()']);
  return by;
}
