/** Facts of one node, by name and value: what it is, what it says now, how it is reached. */
import { useState } from 'react';
import type { NodeSnapshot } from '#core/model/snapshot.ts';
import { useCluster, useClusterName, useEngineWords } from '#src/api/hooks.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { milliseconds, rate } from '#src/lib/units.ts';
import { AddressForm } from '#src/parts/address-form.tsx';
import { PlanButton } from '#src/parts/plan-button.tsx';
import { Button } from '#src/ui/button.tsx';
import { Copyable, Mono } from '#src/ui/mono.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State } from '#src/ui/state.tsx';
import { Time } from '#src/ui/time.tsx';
import { Known, Num, Unknown } from '#src/ui/value.tsx';
import { LocationForm } from './location-form.tsx';
import { Fact, FactList } from './node-blocks.tsx';
import { Clock } from './node-row.tsx';

export function Identity({ node, old }: { node: NodeSnapshot; old: boolean }) {
  const words = useEngineWords();
  const cluster = useClusterName();
  const [placing, setPlacing] = useState(false);
  return (
    <section>
      <SectionHead title="Identity" />
      {placing && <LocationForm cluster={cluster} node={node} onClose={() => setPlacing(false)} />}
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
          )}{' '}
          {node.state === 'up' && !old && (
            <PlanButton look="bare" request={{ kind: 'extension-update', cluster, nodes: [node.name] }} />
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
            safeName([node.location, node.country].filter(Boolean).join(', '))
          )}{' '}
          {node.state === 'up' && !old && (
            <Button size="sm" look="bare" aria-expanded={placing} onClick={() => setPlacing(!placing)}>
              Change location…
            </Button>
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

export function Now({ node, old }: { node: NodeSnapshot; old: boolean }) {
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

export function Reached({ node }: { node: NodeSnapshot }) {
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
