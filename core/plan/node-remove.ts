/**
 * A dead node given up by those that survive it: their subscriptions to it, its slots on them, and what else they have of it. What
 * each of them had applied of it is noted before anything is dropped. A node that answers, or that still reads, is not dead.
 */
import { lsnDistance, parseLsn } from '#core/lag/lsn.ts';
import { countOf, formatBytes, formatCount, formatNames, formatSeconds } from '#core/model/format.ts';
import type { Observed, ObservedFacts, ObservedNode, ObservedSlot } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { ALIVE_SECONDS } from '#core/plan/slot-sql.ts';
import type { ExecutablePlan } from './executable.ts';
import { planLivingNodeRemove } from './node-remove-living.ts';
import { removalSteps, type Survivor } from './node-remove-steps.ts';
import { Grounds } from './nodes.ts';

type Request = Extract<PlanRequest, { kind: 'node-remove' }>;

/** One that can be read is drained first, another kind of plan; one that is silent is given up. */
export function planNodeRemove(request: Request, observed: Observed): ExecutablePlan {
  const { node } = request;
  if (observed.nodes?.find(({ name }) => name === node)?.read.ok === true) {
    return planLivingNodeRemove(request, observed);
  }
  const grounds = new Grounds(observed);
  const title = `Give up ${node}`;
  const nothing = (): ExecutablePlan => ({
    title,
    steps: [],
    checks: grounds.checks,
    problems: grounds.problems,
  });
  if (!checkDead(grounds, observed, node)) return nothing();
  const others = (observed.nodes ?? []).filter(({ name }) => name !== node);
  const unread = tellUnread(grounds, node, others);
  const survivors = others.flatMap(({ name }) => {
    const facts = unread.includes(name) ? null : grounds.may(name);
    return facts === null ? [] : [survivorOf(grounds, observed, node, name, facts, unread)];
  });
  if (survivors.length === 0) {
    grounds.problem(
      null,
      'no-survivors',
      `No other node of the cluster can be read, so ${node} cannot be given up on any.`,
      `Bring one of ${formatNames(others.map(({ name }) => name))} back, then plan again.`,
    );
    return nothing();
  }
  checkReaders(grounds, node, survivors);
  tellApplied(grounds, observed, node, survivors);
  grounds.know(
    null,
    'Return',
    `${node} cannot come back as it was: its slots are gone, so it must be copied again. If its server starts again, let no application write to it: what is written there reaches no other node`,
  );
  if (grounds.problems.length > 0) return nothing();
  return {
    title,
    checks: grounds.checks,
    problems: [],
    steps: removalSteps(node, survivors, unread.length === 0, grounds.changes),
  };
}

/** Silence alone: of a server that answered anything at all, or that could not even be asked, nobody knows that it is dead. */
function checkDead(grounds: Grounds, observed: Observed, node: string): boolean {
  const found = observed.nodes?.find(({ name }) => name === node);
  if (found === undefined) {
    grounds.problem(
      node,
      'no-node',
      `The cluster has no node ${node}.`,
      'It has already been given up or forgotten; see the list of nodes.',
    );
    return false;
  }
  if (observed.isSandbox === true) {
    grounds.stop(node, 'Server', 'run by this console', {
      code: 'sandbox',
      message: `${node} is a server of this sandbox: the console restarts it by itself.`,
      remedy: 'Wait until it is back, or remove the sandbox and create another.',
    });
    return false;
  }
  const { read } = found;
  if (read.ok) return false;
  if (read.answered === true) {
    grounds.stop(node, 'Answers', read.error, {
      code: 'alive',
      message: `${node} is not dead: it answered: ${read.error}.`,
      remedy: `Only a node that does not answer can be given up. Fix what its server reports: ${node} is then removed while it runs, when the others have all that it wrote.`,
    });
    return false;
  }
  if (read.silent !== true) {
    grounds.stop(node, 'Answers', read.error, {
      code: 'not-silent',
      message: `It is not known that ${node} is dead: ${read.error}`,
      remedy: `Only a node that does not respond at all can be given up. Fix how the console reaches ${node} (Settings: its address, TLS, password), then plan again.`,
    });
    return false;
  }
  grounds.ok(node, 'Answers', `no: ${read.error}`);
  return true;
}

/** Nodes of which nothing is known now: their half stays, and the node with it in the console. */
function tellUnread(grounds: Grounds, node: string, others: readonly ObservedNode[]): string[] {
  return others.flatMap(({ name, read }) => {
    const why = !read.ok
      ? read.error
      : read.facts.recovery === true
        ? 'a standby (in recovery)'
        : (read.facts.unread?.subscriptions ?? read.facts.unread?.slots ?? null);
    if (why === null) return [];
    grounds.know(
      name,
      'Read',
      `could not be read (${why}): what ${name} has of ${node} stays there. Plan this again when it is back, or give it up too; until then ${node} stays in the console`,
    );
    return [name];
  });
}

function survivorOf(
  grounds: Grounds,
  observed: Observed,
  node: string,
  name: string,
  facts: ObservedFacts,
  unread: readonly string[],
): Survivor {
  const applied = facts.applied ?? [];
  grounds.read(name, facts, 'applied');
  const subscriptions = facts.subscriptions
    .filter(({ provider }) => provider === node)
    .map((each) => ({ ...each, at: applied.find(({ subscription }) => subscription === each.name) ?? null }));
  return {
    name,
    subscriptions,
    slots: slotsOf(grounds, observed, node, name, facts, unread),
    nodeId: facts.nodeIds?.[node] ?? null,
    knowsIt: facts.knows.includes(node),
    keepsProgress: facts.keepsProgress === true,
  };
}

/**
 * The slots that the node read from, by its subscriptions as they were last read; by their usual names where those are not known
 * any more, as after a restart of the console, and only if no node that could have such a subscription is unread.
 */
function slotsOf(
  grounds: Grounds,
  observed: Observed,
  node: string,
  name: string,
  facts: ObservedFacts,
  unread: readonly string[],
): ObservedSlot[] {
  const own = facts.nodeName ?? name;
  const remembered = (observed.remembered ?? []).filter(
    ({ receiver, provider }) => receiver === node && provider === own,
  );
  const { slots } = grounds.changes;
  const claimed = (slot: string): boolean =>
    (observed.nodes ?? []).some(
      (each) =>
        each.read.ok &&
        each.read.facts.subscriptions.some((sub) => sub.provider === own && slots.isOf(slot, sub.slot)),
    );
  const free = facts.slots.filter(
    (slot) =>
      slots.mayBeOurs(slot.name) &&
      slot.database === facts.database &&
      slot.physical !== true &&
      !claimed(slot.name),
  );
  const byMemory = ({ name: slot }: ObservedSlot) => remembered.some((sub) => slots.isOf(slot, sub.slot));
  const byName = ({ name: slot }: ObservedSlot) =>
    unread.length === 0 &&
    (facts.slotEndings ?? []).some(
      (ending) => (slots.copies(slot) ?? slot).endsWith(ending) || slot.endsWith(ending),
    );
  const theirs = free.filter((slot) => byMemory(slot) || byName(slot));
  for (const slot of free) {
    if (theirs.includes(slot) || slot.active) continue;
    grounds.know(
      name,
      'Slot',
      `no known subscription reads ${slot.name}, so it is kept: it may belong to another reader. If it belongs to ${node}, drop it when ${node} is gone`,
    );
  }
  return theirs;
}

/** Whoever answers the walsenders of its peers lives, and only the console's way to it is cut. */
function checkReaders(grounds: Grounds, node: string, survivors: readonly Survivor[]): void {
  for (const { name, slots } of survivors) {
    for (const slot of slots.filter(({ active }) => active)) {
      const ago = slot.answeredSecondsAgo ?? null;
      if (ago !== null && ago > ALIVE_SECONDS) {
        grounds.know(
          name,
          'Reader',
          `the connection of ${node} to ${slot.name} is still open but has not answered for ${formatSeconds(Math.round(ago))}: it is terminated`,
        );
        continue;
      }
      grounds.stop(name, 'Reader', `${slot.name} is being read`, {
        code: 'still-reads',
        message: `${node} still reads from ${name} by slot ${slot.name}${ago === null ? '' : `, and answered ${formatSeconds(Math.round(ago))} ago`}: it is alive, or died a moment ago.`,
        remedy: `Check whether only the network between this console and ${node} is down. If it is dead, its connection ends within wal_sender_timeout; then plan again.`,
      });
    }
  }
  const held = survivors.flatMap(({ name, slots }) => slots.map((slot) => ({ name, slot })));
  for (const { name, slot } of held) {
    const bytes = slot.walHeldBytes;
    grounds.todo(
      name,
      'Slot',
      `${slot.name}${bytes === null ? '' : `, holds ${formatBytes(bytes)} of WAL`}`,
      `slots:${name}`,
    );
  }
}

const observedLacks = (observed: Observed) =>
  (observed.nodes ?? []).flatMap(({ read }) => (read.ok ? (read.facts.lacked ?? []) : []));

/** Counted where they are: rows that were inserted or updated. Deletes leave nothing to count. */
function tellLacked(
  grounds: Grounds,
  node: string,
  name: string,
  tables: readonly { schema: string; table: string; rows: number }[],
): void {
  const all = tables.reduce((sum, { rows }) => sum + rows, 0);
  const each = tables.map(({ schema, table, rows }) => `${schema}.${table} ${formatCount(rows)}`);
  grounds.know(
    name,
    `Rows of ${node}`,
    all === 0
      ? `none that ${name} lacks was found on the node that has most; deletes are not counted`
      : `up to ${countOf(all, 'row')} that ${name} lacks, inserted or updated there: ${formatNames(each, 8)}. Deletes are not counted`,
  );
}

/** Who among the survivors has most of what the node sent, and what the others lack of it. */
function tellApplied(
  grounds: Grounds,
  observed: Observed,
  node: string,
  survivors: readonly Survivor[],
): void {
  const all = survivors.flatMap(({ name, subscriptions }) =>
    subscriptions.map((sub) => ({ name, sub, lsn: parseLsn(sub.at?.lsn) })),
  );
  const most = all.reduce<bigint | null>(
    (max, { lsn }) => (lsn !== null && (max === null || lsn > max) ? lsn : max),
    null,
  );
  for (const { name, sub, lsn } of all) {
    const commit = sub.at?.lastCommitAt ?? null;
    const at = `${sub.at?.lsn ?? 'not known'}${commit === null ? '' : `, last commit ${commit}`}`;
    const lacks = most === null || lsn === null ? null : lsnDistance(lsn, most);
    const off = sub.enabled ? '' : `; ${sub.name} is disabled`;
    if (lacks === 0 && sub.enabled) grounds.ok(name, `Applied of ${node}`, at);
    else {
      grounds.know(
        name,
        `Applied of ${node}`,
        lacks === null
          ? `${at}${off}`
          : `${at}: ${formatBytes(lacks)} of its WAL behind the node that has most${off}`,
      );
    }
  }
  for (const { node: name, tables } of observedLacks(observed)) tellLacked(grounds, node, name, tables);
  if (all.length === 0) return;
  const differ = all.some(({ lsn }) => lsn !== most);
  grounds.know(
    null,
    'Rows',
    differ
      ? `the survivors have applied different changes of ${node}: rows that only some of them have stay so. Compare the tables of ${formatNames(survivors.map(({ name }) => name))} afterwards`
      : `what ${node} had committed but not sent is lost with it`,
  );
}
