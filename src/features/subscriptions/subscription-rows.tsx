/** Columns of the table of subscriptions. All lines are of one height, so that thousands can be drawn in part. */

import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { shownText } from '#core/model/shown-text.ts';
import type { LinkSnapshot, SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { useClusterName, useIsOld, useReadAt } from '#src/api/hooks.ts';
import { badnessOf, shownSubscription } from '#src/lib/link-state.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { bytes, lagText } from '#src/lib/units.ts';
import { PlanButton } from '#src/parts/plan-button.tsx';
import { Chip } from '#src/ui/chip.tsx';
import { LinkName } from '#src/ui/link-name.tsx';
import { Copyable, Mono } from '#src/ui/mono.tsx';
import { State } from '#src/ui/state.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { tip } from '#src/ui/tooltip.ts';
import { Known, Num, Unknown } from '#src/ui/value.tsx';
import { doubtOf, type Line, providerOf, receiverOf, stateOf } from './lines.ts';

const subOf = (line: Line) => (line.kind === 'subscription' ? line.subscription : null);
const linkOf = (line: Line) => line.link;

/** A link that has no subscription says so in its second column, and offers one in the last ones. */
export const COLUMNS: Column<Line>[] = [
  {
    id: 'link',
    head: 'Link',
    needed: true,
    cell: (line) => <LinkCell line={line} />,
    value: (line) => `${providerOf(line) || 'unknown'} → ${receiverOf(line)}`,
  },
  {
    id: 'subscription',
    head: 'Subscription',
    wideOnly: true,
    cell: (line) => {
      const sub = subOf(line);
      return sub === null ? (
        <span className="faint">no subscription</span>
      ) : (
        <Mono>{safeName(sub.name)}</Mono>
      );
    },
    value: (line) => subOf(line)?.name,
  },
  {
    id: 'status',
    head: 'Status',
    cell: (line) =>
      line.kind === 'missing' ? (
        <State of="missing" />
      ) : (
        <SubscriptionStatus sub={line.subscription} link={line.link} />
      ),
    value: stateOf,
    rank: (line) => badnessOf(stateOf(line)),
    first: 'descending',
  },
  {
    id: 'lag',
    head: 'Lag',
    name: 'Lag, seconds',
    align: 'end',
    cell: (line) =>
      line.kind === 'missing' ? (
        <Unknown>none</Unknown>
      ) : (
        <LinkFact of={line.link?.lagSeconds} link={line.link}>
          {(value) => lagText(value, line.link?.lagAtLeast)}
        </LinkFact>
      ),
    value: (line) => linkOf(line)?.lagSeconds,
    first: 'descending',
  },
  {
    id: 'held',
    head: 'WAL held',
    name: 'WAL held, bytes',
    align: 'end',
    wideOnly: true,
    cell: (line) =>
      line.kind === 'subscription' && (
        <LinkFact of={line.link?.walHeldBytes} link={line.link}>
          {(value) => <Num of={bytes(value)} />}
        </LinkFact>
      ),
    value: (line) => linkOf(line)?.walHeldBytes,
    first: 'descending',
  },
  {
    id: 'sets',
    head: 'Sets',
    wideOnly: true,
    span: (line) => (line.kind === 'missing' ? 3 : 1),
    cell: (line) =>
      line.kind === 'missing' ? (
        <Subscribe link={line.link} />
      ) : (
        <Sets names={line.subscription.replicationSets} />
      ),
    value: (line) => subOf(line)?.replicationSets.join(' '),
  },
  {
    id: 'enabled',
    head: 'Enabled',
    wideOnly: true,
    cell: (line) => (subOf(line)?.enabled ? <span className="faint">yes</span> : 'no'),
    value: (line) => subOf(line)?.enabled,
  },
  {
    id: 'slot',
    head: 'Slot',
    wideOnly: true,
    cell: (line) => {
      const sub = subOf(line);
      return sub && <Copyable text={sub.slot}>{safeName(sub.slot)}</Copyable>;
    },
    value: (line) => subOf(line)?.slot,
  },
];

function LinkCell({ line }: { line: Line }) {
  const cluster = useClusterName();
  if (line.kind === 'missing') {
    return (
      <span className="name">
        <LinkName provider={safeName(line.link.provider)} receiver={safeName(line.link.receiver)} />
      </span>
    );
  }
  const { subscription: sub } = line;
  return (
    <Link to={paths.subscription(cluster, sub.receiver, sub.name)} className="name" data-row>
      {sub.provider === null ? (
        <span className="faint">unknown provider</span>
      ) : (
        <LinkName provider={safeName(sub.provider)} receiver={safeName(sub.receiver)} />
      )}
    </Link>
  );
}

/** A number of the link, marked as old when it is. */
function LinkFact({
  of,
  link,
  children,
}: {
  of: number | null | undefined;
  link: LinkSnapshot | null;
  children: (value: number) => ReactNode;
}) {
  return <Known of={of} old={useIsOld(useReadAt(link?.provider))} show={children} />;
}

function Subscribe({ link }: { link: LinkSnapshot }) {
  const cluster = useClusterName();
  return (
    <PlanButton
      size="sm"
      request={{ kind: 'subscription-create', cluster, provider: link.provider, receiver: link.receiver }}
    />
  );
}

/** The true status, and what the receiver itself says where that is something else. */
export function SubscriptionStatus({ sub, link }: { sub: SubscriptionSnapshot; link: LinkSnapshot | null }) {
  const of = shownSubscription(sub, link);
  const doubt = doubtOf(sub, useIsOld(useReadAt(sub.receiver)));
  return (
    <span {...tip(link?.reason ? shownText(link.reason) : undefined)}>
      <State of={of} />
      {doubt !== null && <span className="faint wide-only"> {doubt}</span>}
    </span>
  );
}

const SHOWN = 3;

/** In a table's row the first ones, else all. */
export function Sets({ names, all = false }: { names: string[]; all?: boolean }) {
  if (names.length === 0) return <span className="faint">none</span>;
  return (
    <span {...tip(names.map(safeName).join(', '))} className={all ? undefined : 'whitespace-nowrap'}>
      {(all ? names : names.slice(0, SHOWN)).map((name) => (
        <Chip key={name}>{name === 'default_insert_only' ? 'insert_only' : safeName(name)}</Chip>
      ))}
      {!all && names.length > SHOWN && <span className="faint"> +{names.length - SHOWN}</span>}
    </span>
  );
}
