import { useMemo, useRef, useState } from 'react';
import { Link } from 'react-router';
import { linkKey } from '#core/model/keys.ts';
import type { LinkSnapshot } from '#core/model/snapshot.ts';
import { useClusterName, useRecentLag, useSnapshot } from '#src/api/hooks.ts';
import { RECENT_MS } from '#src/api/recent.ts';
import { shownState } from '#src/lib/link-state.ts';
import { paths } from '#src/lib/paths.ts';
import { bytes, count, duration } from '#src/lib/units.ts';
import { LinkName } from '#src/ui/link-name.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { Spark } from '#src/ui/spark.tsx';
import { State } from '#src/ui/state.tsx';
import { NumCell, Row, Table } from '#src/ui/table.tsx';
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
  const sparks = useMemo(() => {
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
  return (
    <section
      className="sec"
      aria-label="Worst links"
      onPointerEnter={() => setOver(true)}
      onPointerLeave={() => setOver(false)}
    >
      <SectionHead
        title="Worst links"
        count={ill.length > SHOWN ? `${SHOWN} of ${count(ill.length)}` : ill.length}
      >
        <Link className="act" to={paths.subscriptions(cluster)}>
          All
        </Link>
      </SectionHead>
      {shown.length === 0 ? (
        <p className="quiet">
          <State of="ok">None</State>{' '}
          <span className="f">Every link that can be read replicates within the threshold.</span>
        </p>
      ) : (
        <Table
          label="Worst links"
          head={
            <>
              <th scope="col">Link</th>
              <th scope="col">Behind</th>
              <th scope="col" className="r">
                WAL held
              </th>
              <th scope="col">
                <span className="wid">15 min</span>
              </th>
            </>
          }
        >
          {shown.map((link) => {
            const state = shownState(link);
            const points = sparks.series.get(linkKey(link));
            return (
              <Row key={linkKey(link)}>
                <td>
                  <Link to={paths.link(cluster, link.provider, link.receiver)}>
                    <LinkName provider={link.provider} receiver={link.receiver} />
                  </Link>
                </td>
                <td>
                  <State of={state}>
                    {state === 'behind' ? '' : `${state} `}
                    {link.lagSeconds !== null && duration(link.lagSeconds)}
                  </State>
                </td>
                <NumCell>
                  {link.state === 'missing' ? (
                    <span className="f">no subscription</span>
                  ) : (
                    <Known of={link.walHeldBytes} show={(size) => <Num of={bytes(size)} />} />
                  )}
                </NumCell>
                <td className="spark-cell">
                  {points && (
                    <Spark
                      points={points}
                      from={sparks.to - RECENT_MS}
                      to={sparks.to}
                      max={sparks.max}
                      logFloor={0.05}
                      tone={state === 'down' ? 'c' : 'w'}
                      width={40}
                    />
                  )}
                </td>
              </Row>
            );
          })}
        </Table>
      )}
      {following > 0 && (
        <p className="quiet small q note-top">
          Besides, {count(following)} links from and to{' '}
          {dead.size === 1 ? [...dead][0] : `${count(dead.size)} nodes that are down`} follow from that.
        </p>
      )}
    </section>
  );
}

/** The order of the last time the pointer was away, with the present values. */
function useKeptOrder(sorted: LinkSnapshot[], links: LinkSnapshot[], hold: boolean): LinkSnapshot[] {
  const kept = useRef<string[]>([]);
  if (!hold) kept.current = sorted.map(linkKey);
  if (!hold) return sorted;
  const byKey = new Map(links.map((link) => [linkKey(link), link]));
  return kept.current.flatMap((key) => byKey.get(key) ?? []);
}
