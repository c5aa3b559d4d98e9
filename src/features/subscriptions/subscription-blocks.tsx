/** Blocks of facts on a subscription's page. */
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { LagHistory } from '#core/contract/history.ts';
import { wordsOf } from '#core/engines/words.ts';
import type { LinkSnapshot, SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { useClusterName, useSnapshot } from '#src/api/hooks.ts';
import { shownState, sparkTone } from '#src/lib/link-state.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { bytes, duration, rate } from '#src/lib/units.ts';
import { PlanButton } from '#src/parts/plan-button.tsx';
import { useSearchState } from '#src/parts/search-state.ts';
import { Button } from '#src/ui/button.tsx';
import { Copyable, Mono } from '#src/ui/mono.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { Spark } from '#src/ui/spark.tsx';
import { State } from '#src/ui/state.tsx';
import { ExactTime } from '#src/ui/time.tsx';
import { tip } from '#src/ui/tooltip.ts';
import { Known, Num, Unknown } from '#src/ui/value.tsx';
import { InterfaceForm } from './interface-form.tsx';
import { OptionsForm } from './options-form.tsx';
import { SetsForm } from './sets-form.tsx';
import { Sets } from './subscription-rows.tsx';

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** What stands open to be changed stands in the address, so that the palette leads to it. */
const DO = 'do';

export function OptionsBlock({
  cluster,
  sub,
  old,
}: {
  cluster: string;
  sub: SubscriptionSnapshot;
  old: boolean;
}) {
  const [search, set] = useSearchState();
  const doing = search.get(DO);
  const change = (what: 'sets' | 'options' | 'interface') => set({ [DO]: doing === what ? null : what });
  const close = () => set({ [DO]: null });
  const version = useSnapshot().nodes.find(({ name }) => name === sub.receiver)?.engineVersion ?? null;
  const refused = wordsOf(sub.engine).cannotAlterOptions(version);
  return (
    <section>
      <SectionHead title="Options" note={`${wordsOf(sub.engine).subscriptions} on the receiver`}>
        <span {...tip(refused ?? undefined)}>
          <Button
            size="sm"
            disabled={refused !== null}
            aria-expanded={doing === 'options'}
            onClick={() => change('options')}
          >
            Change options…
          </Button>
        </span>
      </SectionHead>
      {doing === 'sets' && <SetsForm cluster={cluster} subs={[sub]} onClose={close} />}
      {doing === 'interface' && <InterfaceForm cluster={cluster} sub={sub} onClose={close} />}
      {doing === 'options' && refused !== null && <p className="muted padded">{refused}</p>}
      {doing === 'options' && refused === null && <OptionsForm cluster={cluster} sub={sub} onClose={close} />}
      <dl className="fact-list">
        <Fact name="enabled">{sub.enabled ? 'yes' : 'no'}</Fact>
        <Fact name="replication sets">
          <Sets names={sub.replicationSets} all />{' '}
          <Button size="sm" look="bare" aria-expanded={doing === 'sets'} onClick={() => change('sets')}>
            Change sets…
          </Button>
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
            <span className="faint">none</span>
          ) : (
            <Copyable text={sub.skipLsn} />
          )}
        </Fact>
        <Fact name="skip schema">
          {sub.skipSchema === null || sub.skipSchema.length === 0 ? (
            <span className="faint">none</span>
          ) : (
            <Mono>{sub.skipSchema.map(safeName).join(', ')}</Mono>
          )}
        </Fact>
        <Fact name="created">
          {sub.createdAt === null ? (
            <span className="faint">this version does not say</span>
          ) : (
            <ExactTime at={sub.createdAt} />
          )}
        </Fact>
        <Fact name="provider DSN">
          {sub.providerDsn === null ? (
            <span className="faint">not visible to this role</span>
          ) : (
            <Copyable text={sub.providerDsn} />
          )}{' '}
          <Button
            size="sm"
            look="bare"
            aria-expanded={doing === 'interface'}
            onClick={() => change('interface')}
          >
            Switch interface…
          </Button>
        </Fact>
      </dl>
    </section>
  );
}

/** Whether a standby of the provider could have a copy of the slot; what the versions cannot do is said instead of the action. */
function Failover({ sub, old }: { sub: SubscriptionSnapshot; old: boolean }) {
  const cluster = useClusterName();
  const provider = useSnapshot().nodes.find(({ name }) => name === sub.provider);
  if (provider === undefined || provider.serverVersion === null || old) return <Unknown />;
  if (Number.parseInt(provider.serverVersion, 10) < 17) {
    return (
      <span className="faint">
        from PostgreSQL 17 on: {safeName(provider.name)} runs {provider.serverVersion}
      </span>
    );
  }
  return (
    <PlanButton
      look="bare"
      request={{ kind: 'subscription-failover', cluster, receiver: sub.receiver, subscription: sub.name }}
    />
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
      <dl className="fact-list">
        <Fact name="says">{sub.reportedStatus === null ? <Unknown /> : `“${sub.reportedStatus}”`}</Fact>
        <Fact name="process">
          {sub.workerPid === null ? <span className="faint">none seen</span> : `pid ${sub.workerPid}`}
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
      <div className="last-section">
        <SectionHead title="Slot" note={sub.provider === null ? undefined : `on ${safeName(sub.provider)}`} />
        <dl className="fact-list">
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
                    {link?.failing ? 'no: its worker keeps exiting' : 'no: its receiver is not connected'}
                  </State>
                )
              }
            />
          </Fact>
          <Fact name="failover">
            <Failover sub={sub} old={old} />
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
              <span className="faint">no limit set</span>
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
    <section className="section">
      <SectionHead
        title="Lag"
        note={
          known.length === 0
            ? 'last 15 min'
            : `last 15 min, from 0 to ${duration(Math.max(max, 1))}; at most ${duration(max)}`
        }
      >
        <Link className="text-action" to={paths.link(cluster, link.provider, link.receiver)}>
          Open
        </Link>
      </SectionHead>
      <div className="wide-spark">
        {known.length === 0 ? (
          <p className="muted hatch none-known">
            <span>{history === undefined ? 'Being read' : 'No data in the last 15 minutes'}</span>
          </p>
        ) : (
          <Spark
            points={points}
            from={history ? Date.parse(history.from) : 0}
            to={history ? Date.parse(history.to) : 0}
            max={Math.max(max, 1)}
            tone={sparkTone(shownState(link))}
            width={900}
            height={48}
          />
        )}
      </div>
    </section>
  );
}
