/** Lines of the table of subscriptions. All are of one height, so that thousands can be drawn in part. */
import { Link, useNavigate } from 'react-router';
import type { LinkSnapshot, SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { useIsOld } from '#src/api/hooks.ts';
import { PlanButton } from '#src/layouts/plan-button.tsx';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { bytes, lagText } from '#src/lib/units.ts';
import { Chip } from '#src/ui/chip.tsx';
import { LinkName } from '#src/ui/link-name.tsx';
import { Copyable, Mono } from '#src/ui/mono.tsx';
import { State } from '#src/ui/state.tsx';
import { NumCell, Row } from '#src/ui/table.tsx';
import { Known, Num, Unknown } from '#src/ui/value.tsx';
import { doubtOf } from './lines.ts';

export const COLUMNS = 8;

export function SubscriptionHead() {
  return (
    <>
      <th>Link</th>
      <th className="wid">Subscription</th>
      <th>Status</th>
      <th className="r">Lag</th>
      <th className="r wid">WAL held</th>
      <th className="wid">Sets</th>
      <th className="wid">Enabled</th>
      <th className="wid">Slot</th>
    </>
  );
}

export function SubscriptionRow({
  cluster,
  sub,
  link,
}: {
  cluster: string;
  sub: SubscriptionSnapshot;
  link: LinkSnapshot | null;
}) {
  const navigate = useNavigate();
  const to = paths.subscription(cluster, sub.receiver, sub.name);
  const old = useIsOld(link?.observedAt ?? null);
  return (
    <Row onOpen={() => navigate(to)}>
      <td>
        <Link to={to} className="name" data-row>
          {sub.provider === null ? (
            <span className="f">unknown provider</span>
          ) : (
            <LinkName provider={safeName(sub.provider)} receiver={safeName(sub.receiver)} />
          )}
        </Link>
      </td>
      <td className="wid">
        <Mono>{safeName(sub.name)}</Mono>
      </td>
      <td>
        <SubscriptionStatus sub={sub} link={link} />
      </td>
      <NumCell>
        <Known of={link?.lagSeconds} old={old} show={(value) => lagText(value, link?.lagAtLeast)} />
      </NumCell>
      <NumCell className="wid">
        <Known of={link?.walHeldBytes} old={old} show={(value) => <Num of={bytes(value)} />} />
      </NumCell>
      <td className="wid">
        <Sets names={sub.replicationSets} />
      </td>
      <td className="wid">{sub.enabled ? <span className="f">yes</span> : 'no'}</td>
      <td className="wid">
        <Copyable text={sub.slot}>{safeName(sub.slot)}</Copyable>
      </td>
    </Row>
  );
}

/** The true status, and what the receiver itself says where that is something else. */
export function SubscriptionStatus({ sub, link }: { sub: SubscriptionSnapshot; link: LinkSnapshot | null }) {
  const of = sub.status === 'replicating' && link?.behind ? 'behind' : sub.status;
  const doubt = doubtOf(sub, useIsOld(sub.observedAt));
  return (
    <span title={link?.reason ?? undefined}>
      <State of={of} />
      {doubt !== null && <span className="f wid"> {doubt}</span>}
    </span>
  );
}

const SHOWN = 3;

/** In a table's row the first ones, else all. */
export function Sets({ names, all = false }: { names: string[]; all?: boolean }) {
  if (names.length === 0) return <span className="f">none</span>;
  return (
    <span title={names.join(', ')} className={all ? undefined : 'nw'}>
      {(all ? names : names.slice(0, SHOWN)).map((name) => (
        <Chip key={name}>{name === 'default_insert_only' ? 'insert_only' : safeName(name)}</Chip>
      ))}
      {!all && names.length > SHOWN && <span className="f"> +{names.length - SHOWN}</span>}
    </span>
  );
}

export function MissingRow({ cluster, link }: { cluster: string; link: LinkSnapshot }) {
  return (
    <tr>
      <td>
        <span className="name">
          <LinkName provider={safeName(link.provider)} receiver={safeName(link.receiver)} />
        </span>
      </td>
      <td className="f wid">no subscription</td>
      <td>
        <State of="missing" />
      </td>
      <NumCell>
        <Unknown>none</Unknown>
      </NumCell>
      <td className="wid" />
      <td className="wid" colSpan={3}>
        <PlanButton
          size="sm"
          request={{ kind: 'subscription-create', cluster, provider: link.provider, receiver: link.receiver }}
        />
      </td>
    </tr>
  );
}
