/** What the cluster has to be like for a node to be added: every link at work, room for one more, nothing of an earlier try left. */
import { quoteLiteral } from '#core/engines/quote.ts';
import type { Observed, ObservedFacts, ObservedSubscription } from '#core/model/observed.ts';
import type { NodeAdd } from '#core/model/requests/nodes.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import type { Server } from '#core/plan/servers/choices.ts';
import { checkOpenTransactions } from '#core/plan/servers/preflight-server.ts';
import { dropOrigin, dropSlot } from '#core/plan/slot-sql.ts';
import { checkForwarding, checkRoom } from '#core/plan/subscription-create.ts';

/** A node of the cluster as it was read. */
export interface Member {
  name: string;
  facts: ObservedFacts;
}

/** NAMEDATALEN of PostgreSQL, without the zero at its end. */
const NAME_BYTES = 63;

export function checkName(grounds: Grounds, { node: { name }, cluster }: NodeAdd, observed: Observed): void {
  if (observed.isSandbox === true) {
    grounds.problem(
      null,
      'sandbox',
      `${cluster} is a sandbox: its servers are created and deleted with it.`,
      'Remove the sandbox and create it again, or connect a cluster of your own.',
    );
  }
  if (grounds.knows(name)) {
    grounds.stop(name, 'Name', 'taken', {
      code: 'name-taken',
      message: `${cluster} already has a node ${name}.`,
      remedy: 'Choose another name; or, to replace it, remove it first.',
    });
  } else {
    const knowing = (observed.nodes ?? []).filter(({ read }) => read.ok && read.facts.knows.includes(name));
    const [first] = knowing;
    if (first !== undefined) {
      grounds.stop(first.name, 'Name', `knows ${name} already`, {
        code: 'name-taken',
        message: `The catalogs of ${knowing.map((each) => each.name).join(', ')} already have a node ${name}.`,
        remedy: `Choose another name; or, if nothing is left of that node, drop its subscriptions there, then ${grounds.changes.nodes.dropText(name)}.`,
      });
    }
  }
  if (new TextEncoder().encode(name).length > NAME_BYTES) {
    grounds.problem(
      name,
      'long-name',
      `The name ${name} is longer than ${NAME_BYTES} bytes: PostgreSQL would truncate it.`,
      'Choose a shorter one.',
    );
  }
}

/** All nodes of the cluster, the source first; null: one of them could not be read. */
export function checkMembers(grounds: Grounds, request: NodeAdd, observed: Observed): Member[] | null {
  const { source } = request;
  const names = (observed.nodes ?? []).map(({ name }) => name);
  const members = [source, ...names.filter((name) => name !== source)].flatMap((name) => {
    const facts = grounds.need(name);
    return facts === null ? [] : [{ name, facts }];
  });
  for (const member of members) checkMember(grounds, member, request);
  const [first] = members;
  if (first?.name === source) checkSource(grounds, first, members);
  return members.length === names.length && first?.name === source ? members : null;
}

/** Both say what the other is called in the engine's catalog. */
export const isOf = (subscription: ObservedSubscription, { name, facts }: Member): boolean =>
  subscription.provider === (facts.nodeName ?? name);

function checkMember(grounds: Grounds, { name, facts }: Member, { node, source }: NodeAdd): void {
  const { changes } = grounds;
  const parts = (['subscriptions', 'sets', 'slots'] as const).map((part) => grounds.read(name, facts, part));
  if (facts.nodeName === null) {
    grounds.problem(
      name,
      'no-spock-node',
      `${name} is not a ${changes.words.name} node.`,
      'Create the node there first, or forget it in the console.',
    );
  }
  if (parts.includes(false)) return;
  const idle = facts.subscriptions.filter((each) => !isAtWork(each));
  if (idle.length === 0) grounds.ok(name, 'Links', `${facts.subscriptions.length} replicate`);
  else {
    const said = idle.map((each) => `${each.name} is ${stateOf(each)}`).join(', ');
    grounds.stop(name, 'Links', said, {
      code: 'link-down',
      message: `${name} does not apply all that the others write: ${said}. A node that is added now would have gaps.`,
      remedy: 'Bring these links back to replicating, then check again.',
    });
  }
  checkForwarding(grounds, name, facts, `what ${node.name} writes`);
  checkRoom(grounds, name, facts, {
    slots: 1,
    senders: name === source ? 2 : 1,
    workers: 1,
    origins: 1,
  });
  checkLeft(grounds, { name, facts }, node.name);
}

/** The status alone is said for seconds while the worker is stuck. */
const isAtWork = ({ enabled, status, worker }: ObservedSubscription): boolean =>
  enabled && status === 'replicating' && (worker == null || worker === 'running');

const stateOf = ({ enabled, status, worker }: ObservedSubscription): string =>
  !enabled ? 'disabled' : status !== 'replicating' ? status : `replicating, its worker ${worker}`;

/** An origin of an earlier node of that name would be gone on with, from where that one stood. */
function checkLeft(grounds: Grounds, { name, facts }: Member, added: string): void {
  const endings = facts.slotEndings ?? [];
  const slots = facts.slots.filter((slot) => endings.some((ending) => slot.name.endsWith(ending)));
  const wanted = new Set((facts.slotNames?.[added] ?? []).map(({ slot }) => slot));
  const origins = (facts.origins ?? []).filter((origin) => wanted.has(origin));
  if (slots.length === 0 && origins.length === 0) return;
  const said = [
    ...slots.map((slot) => `slot ${slot.name}`),
    ...origins.map((origin) => `origin ${origin}`),
  ].join(', ');
  grounds.stop(name, 'Leftovers', said, {
    code: 'leftovers',
    message: `${name} still has what an earlier ${added} has left: ${said}. The new node would go on from there.`,
    remedy: `If no node ${added} is left: ${[...slots.map((slot) => dropSlot(slot.name)), ...origins.map(dropOrigin)].map((text) => `${text};`).join(' ')}`,
  });
}

/** The copy holds what the source has applied of each other node; of one that it does not read it holds nothing. */
function checkSource(grounds: Grounds, source: Member, members: readonly Member[]): void {
  const deaf = members.filter(
    (member) => member !== source && !source.facts.subscriptions.some((each) => isOf(each, member)),
  );
  if (deaf.length > 0) {
    const names = deaf.map(({ name }) => name).join(', ');
    grounds.stop(source.name, 'Source', `does not subscribe to ${names}`, {
      code: 'no-link',
      message: `${source.name} does not subscribe to ${names}: a copy of it would lack what is written there.`,
      remedy: 'Complete the mesh first, or choose a source that subscribes to all others.',
    });
  }
  const delayed = source.facts.subscriptions.filter((each) => (each.options?.applyDelaySeconds ?? 0) > 0);
  if (delayed.length > 0) {
    grounds.know(
      source.name,
      'Apply delay',
      `${delayed.map((each) => `${each.name} ${each.options?.applyDelaySeconds} s`).join(', ')}: the new node starts that far behind, and each wait takes as much longer`,
    );
  }
}

/** A slot waits for every transaction that has written, and the source's pause does not last for long. */
export function checkQuiet(grounds: Grounds, servers: readonly Server[]): void {
  for (const server of servers) {
    checkOpenTransactions(grounds, server);
    checkKept(grounds, server);
  }
}

const LIMIT = 'max_slot_wal_keep_size';
function checkKept(grounds: Grounds, { name, facts }: Server): void {
  const limit = facts.settings[LIMIT]?.value ?? '-1';
  if (limit === '-1') return;
  grounds.know(
    name,
    'WAL for the copy',
    `${name} keeps at most ${limit} for a slot (${LIMIT}): when the copy takes longer than that lasts, its slot is lost and the run fails. Reset: ALTER SYSTEM SET ${LIMIT} = ${quoteLiteral('-1')}`,
  );
}
