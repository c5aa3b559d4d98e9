/** What a node keeps for its receivers, what it receives, and by which sets it sends. */
import { Link } from 'react-router';
import type { LinkSnapshot, ReplicationSetSnapshot, SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { bytes, lagText } from '#src/lib/units.ts';
import { Chip } from '#src/ui/chip.tsx';
import { LinkName } from '#src/ui/link-name.tsx';
import { Copyable, Mono } from '#src/ui/mono.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State } from '#src/ui/state.tsx';
import { NumCell, Table } from '#src/ui/table.tsx';
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
  return (
    <section className="sec">
      <SectionHead
        title="Provides"
        count={held.length}
        note="slots on this node, and the WAL that they hold"
      />
      {held.length === 0 ? (
        <p className="none q">
          {links.some((link) => link.state === 'unknown')
            ? 'Which nodes subscribe to this one is not known.'
            : 'No node subscribes to this one.'}
        </p>
      ) : (
        <Table
          label="Slots on this node"
          head={
            <>
              <th>Receiver</th>
              <th>State</th>
              <th className="r">Lag</th>
              <th className="r">WAL held</th>
              <th className="wid">Slot</th>
              <th className="wid">wal_status</th>
              <th className="r wid">Room left</th>
              <th className="wid">restart_lsn</th>
              <th className="wid">confirmed_flush_lsn</th>
            </>
          }
        >
          {held.map((link) => (
            <tr key={link.receiver}>
              <td>
                <Link className="name" data-row to={paths.link(cluster, link.provider, link.receiver)}>
                  <LinkName provider={safeName(link.provider)} receiver={safeName(link.receiver)} />
                </Link>
              </td>
              <td>
                <LinkState link={link} />
              </td>
              <NumCell>
                <Known of={link.lagSeconds} old={old} show={(value) => lagText(value, link.lagAtLeast)} />
              </NumCell>
              <NumCell>
                <Known of={link.walHeldBytes} old={old} show={(value) => <Num of={bytes(value)} />} />
              </NumCell>
              <td className="wid">
                <Copyable text={link.slot ?? ''} />
              </td>
              <td className="wid">
                <Known of={link.walStatus} old={old} show={(status) => <WalStatus status={status} />} />
              </td>
              <NumCell className="wid">
                <Known
                  of={link.safeWalSizeBytes}
                  old={old}
                  show={(value) => <Num of={bytes(value)} />}
                  unknown={link.walStatus === null ? undefined : 'no limit set'}
                />
              </NumCell>
              <td className="wid">
                <Known of={link.restartLsn} old={old} show={(lsn) => <Mono>{lsn}</Mono>} />
              </td>
              <td className="wid">
                <Known of={link.confirmedFlushLsn} old={old} show={(lsn) => <Mono>{lsn}</Mono>} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

function WalStatus({ status }: { status: string }) {
  if (status === 'reserved') return status;
  return (
    <State of={status === 'lost' ? 'critical' : 'warning'} size={12}>
      {status}
    </State>
  );
}

export function LinkState({ link }: { link: LinkSnapshot }) {
  const of = link.state === 'replicating' && link.behind ? 'behind' : link.state;
  return (
    <span title={link.reason ?? undefined}>
      <State of={of} />
    </span>
  );
}

export function ReceivesBlock({
  cluster,
  subscriptions,
  old,
  unseen,
}: {
  cluster: string;
  subscriptions: SubscriptionSnapshot[];
  old: boolean;
  /** The role may not read spock.subscription. */
  unseen: boolean;
}) {
  return (
    <section className="sec">
      <SectionHead
        title="Receives"
        count={unseen ? undefined : subscriptions.length}
        note="subscriptions of this node"
      />
      {subscriptions.length === 0 ? (
        <p className="none q">
          {unseen
            ? 'Not visible to this role, which may not read spock.subscription.'
            : 'This node subscribes to no other.'}
        </p>
      ) : (
        <Table
          label="Subscriptions of this node"
          head={
            <>
              <th>From</th>
              <th>Subscription</th>
              <th>Status</th>
              <th className="wid">Sets</th>
              <th className="wid">Worker</th>
            </>
          }
        >
          {subscriptions.map((sub) => (
            <tr key={sub.name}>
              <td className="name">{sub.provider === null ? <Unknown /> : safeName(sub.provider)}</td>
              <td>
                <Link data-row to={paths.subscription(cluster, sub.receiver, sub.name)}>
                  <Mono>{safeName(sub.name)}</Mono>
                </Link>
              </td>
              <td>
                <State of={sub.status} />
              </td>
              <td className="wid">
                {sub.replicationSets.map((set) => (
                  <Chip key={set}>{set === 'default_insert_only' ? 'insert_only' : safeName(set)}</Chip>
                ))}
              </td>
              <td className="q wid">
                {sub.workerPid === null ? (
                  <span className="f">none seen</span>
                ) : (
                  <Aged old={old}>pid {sub.workerPid}</Aged>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

export function NodeSetsBlock({ sets, old }: { sets: ReplicationSetSnapshot[]; old: boolean }) {
  return (
    <section>
      <SectionHead title="Replication sets" count={sets.length} note="of this node as a provider" />
      {sets.length === 0 ? (
        <NotRead />
      ) : (
        <Table
          label="Replication sets"
          head={
            <>
              <th>Set</th>
              <th>Sends</th>
              <th className="r">Tables</th>
              <th className="r">Sequences</th>
            </>
          }
        >
          {sets.map((set) => (
            <tr key={set.name}>
              <td>
                <Chip>{safeName(set.name)}</Chip>
              </td>
              <td>
                <Sends set={set} />
              </td>
              <NumCell>
                <Known of={set.tables} old={old} show={(value) => value} />
              </NumCell>
              <NumCell>
                <Known of={set.sequences} old={old} show={(value) => value} />
              </NumCell>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

const OPS = ['insert', 'update', 'delete', 'truncate'] as const;

/** I U D T, struck through where the set does not send it; in words for those who do not see it. */
function Sends({ set }: { set: ReplicationSetSnapshot }) {
  const words = OPS.filter((op) => set[op]).join(', ') || 'nothing';
  return (
    <span className="ops" title={words}>
      <span className="vh">{words}</span>
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
