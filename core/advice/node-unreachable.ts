/** A node that does not answer the console, or answers and will not let it read. */
import { formatSeconds } from '#core/model/format.ts';
import type { NodeError, NodeSnapshot } from '#core/model/snapshot.ts';
import { giveUp, isOfThisMachine } from './give-up.ts';
import type { AdviceInput, Rule, RuleFinding } from './rule.ts';

export const nodeUnreachable: Rule = (input) => {
  const own = input.engineOf(input.facts.engine).advice.remedies['node-unreachable'];
  return input.facts.nodes.flatMap((node) => {
    const { error } = node;
    // Another server in its place is a finding of its own.
    if (error === null || error.code === 'replaced') return [];
    const silent = node.state === 'down';
    const finding: RuleFinding = {
      severity: silent ? 'critical' : 'warning',
      subject: { node: node.name },
      title: silent ? `${node.name} does not answer` : `${node.name} answers but cannot be read`,
      detail:
        `${ends(error.message)} ${silent ? whatPeersSee(input, node) : 'Its state is unknown until this is fixed.'}`.trim(),
      evidence: [
        { name: 'address', value: node.address },
        { name: 'last answer', value: node.observedAt ?? 'none since the console started' },
        { name: 'error', value: error.message },
        { name: 'polls in a row', value: String(error.tries) },
        ...peerEvidence(input, node),
      ],
      sinceAt: Date.parse(error.since),
      remedy: silent
        ? silentRemedy(input, node)
        : {
            text:
              own[error.code] ?? remedies[error.code] ?? `Read the error and the server log of ${node.name}.`,
          },
    };
    return [finding];
  });
};

function silentRemedy(input: AdviceInput, { name, address }: NodeSnapshot): RuleFinding['remedy'] {
  if (isOfThisMachine(input.nodes.get(name))) {
    return {
      text: `The console restarts a sandbox server that exits, after seconds at first, later after up to half a minute. It does not touch a server that hangs: stop that server (${address}), and the console starts it again.`,
    };
  }
  const text = `Check that the server of ${name} runs, and that ${address} can be reached from here. The console retries about every second.`;
  const plan = giveUp(input, name);
  if (plan === null) return { text };
  return {
    text: `${text} If it is gone for good, give it up: the other nodes drop what they keep for it, and to return it must be copied again.`,
    plan,
  };
}

/** What is the same with every engine. */
const remedies: Partial<Record<NodeError['code'], string>> = {
  auth: 'Give the console a password that the server accepts, or fix pg_hba.conf.',
  'no-database': 'Correct the name of the database in the DSN of the node.',
  permission: 'Grant the console’s role the privileges that it needs to watch the node.',
  protocol:
    'Check that a PostgreSQL server listens at that address, what is between it and the console, and that the TLS settings of the DSN match those of the server.',
  dsn: 'Correct the DSN of the node.',
  unavailable:
    'The server is there but accepts no connections now. Check whether it is starting or stopping, or what uses up its connections (max_connections).',
};

const ends = (message: string) => (/[.!?]$/.test(message) ? message : `${message}.`);

/** Slots of the silent node on the others: inactive ones tell that it is not only the way from here. */
function peerSlots(
  input: AdviceInput,
  node: NodeSnapshot,
): { peer: string; active: boolean; since: number | null }[] {
  return input.facts.subscriptions.flatMap((sub) => {
    if (sub.receiver !== node.name || sub.provider === null) return [];
    const provider = input.nodes.get(sub.provider);
    if (!provider?.fast || provider.failure) return [];
    const slot = provider.fast.value.slots.find(({ name }) => name === sub.slot);
    if (slot === undefined || input.slotOwners.get(sub.provider, slot.name) !== sub) return [];
    return [
      {
        peer: sub.provider,
        active: slot.active,
        since: input.memory.workers.slotInactiveSince(sub.provider, slot.name),
      },
    ];
  });
}

function whatPeersSee(input: AdviceInput, node: NodeSnapshot): string {
  const slots = peerSlots(input, node);
  if (slots.length === 0) return '';
  const inactive = slots.filter(({ active }) => !active);
  if (inactive.length === slots.length)
    return 'Its peers have lost their connections from it too, so the cause is not only the network between it and the console.';
  if (inactive.length === 0)
    return 'Its peers still have their connections from it, so the cause may be only the network between it and the console.';
  return `${inactive.length} of ${slots.length} peers have lost their connections from it.`;
}

function peerEvidence(input: AdviceInput, node: NodeSnapshot): RuleFinding['evidence'] {
  return peerSlots(input, node)
    .slice(0, 6)
    .map(({ peer, active, since }) => ({
      name: `${peer} sees its slot`,
      value: active
        ? 'active'
        : `inactive${since === null ? '' : ` for ${formatSeconds(Math.round((input.at - since) / 1000))}`}`,
    }));
}
