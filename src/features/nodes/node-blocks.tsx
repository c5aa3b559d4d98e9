/** Blocks of facts on a node's page. */
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type {
  LinkSnapshot,
  NodeSnapshot,
  ReplicationSetSnapshot,
  SubscriptionSnapshot,
} from '#core/model/snapshot.ts';
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
import { CAPACITY_WORDS } from './node-text.ts';

/** Name and value, in two columns. */
export function FactList({ children }: { children: ReactNode }) {
  return <dl className="facts2">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

export function CapacityBlock({ node, old }: { node: NodeSnapshot; old: boolean }) {
  return (
    <section>
      <SectionHead title="Capacity" note="what a Spock cluster uses up, and its limits" />
      {node.capacity.length === 0 ? (
        <NotRead />
      ) : (
        <Table
          label="Capacity"
          head={
            <>
              <th>Setting</th>
              <th className="r">Used</th>
              <th className="r">Limit</th>
              <th>
                <span className="vh">State</span>
              </th>
            </>
          }
        >
          {node.capacity.map((one) => {
            const share = one.used === null || one.max === 0 ? 0 : one.used / one.max;
            return (
              <tr key={one.name}>
                <td>
                  <Mono title={CAPACITY_WORDS[one.name]}>{one.name}</Mono>
                </td>
                <NumCell>
                  <Known of={one.used} old={old} show={(used) => used} />
                </NumCell>
                <NumCell>
                  <Aged old={old}>{one.max}</Aged>
                </NumCell>
                <td>
                  {share >= 1 ? (
                    <State of="critical" size={12}>
                      used up
                    </State>
                  ) : share >= 0.8 ? (
                    <State of="warning" size={12}>
                      {one.max - (one.used ?? 0)} left
                    </State>
                  ) : null}
                </td>
              </tr>
            );
          })}
        </Table>
      )}
    </section>
  );
}

const NotRead = () => <p className="none q">Not read yet, or not visible to this role.</p>;

export function SettingsBlock({ node, old }: { node: NodeSnapshot; old: boolean }) {
  const wrong = node.settings.filter((one) => one.ok === false).length;
  return (
    <section>
      <SectionHead
        title="Settings"
        note={wrong > 0 ? `${wrong} not as a Spock cluster needs them` : 'beside what a Spock cluster needs'}
      />
      {node.settings.length === 0 ? (
        <NotRead />
      ) : (
        <Table
          label="Settings"
          head={
            <>
              <th>Setting</th>
              <th>Value</th>
              <th>Needed</th>
              <th>
                <span className="vh">State</span>
              </th>
            </>
          }
        >
          {node.settings.map((one) => (
            <tr key={one.name}>
              <td>
                <Mono>{one.name}</Mono>
              </td>
              <td className="value">
                <Known
                  of={one.value}
                  old={old}
                  show={(value) => (
                    <Mono>{value === '' ? "''" : `${value}${one.unit ? ` ${one.unit}` : ''}`}</Mono>
                  )}
                />
              </td>
              <td className="value">
                {one.wanted === null ? <span className="f">any</span> : <Mono>{one.wanted}</Mono>}
              </td>
              <td>
                {one.pendingRestart ? (
                  <State of="todo" size={12}>
                    after a restart
                  </State>
                ) : one.ok === false ? (
                  <State of="warning" size={12}>
                    differs
                  </State>
                ) : one.ok === null && one.wanted !== null ? (
                  <Unknown />
                ) : null}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

export function InterfacesBlock({ node }: { node: NodeSnapshot }) {
  return (
    <section>
      <SectionHead title="Interfaces" note="spock.node_interface: how its peers reach it" />
      {node.interfaces.length === 0 ? (
        <NotRead />
      ) : (
        <FactList>
          {node.interfaces.map((one) => (
            <Fact key={one.name} name={safeName(one.name)}>
              {one.dsn === null ? (
                <span className="f">not visible to this role</span>
              ) : (
                <Copyable text={one.dsn} />
              )}
            </Fact>
          ))}
        </FactList>
      )}
    </section>
  );
}

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
        <p className="none q">No node subscribes to this one.</p>
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
                {link.safeWalSizeBytes === null ? (
                  <span className="f">no limit set</span>
                ) : (
                  <Aged old={old}>
                    <Num of={bytes(link.safeWalSizeBytes)} />
                  </Aged>
                )}
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
}: {
  cluster: string;
  subscriptions: SubscriptionSnapshot[];
  old: boolean;
}) {
  return (
    <section className="sec">
      <SectionHead title="Receives" count={subscriptions.length} note="subscriptions of this node" />
      {subscriptions.length === 0 ? (
        <p className="none q">This node subscribes to no other.</p>
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
              <td className="q">
                {(['insert', 'update', 'delete', 'truncate'] as const).filter((op) => set[op]).join(', ') ||
                  'nothing'}
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
