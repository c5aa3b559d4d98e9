/**
 * What the console can do about each finding: the kinds of plans that it opens, already filled in, and why a finding of that code
 * that opens none offers none. One place for each code: a new one fails the types until it is said.
 */
import type { FindingCode } from '#core/model/finding.ts';
import type { PlanKind } from '#core/model/plan.ts';

export interface Cure {
  /** Empty: there is nothing that a plan could do. */
  plans: readonly PlanKind[];
  /** A sentence, for a finding of this code that opens no plan. */
  otherwise: string;
}

export const cures: Record<FindingCode, Cure> = {
  'node-unreachable': {
    plans: ['node-remove'],
    otherwise: 'No plan: the console cannot start a server, or change a network or a password on its host.',
  },
  'node-replaced': {
    plans: [],
    otherwise: 'No plan: only you know which of the two servers is the node.',
  },
  standby: {
    plans: [],
    otherwise:
      'No plan: nothing can be changed on a standby; the address that the console uses has to lead to the primary.',
  },
  'subscription-down': {
    plans: ['subscription-enable'],
    otherwise: 'No plan: what keeps it down has to be fixed first, and is no setting of it.',
  },
  'apply-loop': {
    plans: [],
    otherwise:
      'No plan: a transaction can be skipped safely only where the receiver has recorded its position, which it does when it disables the subscription.',
  },
  'disabled-by-exception': {
    plans: ['subscription-enable'],
    otherwise: 'No plan: its subscription is not known.',
  },
  'stale-interface': {
    plans: [],
    otherwise:
      'No plan: the console does not know the new address. Once the interface is added, it is switched on the page of the subscription.',
  },
  'slot-lost': {
    plans: ['slot-drop'],
    otherwise:
      'No plan: the receiver has to be copied again as a whole, and its own rows decide whether it may be emptied.',
  },
  'sync-failed': {
    plans: ['table-resync'],
    otherwise: 'No plan: the subscription or the table is not known.',
  },
  'sync-stuck': {
    plans: ['table-resync'],
    otherwise:
      'No plan: the first copy of a subscription continues by itself when what it waits for is there.',
  },
  'missing-link': {
    plans: ['subscription-create', 'mesh-complete'],
    otherwise: 'No plan: a node of it is not watched.',
  },
  'set-not-taken': {
    plans: ['subscription-sets'],
    otherwise: 'No plan: no watched node subscribes to this one.',
  },
  'read-only': { plans: ['node-read-only'], otherwise: 'No plan: the node is not read-only by a setting.' },
  'discarded-transactions': {
    plans: [],
    otherwise:
      'No plan: which rows are right has to be decided by comparing them, and may differ from row to row.',
  },
  'rows-diverged': {
    plans: [],
    otherwise: 'No plan: the console cannot know whether the row should be there or not.',
  },
  'slot-bloat': {
    plans: ['node-remove', 'subscription-enable'],
    otherwise:
      'No plan: the slot is in use, or its reader comes back; to drop it would cost the receiver a copy.',
  },
  'no-replica-identity': {
    plans: ['set-add-table'],
    otherwise: 'No plan: the key has to be chosen by somebody who knows the table.',
  },
  'unreplicated-table': {
    plans: ['set-tables', 'set-add-table'],
    otherwise:
      'No plan: they belong into different sets, or are too many to be named; choose them on the Replication sets page.',
  },
  'membership-differs': {
    plans: ['set-tables', 'set-add-table'],
    otherwise: 'No plan: the console cannot know which of the nodes is as intended.',
  },
  'sequence-collision': {
    plans: [],
    otherwise: 'No plan: each node needs a number of its own that no other cluster or application uses.',
  },
  'schema-drift': {
    plans: [],
    otherwise: 'No plan: the console cannot know which of the nodes has the table as intended.',
  },
  'forwarding-loop': {
    plans: ['subscription-options'],
    otherwise: 'No plan: this version cannot change the option of a subscription.',
  },
  'version-skew': {
    plans: ['extension-update'],
    otherwise: 'No plan: packages are installed on the hosts, by your package manager.',
  },
  capacity: {
    plans: ['node-settings'],
    otherwise: 'No plan: the limit is not known.',
  },
  'orphan-slot': {
    plans: ['slot-drop'],
    otherwise: 'No plan: the console cannot prove that nobody needs the slot.',
  },
  'conflicts-unseen': {
    plans: ['node-settings'],
    otherwise: 'No plan: the setting is not known on these nodes.',
  },
  'clock-skew': {
    plans: [],
    otherwise: 'No plan: clocks are set on the hosts, by their time service.',
  },
  settings: {
    plans: ['node-settings'],
    otherwise:
      'No plan: the value is written already; only a restart of the server, on its host, brings it into force.',
  },
  'provider-unwatched': {
    plans: [],
    otherwise:
      'No plan: the console changes only nodes that it watches, and it does not know the password of this one.',
  },
  'unknown-reader': {
    plans: [],
    otherwise:
      'No plan: somebody reads the slot whom the console does not know, and would lose data without it.',
  },
  'set-differs': { plans: ['set-alter'], otherwise: 'No plan: the set is not known on all nodes.' },
  'filter-unsafe': {
    plans: [],
    otherwise:
      'No plan: which rows are to be sent is yours to say; rows that stayed behind have to be compared.',
  },
  'plugin-not-listed': {
    plans: ['node-settings'],
    otherwise:
      'No plan: the servers of now do not start with the setting; it has to be written during the upgrade.',
  },
  'failover-slots': {
    plans: ['subscription-failover'],
    otherwise: 'No plan: the versions there mark slots only when they are created.',
  },
  wraparound: {
    plans: [],
    otherwise: 'No plan: whose transaction or table it is has to be found out first.',
  },
  'apply-blocked': {
    plans: ['session-cancel'],
    otherwise: 'No plan: who holds the lock is not known.',
  },
  'xmin-held': {
    plans: [],
    otherwise: 'No plan: only its transaction manager knows whether the transaction has to be committed.',
  },
  'archiver-failing': {
    plans: [],
    otherwise: 'No plan: where WAL is archived to is configured on the host.',
  },
  'console-storage': {
    plans: [],
    otherwise: "No plan: it is about the disk of the console's own machine.",
  },
  'facts-unread': {
    plans: [],
    otherwise: 'No plan: what the console cannot read, it cannot plan by.',
  },
};
