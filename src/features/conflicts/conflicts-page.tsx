/** Conflicts of all nodes as an inbox: grouped by table and kind, one event open beside. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useClusterName, useEngineWords, useSnapshot } from '#src/api/hooks.ts';
import { conflictsQuery, exceptionsQuery } from '#src/api/queries.ts';
import { consoleNow } from '#src/lib/clock.ts';
import { plural } from '#src/lib/units.ts';
import { Older, QueryFault } from '#src/parts/query-fault.tsx';
import { useSearchState } from '#src/parts/search-state.ts';
import { Button } from '#src/ui/button.tsx';
import { Empty, Skeleton } from '#src/ui/notice.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';
import { EventDetail } from './event-detail.tsx';
import { EventList } from './event-list.tsx';
import { type ConflictEvent, eventsOf, findEvent, groupsOf, loses } from './events.ts';
import { transactionsOf } from './exceptions.ts';
import { InboxTools, Missing, sinceInstant, sinceOf } from './inbox-frame.tsx';
import { useTableFacts } from './use-table-facts.ts';
import { stampsOf } from './verdict.ts';

export function Component() {
  const cluster = useClusterName();
  const [search, set] = useSearchState();
  const since = sinceOf(search);
  const node = search.get('node') ?? undefined;
  // Taken once for each choice: a beginning that moves along would ask anew for all rows.
  const from = useMemo(() => sinceInstant(since, consoleNow()), [since]);
  const input = { limit: 500, ...(from ? { since: from } : {}), ...(node ? { node } : {}) };
  const query = useInfiniteQuery({ ...conflictsQuery(cluster, input), refetchInterval: 15_000 });
  const events = useMemo(() => eventsOf(query.data?.pages.flatMap((page) => page.items) ?? []), [query.data]);
  const groups = useMemo(() => groupsOf(events), [events]);
  const factsOf = useTableFacts(cluster, groups);
  const asked = search.get('event');
  const chosen = findEvent(events, asked) ?? (asked === null ? (groups[0]?.events[0] ?? null) : null);
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  const open = new Set(
    groups
      .filter((group) => toggled.get(group.key) ?? (chosen !== null && group.events.includes(chosen)))
      .map((group) => group.key),
  );
  const missing = query.data?.pages[0]?.missing ?? [];
  return (
    <>
      {query.data ? (
        <Head
          events={events}
          more={query.hasNextPage}
          missing={missing.length}
          sinceLabel={since.label}
          input={input}
        />
      ) : (
        <Say top={<Skeleton width={180} />}>
          <Skeleton width={400} />
        </Say>
      )}
      <QueryFault query={query} />
      <Missing nodes={missing} />
      <div className="inbox">
        <div>
          <InboxTools cluster={cluster} page="conflicts" search={search} onSet={set} />
          <EventList
            groups={groups}
            factsOf={factsOf}
            open={open}
            onToggle={(key) => setToggled(new Map(toggled).set(key, !open.has(key)))}
            chosen={chosen}
            onChoose={(event) => set({ event: event.id })}
          />
          <Older query={query} />
        </div>
        {chosen ? (
          <EventDetail event={chosen} keyColumns={factsOf(chosen.schema, chosen.table).keyColumns} />
        ) : query.data ? (
          <NoEvent
            events={events}
            asked={asked}
            label={since.label}
            onAll={() => set({ since: 'all', event: null })}
          />
        ) : (
          <div />
        )}
      </div>
    </>
  );
}

function NoEvent({
  events,
  asked,
  label,
  onAll,
}: {
  events: ConflictEvent[];
  asked: string | null;
  label: string;
  onAll: () => void;
}) {
  const words = useEngineWords();
  if (events.length > 0) {
    return (
      <Empty title="This conflict is not in the list">{`No row ${asked} was recorded in this time.`}</Empty>
    );
  }
  return (
    <Empty
      title={
        label === 'all time'
          ? 'No conflict was ever recorded'
          : `No conflict was recorded in the last ${label}`
      }
      actions={label !== 'all time' && <Button onClick={onAll}>Show all time</Button>}
    >
      {words.conflictsKept}
    </Empty>
  );
}

function Head({
  events,
  more,
  missing,
  sinceLabel,
  input,
}: {
  events: ConflictEvent[];
  more: boolean;
  missing: number;
  sinceLabel: string;
  input: Parameters<typeof exceptionsQuery>[1];
}) {
  const cluster = useClusterName();
  const snapshot = useSnapshot();
  const exceptions = useInfiniteQuery(exceptionsQuery(cluster, input)).data;
  const lost = events.filter(loses);
  const clockOf = (name: string) => {
    const node = snapshot.nodes.find((one) => one.name === name);
    return node?.clockOffsetSeconds == null
      ? null
      : { offsetSeconds: node.clockOffsetSeconds, uncertaintySeconds: node.clockUncertaintySeconds ?? 0 };
  };
  const byClock = lost.filter((event) => stampsOf(event, clockOf)?.clocksDecided).length;
  const discarded = exceptions ? transactionsOf(exceptions.pages.flatMap((page) => page.items)).length : null;
  const nodes = snapshot.nodes.length;
  const parts = [
    events.length === 0
      ? missing > 0
        ? 'No conflict on the nodes that could be read.'
        : 'No conflict.'
      : `${more ? 'At least ' : ''}${plural(events.length, 'conflict')}.`,
    lost.length > 0 &&
      `${plural(lost.length, 'row was', 'rows were')} lost or left different${byClock > 0 ? `; in ${byClock === 1 ? 'one of them' : `${byClock} of them`} the clocks chose the winner` : ''}.`,
    lost.length === 0 && events.length > 0 && 'No row was lost.',
    discarded !== null &&
      (discarded === 0
        ? 'No transaction was discarded.'
        : `${plural(discarded, 'transaction was', 'transactions were')} discarded.`),
  ].filter(Boolean);
  const warns = lost.length > 0 || (discarded ?? 0) > 0;
  return (
    <Say
      top={
        <>
          <State of={warns ? 'warning' : missing > 0 ? 'unknown' : 'ok'}>
            {warns ? 'Warning' : missing > 0 ? 'Not all read' : 'Nothing lost'}
          </State>
          <span className="faint">
            {sinceLabel === 'all time' ? 'all time' : `last ${sinceLabel}`}, read on {nodes - missing} of{' '}
            {nodes} nodes
          </span>
        </>
      }
    >
      {parts.join(' ')}
    </Say>
  );
}
