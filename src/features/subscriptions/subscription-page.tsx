/** One subscription: its true status beside what its receiver says, every option, its worker, slot, lag and copies. */
import { Link, useParams } from 'react-router';
import { compareFindings } from '#core/advice/order.ts';
import type { Finding } from '#core/model/finding.ts';
import type { LinkSnapshot, SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { useClusterName, useIsOld, useReadAt, useRecentLag, useSnapshot } from '#src/api/hooks.ts';
import { shownSubscription } from '#src/lib/link-state.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { lagText } from '#src/lib/units.ts';
import { PlanButton } from '#src/parts/plan-button.tsx';
import { ProveLinks } from '#src/parts/prove-links.tsx';
import { buttonClass } from '#src/ui/button.tsx';
import { FindingItem } from '#src/ui/finding-item.tsx';
import { ArrowText, LinkName } from '#src/ui/link-name.tsx';
import { Empty } from '#src/ui/notice.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';
import { Age, Time } from '#src/ui/time.tsx';
import { SyncBlock } from './copies-block.tsx';
import { doubtOf } from './lines.ts';
import { LagBlock, OptionsBlock, WorkerAndSlot } from './subscription-blocks.tsx';
import { SubscriptionStatus } from './subscription-rows.tsx';

export function Component() {
  const cluster = useClusterName();
  const { receiver = '', name = '' } = useParams();
  const snapshot = useSnapshot();
  const history = useRecentLag();
  const sub = snapshot.subscriptions.find((one) => one.receiver === receiver && one.name === name);
  const link =
    snapshot.links.find((one) => one.provider === sub?.provider && one.receiver === sub?.receiver) ?? null;
  const old = useIsOld(useReadAt(sub?.receiver));
  const linkOld = useIsOld(useReadAt(link?.provider));
  if (!sub) return <NoSuch cluster={cluster} receiver={receiver} name={name} />;
  const findings = snapshot.findings.filter((finding) => concerns(finding, sub)).sort(compareFindings);
  return (
    <>
      <Head sub={sub} link={link} />
      <div className="cols">
        <div>
          <section className="section">
            <Actions cluster={cluster} sub={sub} />
            {sub.provider !== null && (
              <ProveLinks cluster={cluster} from={[sub.provider]} to={sub.receiver}>
                Prove this link now
              </ProveLinks>
            )}
          </section>
          {link && <LagBlock cluster={cluster} link={link} history={history} />}
          <div className="side-by-side section">
            <OptionsBlock cluster={cluster} sub={sub} old={old} />
            <WorkerAndSlot sub={sub} link={link} old={linkOld} />
          </div>
          <SyncBlock cluster={cluster} sub={sub} />
        </div>
        <aside className="first" aria-label="Findings of this subscription">
          <SectionHead title="Findings" count={findings.length} />
          {findings.length === 0 ? (
            <p className="none muted">No problems found.</p>
          ) : (
            findings.map((finding, index) => (
              <FindingItem
                key={finding.id}
                finding={finding}
                open={index < 2}
                action={finding.remedy?.plan && <PlanButton request={finding.remedy.plan} size="sm" />}
              />
            ))
          )}
        </aside>
      </div>
    </>
  );
}

/** Of this subscription, its slot or its link; and what takes either of its ends out of it. */
const concerns = ({ subject, code }: Finding, sub: SubscriptionSnapshot): boolean =>
  (code === 'node-unreachable' && (subject.node === sub.provider || subject.node === sub.receiver)) ||
  (subject.subscription === sub.name &&
    (subject.receiver === undefined || subject.receiver === sub.receiver)) ||
  (subject.slot === sub.slot && subject.slot !== undefined) ||
  (subject.provider === sub.provider && subject.receiver === sub.receiver && subject.provider !== undefined);

function Head({ sub, link }: { sub: SubscriptionSnapshot; link: LinkSnapshot | null }) {
  const readAt = useReadAt(sub.receiver);
  const doubt = doubtOf(sub, useIsOld(readAt));
  return (
    <Say
      top={
        <>
          <SubscriptionStatus sub={{ ...sub, reportedStatus: null }} link={link} />
          <span className="faint">
            {link?.since && (
              <>
                for <Age since={link.since} />,{' '}
              </>
            )}
            {readAt === null ? (
              'never read'
            ) : (
              <>
                read at <Time at={readAt} />
              </>
            )}
          </span>
        </>
      }
    >
      {sub.provider === null ? (
        `${safeName(sub.receiver)} by ${safeName(sub.name)}`
      ) : (
        <LinkName provider={safeName(sub.provider)} receiver={safeName(sub.receiver)} />
      )}{' '}
      <ArrowText>{sentence(sub, link)}</ArrowText>
      {doubt !== null && <span className="muted"> {doubt}.</span>}
      {link && link.subscriptions.length > 1 && (
        <span className="muted">
          {' '}
          There is another subscription between the same nodes; lag is the worse of both.
        </span>
      )}
    </Say>
  );
}

function sentence(sub: SubscriptionSnapshot, link: LinkSnapshot | null): string {
  const name = safeName(sub.name);
  const lag = link?.lagSeconds == null ? null : lagText(link.lagSeconds, link.lagAtLeast);
  const why = link?.reason ? `: ${link.reason}` : '';
  switch (shownSubscription(sub, link)) {
    case 'replicating':
    case 'behind':
      return `replicates by ${name}${lag === null ? '; its lag is unknown' : `, ${lag} behind`}.`;
    case 'initializing':
      return `is being set up by ${name}${why}.`;
    case 'disabled':
      return `is disabled: ${name} receives nothing${lag === null ? '' : `, and is ${lag} behind`}.`;
    case 'down':
      return `is down${why || `: ${name} receives nothing`}${lag === null ? '' : `; ${lag} behind`}.`;
    case 'failing':
      return `fails: the worker of ${name} keeps exiting${lag === null ? '' : `; ${lag} behind`}.`;
    case 'unknown':
      return `is not known${why}.`;
    case 'missing':
      return `is missing${why}.`;
  }
}

function Actions({ cluster, sub }: { cluster: string; sub: SubscriptionSnapshot }) {
  const base = { cluster, receiver: sub.receiver, subscription: sub.name };
  return (
    <div className="tools px-4 py-2">
      {sub.enabled ? (
        <PlanButton size="md" request={{ kind: 'subscription-disable', ...base }} />
      ) : (
        <PlanButton look="primary" size="md" request={{ kind: 'subscription-enable', ...base }} />
      )}
      <PlanButton size="md" request={{ kind: 'subscription-drop', ...base }} />
      <span className="faint text-12">Each shows its plan first; nothing is written until you run it.</span>
    </div>
  );
}

function NoSuch({ cluster, receiver, name }: { cluster: string; receiver: string; name: string }) {
  return (
    <>
      <Say top={<State of="unknown">Not found</State>}>
        {`${safeName(receiver)} has no subscription ${safeName(name)}.`}
      </Say>
      <Empty
        title="It may have been dropped or renamed, or its node was not read yet"
        actions={
          <Link className={buttonClass('primary')} to={paths.subscriptions(cluster)}>
            Show subscriptions
          </Link>
        }
      />
    </>
  );
}
