/** One node: who it is, what it runs, what it holds for others, what it receives, and what is not well with it. */
import { Link, useParams } from 'react-router';
import { compareFindings } from '#core/advice/order.ts';
import type { Finding } from '#core/model/finding.ts';
import { shownText } from '#core/model/shown-text.ts';
import type { NodeSnapshot } from '#core/model/snapshot.ts';
import {
  useCluster,
  useClusterName,
  useEngineWords,
  useIsOld,
  usePolls,
  useSnapshot,
} from '#src/api/hooks.ts';
import { moveRow } from '#src/lib/list-keys.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { PlanButton } from '#src/parts/plan-button.tsx';
import { ProveLinks } from '#src/parts/prove-links.tsx';
import { FindingItem } from '#src/ui/finding-item.tsx';
import { Mono } from '#src/ui/mono.tsx';
import { Notice } from '#src/ui/notice.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { Tape } from '#src/ui/tape.tsx';
import { Age, Time } from '#src/ui/time.tsx';
import { NoSuchNode, NotWatched } from './no-node.tsx';
import { CapacityBlock, InterfacesBlock, SettingsBlock } from './node-blocks.tsx';
import { Identity, Now, Reached } from './node-facts.tsx';
import { NodeSetsBlock, ReceivesBlock, SlotsBlock } from './node-links.tsx';
import { NodeState } from './node-row.tsx';

export function Component() {
  const cluster = useClusterName();
  const { node: name = '' } = useParams();
  const snapshot = useSnapshot();
  const registered = useCluster();
  const node = snapshot.nodes.find((one) => one.name === name);
  if (!node) {
    const receivers = snapshot.subscriptions.flatMap((sub) => (sub.provider === name ? [sub.receiver] : []));
    if (receivers.length > 0) return <NotWatched name={name} receivers={receivers} />;
    return <NoSuchNode cluster={cluster} name={name} />;
  }
  // Servers of a sandbox are started again by the console itself.
  const isLost = node.state === 'down' && registered.sandbox === null && snapshot.nodes.length > 1;
  const findings = snapshot.findings.filter((finding) => concerns(finding, name)).sort(compareFindings);
  return (
    <>
      <Head node={node} />
      {node.error && (
        <Notice
          state="critical"
          title={shownText(`${node.address}: ${node.error.message}`)}
          actions={isLost && <GiveUp cluster={cluster} node={name} />}
        >
          {node.observedAt !== null && (
            <>
              Underlined is what {safeName(name)} last reported, at <Time at={node.observedAt} />.{' '}
            </>
          )}
          {node.error.tries} {node.error.tries === 1 ? 'try' : 'tries'} since <Time at={node.error.since} />.
          {node.error.sqlstate !== null && ` SQLSTATE ${node.error.sqlstate}.`}
          {node.state === 'down' &&
            registered.sandbox !== null &&
            ' The console restarts a sandbox server that exits, after seconds at first, later after up to half a minute.'}
        </Notice>
      )}
      {node.unseen.length > 0 && <Unseen names={node.unseen} />}
      <div className="cols">
        {/* biome-ignore lint/a11y/noStaticElementInteractions: arrow keys move between the rows' links */}
        <div onKeyDown={moveRow}>
          <Blocks node={node} />
        </div>
        <aside className="first" aria-label="Findings of this node">
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

/** For a server that is gone for good; the plan says what that means, and looks whether it is so. */
function GiveUp({ cluster, node }: { cluster: string; node: string }) {
  return (
    <>
      <PlanButton request={{ kind: 'node-remove', cluster, node }} size="md" />
      <span className="faint">If its server is gone for good: the others drop what they keep for it.</span>
    </>
  );
}

/** Of a node that runs: drained first, so that nothing is lost. */
function Leave({ cluster, node }: { cluster: string; node: string }) {
  return (
    <section className="section">
      <SectionHead title="Remove" />
      <p className="muted">
        The node is made read-only, the others get all that it wrote, then it leaves the cluster. Its rows
        stay on it.
      </p>
      <PlanButton request={{ kind: 'node-remove', cluster, node }}>{`Remove ${safeName(node)}…`}</PlanButton>
    </section>
  );
}

/** A finding speaks of a node when it names it as itself, or as an end of the link that it is about. */
const concerns = ({ subject }: Finding, node: string): boolean =>
  subject.node === node || subject.receiver === node || subject.provider === node;

function Head({ node }: { node: NodeSnapshot }) {
  const words = useEngineWords();
  const polls = usePolls()?.[node.name];
  const name = safeName(node.name);
  const facts = [
    node.standin
      ? `runs the stand-in for ${words.name}`
      : node.engineVersion && `runs ${words.name} ${node.engineVersion}`,
    node.serverVersion && `on PostgreSQL ${node.serverVersion}`,
  ].filter(Boolean);
  return (
    <Say
      top={
        <>
          <NodeState node={node} />
          <span className="faint">
            {node.since !== null && (
              <>
                for <Age since={node.since} />,{' '}
              </>
            )}
            {node.address}
          </span>
          {polls && (
            <span className="wide-only">
              <Tape polls={polls} label={`Polls of ${safeName(node.name)}`} />
            </span>
          )}
        </>
      }
    >
      {name}
      {node.location !== null && <span className="muted"> in {safeName(node.location)}</span>}
      {facts.length > 0 && ` ${facts.join(' ')}`}
      {node.state === 'down' ? '; it does not answer' : ''}
      {node.state === 'up' && node.standby ? '; it is a standby, not the primary' : ''}
      {node.readOnly ? '; it is read-only' : ''}.
    </Say>
  );
}

function Unseen({ names }: { names: string[] }) {
  return (
    <Notice state="info" title={`${names.length} facts are not visible to the role that watches here`}>
      {names.map((name, index) => (
        <span key={name}>
          {index > 0 && ', '}
          <Mono>{safeName(name)}</Mono>
        </span>
      ))}
      . What they would show is marked as not visible, never as empty.{' '}
      <Link to={paths.watchingRole}>
        <u>What a role needs to see them</u>
      </Link>
    </Notice>
  );
}

function Blocks({ node }: { node: NodeSnapshot }) {
  const words = useEngineWords();
  const cluster = useClusterName();
  const kept = useCluster().nodes.find(({ name }) => name === node.name);
  const snapshot = useSnapshot();
  const tooOld = useIsOld(node.observedAt);
  const old = node.state !== 'up' || tooOld;
  return (
    <>
      <div className="side-by-side section">
        <Identity node={node} old={old} />
        <Now node={node} old={old} />
      </div>
      <SlotsBlock
        cluster={cluster}
        old={old}
        links={snapshot.links.filter((link) => link.provider === node.name)}
      />
      <ReceivesBlock
        cluster={cluster}
        old={old}
        subscriptions={snapshot.subscriptions.filter((sub) => sub.receiver === node.name)}
        links={snapshot.links.filter((link) => link.receiver === node.name)}
        unseen={node.unseen.includes(words.subscriptions)}
      />
      <div className="side-by-side section">
        <CapacityBlock node={node} old={old} />
        <NodeSetsBlock old={old} sets={snapshot.replicationSets.filter((set) => set.node === node.name)} />
      </div>
      <div className="side-by-side section">
        <InterfacesBlock node={node} kept={kept?.interfaces} />
        <Reached node={node} />
      </div>
      {node.state === 'up' && snapshot.nodes.length > 1 && (
        <section className="section">
          <ProveLinks cluster={cluster} from={[node.name]}>
            {`Prove the links from ${safeName(node.name)} now`}
          </ProveLinks>
        </section>
      )}
      <SettingsBlock node={node} old={old} />
      {node.state === 'up' && snapshot.nodes.length > 1 && <Leave cluster={cluster} node={node.name} />}
    </>
  );
}
