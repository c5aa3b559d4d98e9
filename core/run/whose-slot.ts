/** Whose a slot on a provider is. */

/** What is known of a provider's slot of the subscription's name. */
export interface SlotEvidence {
  /** The run looked before it made the subscription: whether such a slot was there. Null: it did not look. */
  before: boolean | null;
  /** Of other nodes' subscriptions to this provider that name the slot. */
  namers: readonly string[];
  /** Nodes that could not be asked for theirs. */
  unasked: readonly string[];
  /** Read by somebody although no worker of this subscription is left: another receiver, or a sender that has not noticed yet. */
  read: boolean;
}

/**
 * Whose a slot is that has the subscription's name. Names are shared: a slot is called after database, provider and
 * subscription, and two receivers may call theirs alike. Not known is not ours.
 */
export function whoseSlot({
  before,
  namers,
  unasked,
  read,
}: SlotEvidence): { whose: 'ours' } | { whose: 'others' | 'unknown'; why: string } {
  if (namers.length > 0) return { whose: 'others', why: `${namers.join(', ')} also names the slot` };
  if (before === true)
    return { whose: 'others', why: 'it was there before this run created the subscription' };
  const asked = unasked.length === 0;
  if (before === false && (asked || !read)) return { whose: 'ours' };
  if (asked && !read) return { whose: 'ours' };
  const whys = [
    ...(asked ? [] : [`${unasked.join(', ')} could not be asked whether a subscription there names it`]),
    ...(read ? ['somebody reads from it'] : []),
  ];
  return { whose: 'unknown', why: whys.join(', and ') };
}
