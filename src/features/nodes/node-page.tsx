/** One node: who it is, what it runs, what it holds for others, what it receives, and what is not well with it. */
import { useState } from 'react';
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
import { milliseconds, rate } from '#src/lib/units.ts';
import { AddressForm } from '#src/parts/address-form.tsx';
import { PlanButton } from '#src/parts/plan-button.tsx';
import { ProveLinks } from '#src/parts/prove-links.tsx';
import { Button, buttonClass } from '#src/ui/button.tsx';
import { FindingItem } from '#src/ui/finding-item.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Copyable, Mono } from '#src/ui/mono.tsx';
import { Empty, Notice } from '#src/ui/notice.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';
import { Tape } from '#src/ui/tape.tsx';
import { Age, Time } from '#src/ui/time.tsx';
import { Known, Num, Unknown } from '#src/ui/value.tsx';
import { CapacityBlock, Fact, FactList, InterfacesBlock, SettingsBlock } from './node-blocks.tsx';
import { NodeSetsBlock, ReceivesBlock, SlotsBlock } from './node-links.tsx';
import { Clock, NodeState } from './node-row.tsx';

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
            ' The console starts the servers of a sandbox again when they end, after seconds at first and up to half a minute later.'}
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
    </>
  );
}

function Identity({ node, old }: { node: NodeSnapshot; old: boolean }) {
  const words = useEngineWords();
  return (
    <section>
      <SectionHead title="Identity" />
      <FactList>
        <Fact name="PostgreSQL">
          <Known of={node.serverVersion} old={old} show={(value) => value} />
        </Fact>
        <Fact name={words.name}>
          {node.standin ? (
            <State of="info" size={12}>
              stand-in, {node.engineVersion ?? 'version unknown'}
            </State>
          ) : (
            <Known of={node.engineVersion} old={old} show={(value) => value} />
          )}
        </Fact>
        <Fact name="system identifier">
          <Known of={node.systemIdentifier} old={old} show={(value) => <Copyable text={value} />} />
        </Fact>
        <Fact name="timeline">
          <Known of={node.timeline} old={old} show={(value) => value} />
        </Fact>
        <Fact name="location">
          {node.unseen.includes(words.nodes) ? (
            <span className="faint">not visible to this role</span>
          ) : node.location === null && node.country === null ? (
            <span className="faint">not set</span>
          ) : (
            [node.location, node.country].filter(Boolean).join(', ')
          )}
        </Fact>
        <Fact name="snowflake.node">
          {node.snowflakeNode === null ? (
            <span className="faint">no snowflake here</span>
          ) : (
            node.snowflakeNode
          )}
        </Fact>
      </FactList>
    </section>
  );
}

function Now({ node, old }: { node: NodeSnapshot; old: boolean }) {
  const words = useEngineWords();
  const cluster = useClusterName();
  return (
    <section>
      <SectionHead
        title="Now"
        note={
          node.observedAt === null ? (
            'never read'
          ) : old ? (
            <>
              read at <Time at={node.observedAt} />
            </>
          ) : undefined
        }
      />
      <FactList>
        <Fact name="round trip">
          {node.state === 'up' ? (
            <Known of={node.roundTripMs} show={(value) => <Num of={milliseconds(value)} />} />
          ) : (
            <Unknown>none</Unknown>
          )}
        </Fact>
        <Fact name="WAL position">
          <Known
            of={node.walLsn}
            old={old}
            show={(lsn) => <Copyable text={lsn} />}
            unknown={node.standby ? 'in recovery' : undefined}
          />
        </Fact>
        <Fact name="writes">
          {old ? (
            <Unknown />
          ) : (
            <Known of={node.walBytesPerSecond} show={(value) => <Num of={rate(value)} />} />
          )}
        </Fact>
        <Fact name="clock, from here">
          <Clock node={node} old={old} />
        </Fact>
        <Fact name={words.readOnlySetting}>
          {node.readOnly === null ? (
            <Unknown />
          ) : node.readOnly ? (
            <State of="warning" size={12}>
              read-only
            </State>
          ) : (
            'off'
          )}{' '}
          {node.readOnly !== null && !old && (
            <PlanButton
              look="bare"
              request={{ kind: 'node-read-only', cluster, node: node.name, readOnly: !node.readOnly }}
            />
          )}
        </Fact>
        <Fact name="in recovery">
          <Known of={node.standby} old={old} show={(value) => (value ? 'yes, a physical standby' : 'no')} />
        </Fact>
      </FactList>
    </section>
  );
}

function Reached({ node }: { node: NodeSnapshot }) {
  const cluster = useCluster();
  const [open, setOpen] = useState(false);
  const kept = cluster.nodes.find((one) => one.name === node.name);
  return (
    <section>
      <SectionHead title="How the console reaches it">
        <Button size="sm" onClick={() => setOpen(true)}>
          Change the address
        </Button>
      </SectionHead>
      <FactList>
        <Fact name="from here">{kept ? <Copyable text={kept.dsn} /> : <Mono>{node.address}</Mono>}</Fact>
        <Fact name="its peers use">
          {kept?.peerDsn ? <Copyable text={kept.peerDsn} /> : <span className="faint">the same</span>}
        </Fact>
        <Fact name="password">
          {kept?.hasPassword ? 'kept, sealed' : <span className="faint">none kept</span>}
        </Fact>
      </FactList>
      <AddressForm cluster={cluster} node={node.name} open={open} onClose={() => setOpen(false)} />
    </section>
  );
}

/** The catalogs of others name it, and the console has no address of it. */
function NotWatched({ name, receivers }: { name: string; receivers: string[] }) {
  return (
    <>
      <Say top={<State of="unknown">Not watched</State>}>
        {`The console has no address of ${safeName(name)}, and ${receivers.map(safeName).join(', ')} ${receivers.length === 1 ? 'subscribes' : 'subscribe'} to it.`}
      </Say>
      <Empty
        title="Its state is not known here"
        actions={
          <Link className={buttonClass('primary')} to={paths.settings}>
            Watch another node
          </Link>
        }
      >
        If it is gone for good, drop the subscriptions to it on their pages.
      </Empty>
    </>
  );
}

function NoSuchNode({ cluster, name }: { cluster: string; name: string }) {
  return (
    <>
      <Say top={<State of="unknown">Not found</State>}>
        <ArrowText>{`${cluster} has no node ${safeName(name)}.`}</ArrowText>
      </Say>
      <Empty
        title="It may have been renamed, dropped or forgotten"
        actions={
          <Link className={buttonClass('primary')} to={paths.nodes(cluster)}>
            Show nodes
          </Link>
        }
      />
    </>
  );
}
