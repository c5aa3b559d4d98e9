import { Fragment, memo, useMemo } from 'react';
import { Link } from 'react-router';
import type { LagHistory } from '#core/contract/history.ts';
import { linkKey, pairKey } from '#core/model/keys.ts';
import type { LinkSnapshot, NodeSnapshot } from '#core/model/snapshot.ts';
import { useClusterName, useRecentLag, useSnapshot } from '#src/api/hooks.ts';
import { RECENT_MS } from '#src/api/recent.ts';
import { type ShownLinkState, shownState, sparkTone } from '#src/lib/link-state.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { SectionHead } from '#src/ui/section.tsx';
import { Spark, type SparkPoint } from '#src/ui/spark.tsx';
import { State, StateIcon } from '#src/ui/state.tsx';
import { Time } from '#src/ui/time.tsx';
import { tipCut } from '#src/ui/tooltip.ts';
import { cellText } from './cell.ts';

const LOOKS: Partial<Record<ShownLinkState, string>> = {
  behind: 'behind',
  down: 'down',
  failing: 'down',
  initializing: 'initializing',
  unknown: 'unknown',
  missing: 'missing',
};

/** Provider by row, receiver by column. Every cell leads to its link. */
export function Matrix() {
  const cluster = useClusterName();
  const nodes = useSnapshot((snapshot) => snapshot.nodes);
  const links = useSnapshot((snapshot) => snapshot.links);
  const threshold = useSnapshot((snapshot) => snapshot.thresholds.lagSeconds);
  const byPair = useMemo(() => new Map(links.map((link) => [linkKey(link), link])), [links]);
  const sparks = useSparks(useRecentLag(), threshold);
  const compact = nodes.length > 8;
  return (
    <section aria-label="Links">
      <SectionHead
        title="Links"
        note={compact ? 'from row to column' : 'from row to column; sparks 15 min, log'}
      />
      <div className="matrix-box">
        <table
          className={`matrix ${compact ? 'matrix-compact' : ''}`}
          aria-label="Links: provider by row, receiver by column"
          style={{ '--n': nodes.length } as React.CSSProperties}
        >
          <thead>
            <tr>
              <td className="corner" />
              {nodes.map((node) => (
                <NodeHead key={node.name} node={node} scope="col" />
              ))}
            </tr>
          </thead>
          <tbody>
            {nodes.map((provider) => (
              <tr key={provider.name}>
                <NodeHead node={provider} scope="row" />
                {nodes.map((receiver) => {
                  const link = byPair.get(pairKey(provider.name, receiver.name));
                  if (provider.name === receiver.name || link === undefined)
                    return (
                      <td key={receiver.name} className="cell self">
                        <span className="sr-only">
                          {link === undefined && provider !== receiver ? 'not known' : 'itself'}
                        </span>
                      </td>
                    );
                  return (
                    <Cell
                      key={receiver.name}
                      link={link}
                      to={paths.link(cluster, provider.name, receiver.name)}
                      spark={sparks.series.get(linkKey(link))}
                      from={sparks.from}
                      until={sparks.to}
                      max={sparks.max}
                      compact={compact}
                      tight={nodes.length > 5}
                    />
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const NodeHead = memo(function NodeHead({ node, scope }: { node: NodeSnapshot; scope: 'row' | 'col' }) {
  return (
    <th className={scope === 'row' ? 'row-head' : 'column-head'} scope={scope}>
      <span {...tipCut(safeName(node.name))}>{safeName(node.name)}</span>{' '}
      {node.location && <small>{safeName(node.location)}</small>}
    </th>
  );
});

interface CellProps {
  link: LinkSnapshot;
  to: string;
  spark: SparkPoint[] | undefined;
  from: number;
  until: number;
  max: number;
  compact: boolean;
  tight: boolean;
}

const FLOOR_SECONDS = 0.05;

const Cell = memo(function Cell({ link, to, spark, from, until, max, compact, tight }: CellProps) {
  const text = cellText(link, tight);
  const tone = sparkTone(text.state);
  return (
    <td className={`cell ${LOOKS[text.state] ?? ''}`}>
      <Link to={to}>
        <span className="sr-only">
          {`${safeName(link.provider)} to ${safeName(link.receiver)}${text.measured ? `, ${shownState(link)}` : ''}: `}
        </span>
        <span className="value">
          {text.measured ? (
            <>
              <StateIcon of={text.state} size={12} />
              {text.value}
            </>
          ) : (
            <State of={text.state} size={12}>
              {text.value}
            </State>
          )}
        </span>
        {!compact &&
          text.lines.map((line) => (
            <small key={line.text}>
              {line.strong ? <b>{line.text}</b> : line.text}
              {line.at && (
                <Fragment>
                  {' '}
                  <Time at={line.at} />
                </Fragment>
              )}
            </small>
          ))}
        {spark?.some((point) => point.value !== null) && text.state !== 'missing' && (
          <Spark points={spark} from={from} to={until} max={max} logFloor={FLOOR_SECONDS} tone={tone} />
        )}
      </Link>
    </td>
  );
});

/** The points of all links on one scale, whose top is the worst lag of the stretch or the threshold. */
function useSparks(history: LagHistory | undefined, threshold: number) {
  return useMemo(() => {
    const series = new Map<string, SparkPoint[]>();
    let max = threshold;
    for (const one of history?.series ?? []) {
      const points = one.points.map((point) => ({ at: Date.parse(point.at), value: point.lagSeconds }));
      for (const point of points) max = Math.max(max, point.value ?? 0);
      series.set(linkKey(one), points);
    }
    const to = history ? Date.parse(history.to) : 0;
    return { series, max, from: to - RECENT_MS, to };
  }, [history, threshold]);
}
