/** Link by link: a small line each on one scale, and what the range says in numbers. */
import { Link } from 'react-router';
import type { LagHistory } from '#core/contract/history.ts';
import { linkKey } from '#core/model/keys.ts';
import type { LinkSnapshot } from '#core/model/snapshot.ts';
import { moveRow } from '#src/lib/row-keys.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { bytesText, duration } from '#src/lib/units.ts';
import { logFloor } from '#src/ui/charts/axis.ts';
import type { LagMetric } from '#src/ui/charts/lag-shape.ts';
import { LinkName } from '#src/ui/link-name.tsx';
import { SkeletonRows } from '#src/ui/notice.tsx';
import { Spark } from '#src/ui/spark.tsx';
import { State } from '#src/ui/state.tsx';
import { NumCell, Row, Table } from '#src/ui/table.tsx';
import { Time } from '#src/ui/time.tsx';
import { Known, Unknown } from '#src/ui/value.tsx';
import type { LinkStats } from './link-stats.ts';

interface Props {
  stats: LinkStats[];
  history: LagHistory | undefined;
  links: Map<string, LinkSnapshot>;
  metric: LagMetric;
  scale: 'linear' | 'log';
  from: number;
  to: number;
  chosen: string | null;
  /** Where choosing a link leads. */
  hrefOf: (link: string | null) => string;
  onChoose: (link: string | null) => void;
}

const FIELD = { seconds: 'lagSeconds', bytes: 'lagBytes', held: 'walHeldBytes' } as const;

export const nameOf = (link: { provider: string; receiver: string }): string =>
  `${link.provider}>${link.receiver}`;

export const measured = (value: number, metric: LagMetric): string =>
  metric === 'seconds' ? duration(value) : bytesText(value);

export function LinksTable(props: Props) {
  const { stats, history, metric } = props;
  const series = new Map(history?.series.map((one) => [linkKey(one), one]));
  const max = Math.max(0, ...stats.map((one) => one.max ?? 0));
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys move between the rows' links
    <div onKeyDown={moveRow}>
      <Table
        label="Links in this range"
        className="lag-links"
        head={
          <>
            <th>Link</th>
            <th>State</th>
            <th className="r">Now</th>
            <th className="r">At most</th>
            <th className="wid">At</th>
            <th className="r wid">Half of the time under</th>
            <th className="wid">Range</th>
          </>
        }
      >
        {history ? (
          stats.map((one) => (
            <LinkRow
              key={one.key}
              {...props}
              one={one}
              max={max}
              points={(series.get(one.key)?.points ?? []).map((point) => ({
                at: Date.parse(point.at),
                value: point[FIELD[metric]],
              }))}
            />
          ))
        ) : (
          <SkeletonRows rows={6} columns={7} />
        )}
      </Table>
    </div>
  );
}

function LinkRow({
  one,
  points,
  max,
  links,
  metric,
  scale,
  from,
  to,
  chosen,
  hrefOf,
  onChoose,
}: Props & { one: LinkStats; max: number; points: { at: number; value: number | null }[] }) {
  const link = links.get(one.key);
  const name = nameOf(one);
  const selected = chosen === name;
  const now = link?.[FIELD[metric]] ?? null;
  const state = link ? (link.state === 'replicating' && link.behind ? 'behind' : link.state) : 'unknown';
  const tone = state === 'behind' ? 'w' : state === 'down' ? 'c' : '';
  return (
    <Row selected={selected} onOpen={() => onChoose(selected ? null : name)}>
      <td>
        <Link className="name" data-row to={hrefOf(selected ? null : name)} replace preventScrollReset>
          <LinkName provider={safeName(one.provider)} receiver={safeName(one.receiver)} />
        </Link>
      </td>
      <td>
        <span title={link?.reason ?? undefined}>
          <State of={state} />
        </span>
      </td>
      <NumCell>
        <Known
          of={now}
          show={(value) => (
            <span className={tone === 'w' ? 'warn' : tone === 'c' ? 'crit' : ''}>
              {link?.lagAtLeast && metric === 'seconds' && 'at least '}
              {measured(value, metric)}
            </span>
          )}
        />
      </NumCell>
      <NumCell>
        <Known of={one.max} show={(value) => measured(value, metric)} />
      </NumCell>
      <td className="f wid">{one.maxAt !== null && one.max !== 0 && <Time at={one.maxAt} />}</td>
      <NumCell className="wid">
        <Known of={one.median} show={(value) => measured(value, metric)} />
      </NumCell>
      <td className="wid spark-cell">
        {one.max === null ? (
          <Unknown>no data</Unknown>
        ) : (
          <Spark
            points={points}
            from={from}
            to={to}
            max={max}
            {...(scale === 'log' ? { logFloor: logFloor(metric) } : {})}
            tone={tone}
            width={220}
            height={20}
          />
        )}
      </td>
    </Row>
  );
}
