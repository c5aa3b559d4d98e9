/** Link by link: a small line each on one scale, and what the range says in numbers. */

import { type ReactNode, useMemo } from 'react';
import { Link } from 'react-router';
import type { LagHistory } from '#core/contract/history.ts';
import { linkKey } from '#core/model/keys.ts';
import { shownText } from '#core/model/shown-text.ts';
import type { LinkSnapshot } from '#core/model/snapshot.ts';
import { badnessOf, type ShownLinkState, shownState, sparkTone } from '#src/lib/link-state.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { bytesText, duration } from '#src/lib/units.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import { logFloor } from '#src/ui/charts/axis.ts';
import type { LagMetric } from '#src/ui/charts/lag-shape.ts';
import { LinkName } from '#src/ui/link-name.tsx';
import { Spark } from '#src/ui/spark.tsx';
import { State } from '#src/ui/state.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { Time } from '#src/ui/time.tsx';
import { tip } from '#src/ui/tooltip.ts';
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
  /** Its head, with the table's menu in it. */
  above: (menu: ReactNode) => ReactNode;
}

const FIELD = { seconds: 'lagSeconds', bytes: 'lagBytes', held: 'walHeldBytes' } as const;

export const nameOf = (link: { provider: string; receiver: string }): string =>
  `${link.provider}>${link.receiver}`;

export const measured = (value: number, metric: LagMetric): string =>
  metric === 'seconds' ? duration(value) : bytesText(value);

/** One link of the table, with all that its row is drawn from. */
interface LinkLine {
  one: LinkStats;
  link: LinkSnapshot | undefined;
  points: { at: number; value: number | null }[];
}

const keyOf = ({ one }: LinkLine): string => nameOf(one);

export function LinksTable(props: Props) {
  const { stats, history, links, metric, scale, from, to, chosen, hrefOf, onChoose } = props;
  const lines = useMemo(() => {
    const series = new Map(history?.series.map((one) => [linkKey(one), one]));
    return stats.map((one): LinkLine => {
      const points = (series.get(one.key)?.points ?? []).map((point) => ({
        at: Date.parse(point.at),
        value: point[FIELD[metric]],
      }));
      return { one, link: links.get(one.key), points };
    });
  }, [stats, history, links, metric]);
  const max = Math.max(0, ...stats.map((one) => one.max ?? 0));
  const columns: Column<LinkLine>[] = [
    {
      id: 'link',
      head: 'Link',
      needed: true,
      cell: ({ one }) => (
        <Link
          className="name"
          data-row
          to={hrefOf(chosen === nameOf(one) ? null : nameOf(one))}
          replace
          preventScrollReset
        >
          <LinkName provider={safeName(one.provider)} receiver={safeName(one.receiver)} />
        </Link>
      ),
      value: ({ one }) => `${one.provider} → ${one.receiver}`,
    },
    {
      id: 'state',
      head: 'State',
      cell: ({ link }) => (
        <span {...tip(link?.reason ? shownText(link.reason) : undefined)}>
          <State of={stateOf(link)} />
        </span>
      ),
      value: ({ link }) => stateOf(link),
      rank: ({ link }) => badnessOf(stateOf(link)),
      first: 'descending',
    },
    {
      id: 'now',
      head: 'Now',
      name: `Now, ${UNIT[metric]}`,
      align: 'end',
      cell: ({ link }) => (
        <Known
          of={link?.[FIELD[metric]]}
          show={(value) => (
            <span className={sparkTone(stateOf(link))}>
              {link?.lagAtLeast && metric === 'seconds' && 'at least '}
              {measured(value, metric)}
            </span>
          )}
        />
      ),
      value: ({ link }) => link?.[FIELD[metric]],
      first: 'descending',
    },
    {
      id: 'max',
      head: 'At most',
      name: `At most, ${UNIT[metric]}`,
      align: 'end',
      cell: ({ one }) => <Known of={one.max} show={(value) => measured(value, metric)} />,
      value: ({ one }) => one.max,
      first: 'descending',
    },
    {
      id: 'at',
      head: 'At',
      wideOnly: true,
      className: 'faint',
      cell: ({ one }) => one.maxAt !== null && one.max !== 0 && <Time at={one.maxAt} />,
      value: ({ one }) => (one.max === 0 ? null : one.maxAt),
      first: 'descending',
    },
    {
      id: 'median',
      head: 'Median',
      name: `Median, ${UNIT[metric]}`,
      align: 'end',
      wideOnly: true,
      cell: ({ one }) => <Known of={one.median} show={(value) => measured(value, metric)} />,
      value: ({ one }) => one.median,
      first: 'descending',
    },
    {
      id: 'range',
      head: 'Range',
      wideOnly: true,
      className: 'spark-cell',
      cell: ({ one, link, points }) =>
        one.max === null ? (
          <Unknown>no data</Unknown>
        ) : (
          <Spark
            points={points}
            from={from}
            to={to}
            max={max}
            {...(scale === 'log' ? { logFloor: logFloor(metric) } : {})}
            tone={sparkTone(stateOf(link))}
            width={220}
            height={20}
          />
        ),
    },
  ];
  return (
    <DataTable
      label="Links in this range"
      className="lag-links"
      columns={columns}
      rows={history && lines}
      keyOf={keyOf}
      chosen={chosen}
      onChoose={(line) => onChoose(line && keyOf(line))}
      skeletonRows={6}
      above={props.above}
    />
  );
}

const UNIT = { seconds: 'seconds', bytes: 'bytes', held: 'bytes' } as const;
const stateOf = (link: LinkSnapshot | undefined): ShownLinkState => (link ? shownState(link) : 'unknown');
