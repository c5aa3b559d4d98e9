import { useMemo, useRef, useState } from 'react';
import { Link } from 'react-router';
import type { LagHistory, LagSeries } from '#core/contract/history.ts';
import { linkKey } from '#core/model/keys.ts';
import type { LinkSnapshot, Snapshot } from '#core/model/snapshot.ts';
import { linkOfKey } from '#core/snapshot/places.ts';
import { useClusterName, useRecentLag, useSnapshot } from '#src/api/hooks.ts';
import { RECENT_MS } from '#src/api/recent.ts';
import { isDown, shownState } from '#src/lib/link-state.ts';
import { paths } from '#src/lib/paths.ts';
import { timeOf } from '#src/lib/point-time.ts';
import { bytes, count, duration } from '#src/lib/units.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import { LinkName } from '#src/ui/link-name.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { SparkLine, sparkPath } from '#src/ui/spark.tsx';
import { State } from '#src/ui/state.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { Known, Num } from '#src/ui/value.tsx';

const SHOWN = 12;

/** The links that need somebody, worst first. While the pointer is over them they keep their places. */
export function WorstLinks({ worst, dead }: { worst: LinkSnapshot[]; dead: ReadonlySet<string> }) {
  const cluster = useClusterName();
  const links = useSnapshot(linksOf);
  const [over, setOver] = useState(false);
  const following = useMemo(
    () =>
      dead.size === 0 ? 0 : links.filter((link) => dead.has(link.provider) || dead.has(link.receiver)).length,
    [links, dead],
  );
  const shown = useKeptOrder(worst.slice(0, SHOWN), links, over);
  const lines = useSparks(shown);
  const columns = useMemo(() => columnsOf(cluster), [cluster]);
  return (
    <section
      className="section"
      aria-label="Worst links"
      onPointerEnter={() => setOver(true)}
      onPointerLeave={() => setOver(false)}
    >
      <SectionHead
        title="Worst links"
        count={worst.length > SHOWN ? `${SHOWN} of ${count(worst.length)}` : worst.length}
      >
        <Link className="text-action" to={paths.subscriptions(cluster)}>
          All
        </Link>
      </SectionHead>
      {shown.length === 0 ? (
        <p className="section-note">
          <State of="ok">None</State>{' '}
          <span className="faint">Every link that can be read replicates within the threshold.</span>
        </p>
      ) : (
        <DataTable name="worst" label="Worst links" columns={columns} rows={lines} keyOf={keyOf} />
      )}
      {following > 0 && (
        <p className="section-note small muted note-top">
          Also affected: {count(following)} links from and to{' '}
          {dead.size === 1 ? [...dead][0] : `${count(dead.size)} nodes that are down`}.
        </p>
      )}
    </section>
  );
}

/** One link with the drawing of its lag; a row whose link and drawing are the same is not drawn again. */
interface WorstLine {
  link: LinkSnapshot;
  /** Undefined: its lag of the last 15 minutes is not known. */
  spark: string | undefined;
}

const keyOf = ({ link }: WorstLine): string => linkKey(link);
const linksOf = (snapshot: Snapshot): LinkSnapshot[] => snapshot.links;

/** Sparks on one scale, up to the last whole step of the history: forty pixels show no second of fifteen minutes. */
function useSparks(links: LinkSnapshot[]): WorstLine[] {
  const history = useRecentLag();
  const closed = useMemo(() => closedSeries(history), [history]);
  return links.map((link) => {
    const points = closed.series
      .get(linkKey(link))
      ?.map((point) => ({ at: timeOf(point), value: point.lagSeconds }));
    const { to, max } = closed;
    return { link, spark: points && sparkPath({ ...SPARK, points, from: to - RECENT_MS, to, max }) };
  });
}

const SPARK = { logFloor: 0.05, width: 40 };

/** What is drawn of a history, without the point of the step that goes on, and the largest of all values. */
function closedSeries(history: LagHistory | undefined) {
  const stepMs = (history?.step ?? 1) * 1000;
  const to = history ? Math.floor(Date.parse(history.to) / stepMs) * stepMs : 0;
  const series = new Map<string, LagSeries['points']>();
  let max = 10;
  for (const one of history?.series ?? []) {
    const last = one.points.at(-1);
    const points = last !== undefined && timeOf(last) > to ? one.points.slice(0, -1) : one.points;
    for (const { lagSeconds } of points) max = Math.max(max, lagSeconds ?? 0);
    series.set(linkKey(one), points);
  }
  return { series, max, to };
}

const columnsOf = (cluster: string): Column<WorstLine>[] => [
  {
    id: 'link',
    head: 'Link',
    cell: ({ link }) => (
      <Link to={paths.link(cluster, link.provider, link.receiver)}>
        <LinkName provider={link.provider} receiver={link.receiver} />
      </Link>
    ),
    value: ({ link }) => `${link.provider} → ${link.receiver}`,
  },
  {
    id: 'behind',
    head: 'Behind',
    cell: ({ link }) => {
      const state = shownState(link);
      return (
        <State of={state}>
          {state === 'behind' ? '' : `${state} `}
          {link.lagSeconds !== null && duration(link.lagSeconds)}
        </State>
      );
    },
    value: ({ link }) => link.lagSeconds,
    first: 'descending',
  },
  {
    id: 'held',
    head: 'WAL held',
    align: 'end',
    cell: ({ link }) =>
      link.state === 'missing' ? (
        <span className="faint">no subscription</span>
      ) : (
        <Known of={link.walHeldBytes} show={(size) => <Num of={bytes(size)} />} />
      ),
    value: ({ link }) => link.walHeldBytes,
    first: 'descending',
  },
  {
    id: 'spark',
    head: <span className="wide-only">15 min</span>,
    className: 'spark-cell',
    cell: ({ link, spark }) =>
      spark !== undefined && (
        <SparkLine path={spark} tone={isDown(shownState(link)) ? 'crit' : 'warn'} width={SPARK.width} />
      ),
  },
];

/** The order of the last time the pointer was away, with the present values. */
function useKeptOrder(sorted: LinkSnapshot[], links: LinkSnapshot[], hold: boolean): LinkSnapshot[] {
  const kept = useRef<string[]>([]);
  if (!hold) kept.current = sorted.map(linkKey);
  if (!hold) return sorted;
  return kept.current.flatMap((key) => linkOfKey(links, key) ?? []);
}
