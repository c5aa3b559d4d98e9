import { useQuery } from '@tanstack/react-query';
import {
  CircleCheck,
  GitCompareArrows,
  History,
  Info,
  type LucideIcon,
  OctagonX,
  TriangleAlert,
} from 'lucide-react';
import { Link } from 'react-router';
import type { ActivityItem } from '#core/contract/history.ts';
import { useClusterName } from '#src/api/hooks.ts';
import { activityQuery } from '#src/api/queries.ts';
import { paths } from '#src/lib/paths.ts';
import { SubjectLink } from '#src/parts/links.tsx';
import { Icon } from '#src/ui/icon.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Skeleton } from '#src/ui/notice.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { Time } from '#src/ui/time.tsx';
import { EVENTS } from './events-shown.ts';

/** What happened of late, newest first. */
export default function RecentEvents() {
  const cluster = useClusterName();
  const { data } = useQuery(activityQuery(cluster, EVENTS));
  return (
    <section className="last-section" aria-label="Events">
      <SectionHead title="Events">
        <Link className="text-action" to={paths.activity}>
          All
        </Link>
      </SectionHead>
      {data?.items.length === 0 && (
        <p className="section-note faint">
          Nothing has happened since the console started watching this cluster.
        </p>
      )}
      <ol className="events in-columns">
        {data
          ? data.items.map((item) => <EventLine key={item.id} item={item} cluster={cluster} />)
          : Array.from({ length: EVENTS }, (_, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no names
              <li key={at}>
                <Skeleton width={48} />
                <span />
                <Skeleton width={160 + ((at * 37) % 90)} />
              </li>
            ))}
      </ol>
    </section>
  );
}

function EventLine({ item, cluster }: { item: ActivityItem; cluster: string }) {
  const { icon, tone } = eventLook(item);
  const words = <ArrowText>{item.text}</ArrowText>;
  return (
    <li>
      <Time at={item.at} />
      <span className={tone}>
        <Icon of={icon} size={12} />
      </span>
      <span>
        {item.run ? (
          <Link to={paths.run(item.run)}>{words}</Link>
        ) : item.kind === 'conflict' || item.kind === 'exception' ? (
          <Link to={item.kind === 'conflict' ? paths.conflicts(cluster) : paths.exceptions(cluster)}>
            {words}
          </Link>
        ) : item.subject ? (
          <SubjectLink cluster={cluster} subject={item.subject}>
            {words}
          </SubjectLink>
        ) : (
          words
        )}
      </span>
    </li>
  );
}

function eventLook(item: ActivityItem): { icon: LucideIcon; tone: string } {
  if (item.severity === 'critical') return { icon: OctagonX, tone: 'crit' };
  if (item.severity === 'warning') return { icon: TriangleAlert, tone: 'warn' };
  if (item.kind === 'conflict') return { icon: GitCompareArrows, tone: 'faint' };
  if (item.kind === 'run' || item.kind === 'console' || item.kind === 'cluster')
    return { icon: History, tone: 'faint' };
  return item.severity === null ? { icon: CircleCheck, tone: 'ok' } : { icon: Info, tone: 'faint' };
}
