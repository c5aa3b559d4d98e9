/** What a node keeps for its receivers, what it receives, and by which sets it sends. */

import { useMemo } from 'react';
import { Link } from 'react-router';
import { shownText } from '#core/model/shown-text.ts';
import type { LinkSnapshot, ReplicationSetSnapshot, SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { useEngineWords } from '#src/api/hooks.ts';
import {
  badnessOf,
  linkBadness,
  type ShownLinkState,
  shownState,
  shownSubscription,
} from '#src/lib/link-state.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { bytes, lagText } from '#src/lib/units.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import { Chip } from '#src/ui/chip.tsx';
import { LinkName } from '#src/ui/link-name.tsx';
import { Copyable, Mono } from '#src/ui/mono.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State } from '#src/ui/state.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { tip } from '#src/ui/tooltip.ts';
import { Aged, Known, Num, Unknown } from '#src/ui/value.tsx';
import { NotRead } from './node-blocks.tsx';

/** The slots on this node: what it keeps for its receivers. */
export function SlotsBlock({
  cluster,
  links,
  old,
}: {
  cluster: string;
  links: LinkSnapshot[];
  old: boolean;
}) {
  const held = links.filter((link) => link.slot !== null);
  const columns = useMemo(() => slotColumns(cluster, old), [cluster, old]);
  return (
    <section className="section">
      <SectionHead
        title="Provides"
        count={held.length}
        note="slots on this node, and the WAL that they hold"
      />
      {held.length === 0 ? (
        <p className="none muted">
          {links.some((link) => link.state === 'unknown')
            ? 'Which nodes subscribe to this one is not known.'
            : 'No node subscribes to this one.'}
        </p>
      ) : (
        <DataTable
          name="slots"
          label="Slots on this node"
          columns={columns}
          rows={held}
          keyOf={(link) => link.receiver}
          worst={linkBadness}
        />
      )}
    </section>
  );
}

const slotColumns = (cluster: string, old: boolean): Column<LinkSnapshot>[] => [
  {
    id: 'receiver',
    head: 'Receiver',
    cell: (link) => (
      <Link className="name" data-row to={paths.link(cluster, link.provider, link.receiver)}>
        <LinkName provider={safeName(link.provider)} receiver={safeName(link.receiver)} />
      </Link>
    ),
    value: (link) => link.receiver,
  },
  {
    id: 'state',
    head: 'State',
    cell: (link) => <LinkState link={link} />,
    value: shownState,
    rank: linkBadness,
    first: 'descending',
  },
  {
    id: 'lag',
    head: 'Lag',
    name: 'Lag, seconds',
    align: 'end',
    cell: (link) => (
      <Known of={link.lagSeconds} old={old} show={(value) => lagText(value, link.lagAtLeast)} />
    ),
    value: (link) => link.lagSeconds,
    first: 'descending',
  },
  {
    id: 'held',
    head: 'WAL held',
    name: 'WAL held, bytes',
    align: 'end',
    cell: (link) => <Known of={link.walHeldBytes} old={old} show={(value) => <Num of={bytes(value)} />} />,
    value: (link) => link.walHeldBytes,
    first: 'descending',
  },
  {
    id: 'slot',
    head: 'Slot',
    wideOnly: true,
    cell: (link) => <Copyable text={link.slot ?? ''} />,
    value: (link) => link.slot,
  },
  {
    id: 'walstatus',
    head: 'wal_status',
    wideOnly: true,
    cell: (link) => <Known of={link.walStatus} old={old} show={(status) => <WalStatus status={status} />} />,
    value: (link) => link.walStatus,
  },
  {
    id: 'room',
    head: 'Room left',
    name: 'Room left, bytes',
    align: 'end',
    wideOnly: true,
    cell: (link) => (
      <Known
        of={link.safeWalSizeBytes}
        old={old}
        show={(value) => <Num of={bytes(value)} />}
        unknown={link.walStatus === null ? undefined : 'no limit set'}
      />
    ),
    value: (link) => link.safeWalSizeBytes,
  },
  {
    id: 'restart',
    head: 'restart_lsn',
    wideOnly: true,
    cell: (link) => <Known of={link.restartLsn} old={old} show={(lsn) => <Mono>{lsn}</Mono>} />,
    value: (link) => link.restartLsn,
    fixedOrder: true,
  },
  {
    id: 'flush',
    head: 'confirmed_flush_lsn',
    wideOnly: true,
    cell: (link) => <Known of={link.confirmedFlushLsn} old={old} show={(lsn) => <Mono>{lsn}</Mono>} />,
    value: (link) => link.confirmedFlushLsn,
    fixedOrder: true,
  },
];

function WalStatus({ status }: { status: string }) {
  if (status === 'reserved') return status;
  return (
    <State of={status === 'lost' ? 'critical' : 'warning'} size={12}>
      {status}
    </State>
  );
}

export function LinkState({ link }: { link: LinkSnapshot }) {
  return (
    <span {...tip(link.reason === null ? undefined : shownText(link.reason))}>
      <State of={shownState(link)} />
    </span>
  );
}

export function ReceivesBlock({
  cluster,
  subscriptions,
  links,
  old,
  unseen,
}: {
  cluster: string;
  subscriptions: SubscriptionSnapshot[];
  /** Those to this node. */
  links: LinkSnapshot[];
  old: boolean;
  /** The role may not read its subscriptions. */
  unseen: boolean;
}) {
  const words = useEngineWords();
  const columns = useMemo(() => subscriptionColumns(cluster, old), [cluster, old]);
  const lines = subscriptions.map((sub): SubscriptionLine => {
    const link = links.find(({ provider }) => provider === sub.provider) ?? null;
    return { sub, state: shownSubscription(sub, link) };
  });
  return (
    <section className="section">
      <SectionHead
        title="Receives"
        count={unseen ? undefined : subscriptions.length}
        note="subscriptions of this node"
      />
      {subscriptions.length === 0 ? (
        <p className="none muted">
          {unseen
            ? `Not visible to this role, which may not read ${words.subscriptions}.`
            : 'This node subscribes to no other.'}
        </p>
      ) : (
        <DataTable
          name="receives"
          label="Subscriptions of this node"
          columns={columns}
          rows={lines}
          keyOf={({ sub }) => sub.name}
          worst={({ state }) => badnessOf(state)}
        />
      )}
    </section>
  );
}

interface SubscriptionLine {
  sub: SubscriptionSnapshot;
  state: ShownLinkState;
}

const subscriptionColumns = (cluster: string, old: boolean): Column<SubscriptionLine>[] => [
  {
    id: 'from',
    head: 'From',
    className: 'name',
    cell: ({ sub }) => (sub.provider === null ? <Unknown /> : safeName(sub.provider)),
    value: ({ sub }) => sub.provider,
  },
  {
    id: 'subscription',
    head: 'Subscription',
    cell: ({ sub }) => (
      <Link data-row to={paths.subscription(cluster, sub.receiver, sub.name)}>
        <Mono>{safeName(sub.name)}</Mono>
      </Link>
    ),
    value: ({ sub }) => sub.name,
  },
  {
    id: 'status',
    head: 'Status',
    cell: ({ state }) => <State of={state} />,
    value: ({ state }) => state,
    rank: ({ state }) => badnessOf(state),
    first: 'descending',
  },
  {
    id: 'sets',
    head: 'Sets',
    wideOnly: true,
    cell: ({ sub }) =>
      sub.replicationSets.map((set) => (
        <Chip key={set}>{set === 'default_insert_only' ? 'insert_only' : safeName(set)}</Chip>
      )),
    value: ({ sub }) => sub.replicationSets.join(' '),
  },
  {
    id: 'worker',
    head: 'Worker',
    wideOnly: true,
    className: 'muted',
    cell: ({ sub }) =>
      sub.workerPid === null ? (
        <span className="faint">none seen</span>
      ) : (
        <Aged old={old}>pid {sub.workerPid}</Aged>
      ),
    value: ({ sub }) => sub.workerPid,
  },
];

export function NodeSetsBlock({ sets, old }: { sets: ReplicationSetSnapshot[]; old: boolean }) {
  const columns = useMemo(() => setColumns(old), [old]);
  return (
    <section>
      <SectionHead title="Replication sets" count={sets.length} note="of this node as a provider" />
      {sets.length === 0 ? (
        <NotRead />
      ) : (
        <DataTable
          name="sets"
          label="Replication sets"
          columns={columns}
          rows={sets}
          keyOf={(set) => set.name}
        />
      )}
    </section>
  );
}

const setColumns = (old: boolean): Column<ReplicationSetSnapshot>[] => [
  {
    id: 'set',
    head: 'Set',
    cell: (set) => <Chip>{safeName(set.name)}</Chip>,
    value: (set) => set.name,
  },
  {
    id: 'sends',
    head: 'Sends',
    cell: (set) => <Sends set={set} />,
    value: (set) => OPS.filter((op) => set[op]).join(' '),
  },
  {
    id: 'tables',
    head: 'Tables',
    align: 'end',
    cell: (set) => <Known of={set.tables} old={old} show={(value) => value} />,
    value: (set) => set.tables,
    first: 'descending',
  },
  {
    id: 'sequences',
    head: 'Sequences',
    align: 'end',
    cell: (set) => <Known of={set.sequences} old={old} show={(value) => value} />,
    value: (set) => set.sequences,
    first: 'descending',
  },
];

const OPS = ['insert', 'update', 'delete', 'truncate'] as const;

/** I U D T, struck through where the set does not send it; in words for those who do not see it. */
function Sends({ set }: { set: ReplicationSetSnapshot }) {
  const words = OPS.filter((op) => set[op]).join(', ') || 'nothing';
  return (
    <span className="operations" {...tip(words)}>
      <span className="sr-only">{words}</span>
      {OPS.map((op) =>
        set[op] ? (
          <b key={op} aria-hidden="true">
            {op.charAt(0).toUpperCase()}
          </b>
        ) : (
          <s key={op} aria-hidden="true">
            {op.charAt(0).toUpperCase()}
          </s>
        ),
      )}
    </span>
  );
}
