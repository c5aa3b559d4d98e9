/** A node that does not answer the console, or answers and will not let it read. */
import { formatSeconds } from '#core/model/format.ts';
import type { NodeSnapshot } from '#core/model/snapshot.ts';
import type { AdviceInput, FindingDraft, Rule } from './rule.ts';

export const nodeUnreachable: Rule = (input) =>
  input.facts.nodes.flatMap((node) => {
    const { error } = node;
    if (error === null) return [];
    const silent = node.state === 'down';
    const draft: FindingDraft = {
      severity: silent ? 'critical' : 'warning',
      subject: { node: node.name },
      title: silent ? `${node.name} does not answer` : `${node.name} answers, and cannot be read`,
      detail:
        `${ends(error.message)} ${silent ? whatPeersSee(input, node) : 'Nothing is known of it until that is mended.'}`.trim(),
      evidence: [
        { name: 'address', value: node.address },
        { name: 'last answer', value: node.observedAt ?? 'none since the console started' },
        { name: 'error', value: error.message },
        { name: 'polls in a row', value: String(error.tries) },
        ...peerEvidence(input, node),
      ],
      sinceAt: Date.parse(error.since),
      remedy: silent
        ? {
            text: `See whether the server of ${node.name} runs, and whether ${node.address} can be reached from here. It is asked again every second or so.`,
          }
        : { text: remedies[error.code] ?? `See the error, and the log of ${node.name}.` },
    };
    return [draft];
  });

const remedies: Partial<Record<NonNullable<NodeSnapshot['error']>['code'], string>> = {
  auth: 'Give the console a password that the server takes, or mend pg_hba.conf.',
  'no-database': 'Correct the name of the database in the DSN of the node.',
  'no-spock': 'Create the extension spock in this database, or correct the DSN of the node.',
  permission: 'Grant the console’s role what it needs to watch.',
  'too-old': 'Spock needs PostgreSQL 15 or later.',
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
    return 'Its peers have lost their connections from it too, so it is not only the way from here.';
  if (inactive.length === 0)
    return 'Its peers still have their connections from it: it may be only the way from here.';
  return `${inactive.length} of ${slots.length} peers have lost their connections from it.`;
}

function peerEvidence(input: AdviceInput, node: NodeSnapshot): FindingDraft['evidence'] {
  return peerSlots(input, node)
    .slice(0, 6)
    .map(({ peer, active, since }) => ({
      name: `${peer} sees its slot`,
      value: active
        ? 'active'
        : `inactive${since === null ? '' : ` for ${formatSeconds(Math.round((input.at - since) / 1000))}`}`,
    }));
}
