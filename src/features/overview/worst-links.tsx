import { useMemo, useRef, useState } from 'react';
import { Link } from 'react-router';
import { linkKey } from '#core/model/keys.ts';
import type { LinkSnapshot } from '#core/model/snapshot.ts';
import { useClusterName, useRecentLag, useSnapshot } from '#src/api/hooks.ts';
import { RECENT_MS } from '#src/api/recent.ts';
import { isDown, shownState } from '#src/lib/link-state.ts';
import { paths } from '#src/lib/paths.ts';
import { bytes, count, duration } from '#src/lib/units.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import { LinkName } from '#src/ui/link-name.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { Spark } from '#src/ui/spark.tsx';
import { State } from '#src/ui/state.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { Known, Num } from '#src/ui/value.tsx';
import { deadNodes, worstLinks } from './many-layout.ts';

const SHOWN = 12;

/** The links that need somebody, worst first. While the pointer is over them they keep their places. */
export function WorstLinks() {
  const cluster = useClusterName();
  const links = useSnapshot((snapshot) => snapshot.links);
  const history = useRecentLag();
  const [over, setOver] = useState(false);
  const nodes = useSnapshot((snapshot) => snapshot.nodes);
  const dead = useMemo(() => deadNodes(nodes), [nodes]);
  const ill = useMemo(() => worstLinks(links, dead), [links, dead]);
  const following =
    dead.size === 0 ? 0 : links.filter((link) => dead.has(link.provider) || dead.has(link.receiver)).length;
  const shown = useKeptOrder(ill.slice(0, SHOWN), links, over);
  const sparks = useMemo((): Sparks => {
    const series = new Map(
      history?.series.map((one) => [
        linkKey(one),
        one.points.map((point) => ({ at: Date.parse(point.at), value: point.lagSeconds })),
      ]),
    );
    const max = Math.max(
      10,
      ...[...series.values()].flatMap((points) => points.map((point) => point.value ?? 0)),
    );
    return { series, max, to: history ? Date.parse(history.to) : 0 };
  }, [history]);
  const columns = useMemo(() => columnsOf(cluster, sparks), [cluster, sparks]);
  return (
    <section
      className="section"
      aria-label="Worst links"
      onPointerEnter={() => setOver(true)}
      onPointerLeave={() => setOver(false)}
    >
      <SectionHead
        title="Worst links"
        count={ill.length > SHOWN ? `${SHOWN} of ${count(ill.length)}` : ill.length}
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
        <DataTable name="worst" label="Worst links" columns={columns} rows={shown} keyOf={linkKey} />
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

interface Sparks {
  series: Map<string, { at: number; value: number | null }[]>;
  max: number;
  to: number;
}

const columnsOf = (cluster: string, sparks: Sparks): Column<LinkSnapshot>[] => [
  {
    id: 'link',
    head: 'Link',
    cell: (link) => (
      <Link to={paths.link(cluster, link.provider, link.receiver)}>
        <LinkName provider={link.provider} receiver={link.receiver} />
      </Link>
    ),
    value: (link) => `${link.provider} → ${link.receiver}`,
  },
  {
    id: 'behind',
    head: 'Behind',
    cell: (link) => {
      const state = shownState(link);
      return (
        <State of={state}>
          {state === 'behind' ? '' : `${state} `}
          {link.lagSeconds !== null && duration(link.lagSeconds)}
        </State>
      );
    },
    value: (link) => link.lagSeconds,
    first: 'descending',
  },
  {
    id: 'held',
    head: 'WAL held',
    align: 'end',
    cell: (link) =>
      link.state === 'missing' ? (
        <span className="faint">no subscription</span>
      ) : (
        <Known of={link.walHeldBytes} show={(size) => <Num of={bytes(size)} />} />
      ),
    value: (link) => link.walHeldBytes,
    first: 'descending',
  },
  {
    id: 'spark',
    head: <span className="wide-only">15 min</span>,
    className: 'spark-cell',
    cell: (link) => {
      const points = sparks.series.get(linkKey(link));
      return (
        points && (
          <Spark
            points={points}
            from={sparks.to - RECENT_MS}
            to={sparks.to}
            max={sparks.max}
            logFloor={0.05}
            tone={isDown(shownState(link)) ? 'crit' : 'warn'}
            width={40}
          />
        )
      );
    },
  },
];

/** The order of the last time the pointer was away, with the present values. */
function useKeptOrder(sorted: LinkSnapshot[], links: LinkSnapshot[], hold: boolean): LinkSnapshot[] {
  const kept = useRef<string[]>([]);
  if (!hold) kept.current = sorted.map(linkKey);
  if (!hold) return sorted;
  const byKey = new Map(links.map((link) => [linkKey(link), link]));
  return kept.current.flatMap((key) => byKey.get(key) ?? []);
}
