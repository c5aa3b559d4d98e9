/** Blocks of facts on a subscription's page. */
import { type FormEvent, type ReactNode, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type { LagHistory } from '#core/contract/history.ts';
import type { LinkSnapshot, SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { tell } from '#src/api/errors.ts';
import { usePlan } from '#src/api/hooks.ts';
import { PlanButton } from '#src/layouts/plan-button.tsx';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { bytes, duration, rate } from '#src/lib/units.ts';
import { Button } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';
import { Copyable, Mono } from '#src/ui/mono.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { Spark } from '#src/ui/spark.tsx';
import { State } from '#src/ui/state.tsx';
import { Table } from '#src/ui/table.tsx';
import { ExactTime } from '#src/ui/time.tsx';
import { Known, Num, Unknown } from '#src/ui/value.tsx';
import { SYNC_WORDS } from './lines.ts';
import { Sets } from './subscription-rows.tsx';

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

export function OptionsBlock({ sub, old }: { sub: SubscriptionSnapshot; old: boolean }) {
  return (
    <section>
      <SectionHead title="Options" note="spock.subscription on the receiver" />
      <dl className="facts3">
        <Fact name="enabled">{sub.enabled ? 'yes' : 'no'}</Fact>
        <Fact name="replication sets">
          <Sets names={sub.replicationSets} all />
        </Fact>
        <Fact name="forward origins">
          {sub.forwardOrigins.length === 0 ? (
            'none: only what the provider wrote itself'
          ) : (
            <Mono>{sub.forwardOrigins.map(safeName).join(', ')}</Mono>
          )}
        </Fact>
        <Fact name="apply delay">
          {sub.applyDelaySeconds === 0 ? 'none' : duration(sub.applyDelaySeconds)}
        </Fact>
        <Fact name="force text transfer">
          <Known of={sub.forceTextTransfer} old={old} show={(value) => (value ? 'yes' : 'no')} />
        </Fact>
        <Fact name="skip LSN">
          {sub.skipLsn === null || sub.skipLsn === '0/0' ? (
            <span className="f">none</span>
          ) : (
            <Copyable text={sub.skipLsn} />
          )}
        </Fact>
        <Fact name="skip schema">
          {sub.skipSchema === null || sub.skipSchema.length === 0 ? (
            <span className="f">none</span>
          ) : (
            <Mono>{sub.skipSchema.map(safeName).join(', ')}</Mono>
          )}
        </Fact>
        <Fact name="created">
          {sub.createdAt === null ? (
            <span className="f">this version does not say</span>
          ) : (
            <ExactTime at={sub.createdAt} />
          )}
        </Fact>
        <Fact name="provider DSN">
          {sub.providerDsn === null ? (
            <span className="f">not visible to this role</span>
          ) : (
            <Copyable text={sub.providerDsn} />
          )}
        </Fact>
      </dl>
    </section>
  );
}

export function WorkerAndSlot({
  sub,
  link,
  old,
}: {
  sub: SubscriptionSnapshot;
  link: LinkSnapshot | null;
  old: boolean;
}) {
  return (
    <section>
      <SectionHead title="Apply worker" note={`on ${safeName(sub.receiver)}`} />
      <dl className="facts3">
        <Fact name="says">{sub.reportedStatus === null ? <Unknown /> : `“${sub.reportedStatus}”`}</Fact>
        <Fact name="process">
          {sub.workerPid === null ? <span className="f">none seen</span> : `pid ${sub.workerPid}`}
        </Fact>
        <Fact name="worker status">
          <Known
            of={sub.workerStatus}
            old={old}
            show={(value) => value}
            unknown="this version does not say"
          />
        </Fact>
      </dl>
      <div className="last">
        <SectionHead title="Slot" note={sub.provider === null ? undefined : `on ${safeName(sub.provider)}`} />
        <dl className="facts3">
          <Fact name="name">
            <Copyable text={sub.slot}>{safeName(sub.slot)}</Copyable>
          </Fact>
          <Fact name="in use">
            <Known
              of={link?.slotActive}
              old={old}
              show={(active) =>
                active ? (
                  'yes'
                ) : (
                  <State of="warning" size={12}>
                    no: its receiver is not connected
                  </State>
                )
              }
            />
          </Fact>
          <Fact name="WAL held">
            <Known of={link?.walHeldBytes} old={old} show={(value) => <Num of={bytes(value)} />} />
          </Fact>
          <Fact name="behind">
            <Known of={link?.lagBytes} old={old} show={(value) => <Num of={bytes(value)} />} />
          </Fact>
          <Fact name="confirms">
            {old ? (
              <Unknown />
            ) : (
              <Known of={link?.bytesPerSecond} show={(value) => <Num of={rate(value)} />} />
            )}
          </Fact>
          <Fact name="wal_status">
            <Known
              of={link?.walStatus}
              old={old}
              show={(status) =>
                status === 'reserved' ? (
                  status
                ) : (
                  <State of={status === 'lost' ? 'critical' : 'warning'} size={12}>
                    {status}
                  </State>
                )
              }
            />
          </Fact>
          <Fact name="room left">
            {link && link.safeWalSizeBytes === null && link.walStatus !== null ? (
              <span className="f">no limit set</span>
            ) : (
              <Known of={link?.safeWalSizeBytes} old={old} show={(value) => <Num of={bytes(value)} />} />
            )}
          </Fact>
          <Fact name="restart_lsn">
            <Known of={link?.restartLsn} old={old} show={(lsn) => <Copyable text={lsn} />} />
          </Fact>
          <Fact name="confirmed_flush_lsn">
            <Known of={link?.confirmedFlushLsn} old={old} show={(lsn) => <Copyable text={lsn} />} />
          </Fact>
        </dl>
      </div>
    </section>
  );
}

/** Lag of the last 15 minutes, small; the lag page has it large. */
export function LagBlock({
  cluster,
  link,
  history,
}: {
  cluster: string;
  link: LinkSnapshot;
  history: LagHistory | undefined;
}) {
  const series = history?.series.find(
    (one) => one.provider === link.provider && one.receiver === link.receiver,
  );
  const points = (series?.points ?? []).map((point) => ({
    at: Date.parse(point.at),
    value: point.lagSeconds,
  }));
  const known = points.flatMap((point) => (point.value === null ? [] : [point.value]));
  const max = Math.max(0, ...known);
  return (
    <section className="sec">
      <SectionHead
        title="Lag"
        note={
          known.length === 0
            ? 'last 15 min'
            : `last 15 min, from 0 to ${duration(Math.max(max, 1))}; at most ${duration(max)}`
        }
      >
        <Link className="act" to={paths.link(cluster, link.provider, link.receiver)}>
          Open
        </Link>
      </SectionHead>
      <div className="wide-spark">
        {known.length === 0 ? (
          <p className="q hatch none-known">
            <span>{history === undefined ? 'Being read' : 'No data in the last 15 minutes'}</span>
          </p>
        ) : (
          <Spark
            points={points}
            from={history ? Date.parse(history.from) : 0}
            to={history ? Date.parse(history.to) : 0}
            max={Math.max(max, 1)}
            tone={link.state === 'down' ? 'c' : link.behind ? 'w' : ''}
            width={900}
            height={48}
          />
        )}
      </div>
    </section>
  );
}

export function SyncBlock({ cluster, sub }: { cluster: string; sub: SubscriptionSnapshot }) {
  const tables = sub.sync.filter((one) => one.table !== null);
  const whole = sub.sync.find((one) => one.table === null);
  return (
    <section className="sec">
      <SectionHead
        title="Initial copy"
        note={
          whole
            ? `the subscription itself: ${SYNC_WORDS[whole.status] ?? whole.status}`
            : 'spock.local_sync_status'
        }
      />
      {tables.length === 0 ? (
        <p className="none q">No table waits for its copy.</p>
      ) : (
        <Table
          label="Tables whose copy is not done"
          head={
            <>
              <th>Table</th>
              <th>Status</th>
              <th>At LSN</th>
              <th />
            </>
          }
        >
          {tables.map((one) => (
            <tr key={`${one.schema}.${one.table}`}>
              <td>
                <Mono>
                  {safeName(one.schema ?? '')}.{safeName(one.table ?? '')}
                </Mono>
              </td>
              <td>
                <State of={one.status === 'y' || one.status === 'r' ? 'done' : 'initializing'} size={12}>
                  {SYNC_WORDS[one.status] ?? one.status}
                </State>
              </td>
              <td>
                <Known of={one.lsn} show={(lsn) => <Mono>{lsn}</Mono>} />
              </td>
              <td className="r">
                {sub.status !== 'initializing' && (
                  <PlanButton
                    size="sm"
                    request={{
                      kind: 'table-resync',
                      cluster,
                      receiver: sub.receiver,
                      subscription: sub.name,
                      schema: one.schema ?? '',
                      table: one.table ?? '',
                    }}
                  />
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      <CopyAgain cluster={cluster} sub={sub} />
    </section>
  );
}

/** Any table can be copied anew, also one whose copy is done: its rows on the receiver are replaced. */
function CopyAgain({ cluster, sub }: { cluster: string; sub: SubscriptionSnapshot }) {
  const [name, setName] = useState('');
  const plan = usePlan();
  const navigate = useNavigate();
  const dot = name.indexOf('.');
  const [schema, table] =
    dot === -1 ? ['public', name.trim()] : [name.slice(0, dot).trim(), name.slice(dot + 1).trim()];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    plan.mutate(
      { kind: 'table-resync', cluster, receiver: sub.receiver, subscription: sub.name, schema, table },
      { onSuccess: (made) => navigate(paths.plan(made.id)) },
    );
  };
  const told = plan.error ? tell(plan.error) : null;
  return (
    <form className="copy-again" onSubmit={submit}>
      <Field
        label="Copy a table from the provider again"
        mono
        spellCheck={false}
        autoComplete="off"
        placeholder="public.orders"
        value={name}
        onChange={(event) => setName(event.target.value)}
        error={
          told && {
            message: told.issues[0]?.message ?? told.message,
            remedy: told.issues[0]?.remedy ?? told.remedy,
          }
        }
      />
      <Button type="submit" busy={plan.isPending} disabled={table === ''}>
        Copy again…
      </Button>
    </form>
  );
}
