/** Three ways to a cluster, told as a specification: what each is for, writes, needs, takes. */
import { useQuery } from '@tanstack/react-query';
import { FlaskConical, Plug, ServerCog } from 'lucide-react';
import { Fragment, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { ClusterSummary } from '#core/contract/clusters.ts';
import type { Machine } from '#core/contract/system.ts';
import { SANDBOX_DISK_BYTES } from '#core/plan/sandbox-size.ts';
import { machineQuery } from '#src/api/queries.ts';
import { paths } from '#src/lib/paths.ts';
import { bytesText } from '#src/lib/units.ts';
import { DraftLinks } from '#src/parts/draft-links.tsx';
import { SandboxForm } from '#src/parts/sandbox-form.tsx';
import { buttonClass } from '#src/ui/button.tsx';
import { Icon } from '#src/ui/icon.tsx';
import { Skeleton } from '#src/ui/notice.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { ConnectForm } from './connect-form.tsx';

export function Doors({ clusters, compact = false }: { clusters: ClusterSummary[]; compact?: boolean }) {
  const { data: machine } = useQuery(machineQuery());
  const taken = clusters.map((cluster) => cluster.name);
  const sandbox = (
    <SandboxForm
      className="door-form"
      label="Name of the sandbox"
      act="Make a sandbox"
      look={compact ? 'default' : 'primary'}
      size="lg"
    />
  );
  const connect = (
    <>
      <ConnectForm taken={taken} />
      {compact && (
        <p className="muted">
          Best with{' '}
          <Link to={paths.watchingRole}>
            <u>a role that can only watch</u>
          </Link>
          .
        </p>
      )}
    </>
  );
  const servers = (
    <>
      <Link className={buttonClass('default', 'lg')} to={paths.newDeploy}>
        Deploy on servers…
      </Link>
      <DraftLinks />
    </>
  );
  const rows: { label: string; cells: [ReactNode, ReactNode, ReactNode] }[] = compact
    ? []
    : [
        {
          label: 'For',
          cells: [
            'Trying things out: three PostgreSQL servers on this machine, each replicating to each other.',
            'A running Spock cluster. One node is enough; the others are found from it.',
            'Servers that run PostgreSQL with Spock installed, and are to become a cluster.',
          ],
        },
        {
          label: 'Writes',
          cells: [
            'Only under the data folder here.',
            'Nothing. It only reads, with time-outs.',
            'Nothing until you have seen the plan, statement by statement.',
          ],
        },
        {
          label: 'Needs',
          cells: [
            <SandboxNeeds key="needs" machine={machine} />,
            <Fragment key="needs">
              A role on each node; best{' '}
              <Link to={paths.watchingRole}>
                <u>one that can only watch</u>
              </Link>
              .
            </Fragment>,
            'A role with the privileges for it, and a connection from each node to every other.',
          ],
        },
        { label: 'Takes', cells: ['About 10 s', 'About 1 s', 'Minutes, and the time to copy the data'] },
        {
          label: 'Engine',
          cells: [<SandboxEngine key="engine" machine={machine} />, 'Spock 4.0 to 6.0', 'Spock 4.0 to 6.0'],
        },
      ];
  return (
    <section aria-label="Ways to a cluster" className={compact ? 'section' : 'doors-box'}>
      {compact && <SectionHead title="Add a cluster" />}
      <div className={`doors ${compact ? 'compact' : ''}`}>
        <div className="row-label head" />
        <DoorHead icon={FlaskConical}>Sandbox</DoorHead>
        <DoorHead icon={Plug}>Connect</DoorHead>
        <DoorHead icon={ServerCog}>Deploy on servers</DoorHead>
        {rows.map(({ label, cells }) => (
          <Fragment key={label}>
            <div className="row-label">{label}</div>
            {cells.map((cell, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the three doors stand in their order
              <div key={at} data-door={at + 1}>
                <p>
                  <span className="narrow-only door-label">{label}</span>
                  {cell}
                </p>
              </div>
            ))}
          </Fragment>
        ))}
        <div className="row-label" />
        <div className="door-actions" data-door="1">
          {sandbox}
        </div>
        <div className="door-actions" data-door="2">
          {connect}
        </div>
        <div className="door-actions" data-door="3">
          {servers}
        </div>
      </div>
    </section>
  );
}

function DoorHead({ icon, children }: { icon: typeof Plug; children: string }) {
  const door = { Sandbox: '1', Connect: '2' }[children] ?? '3';
  return (
    <div className="head" data-door={door}>
      <h2>
        <Icon of={icon} size={16} />
        {children}
      </h2>
    </div>
  );
}

function SandboxNeeds({ machine }: { machine: Machine | undefined }) {
  if (!machine) return <Skeleton width={220} />;
  const [first, last] = [machine.ports[0], machine.ports.at(-1)];
  return (
    <>
      {bytesText(SANDBOX_DISK_BYTES)} of disk
      {machine.diskFreeBytes !== null && `, ${bytesText(machine.diskFreeBytes)} free`}.
      {first !== undefined && last !== undefined && ` Ports ${first} to ${last}, free now.`}
    </>
  );
}

function SandboxEngine({ machine }: { machine: Machine | undefined }) {
  if (!machine) return <Skeleton width={200} />;
  if (machine.sandboxEngine === null) return machine.reason ?? 'None was found.';
  return (
    <>
      {machine.sandboxEngine.text}
      {machine.sandboxEngine.standin && '. No real Spock was found here; never for production.'}
    </>
  );
}
