/** All subscriptions, grouped by the node that receives: their true status, lag, held WAL, sets and slots. */
import { useCallback, useDeferredValue, useMemo, useRef } from 'react';
import { useSearchParams } from 'react-router';
import type { Snapshot } from '#core/model/snapshot.ts';
import { useCluster, useClusterName, useSnapshot } from '#src/api/hooks.ts';
import { moveRow } from '#src/lib/row-keys.ts';
import { useRowWindow } from '#src/lib/row-window.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { count, duration, plural } from '#src/lib/units.ts';
import { Button } from '#src/ui/button.tsx';
import { FilterInput } from '#src/ui/field.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Empty } from '#src/ui/notice.tsx';
import { Segmented } from '#src/ui/segmented.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { State, type StateName } from '#src/ui/state.tsx';
import { Time } from '#src/ui/time.tsx';
import { isWell, type Line, linesOf, type Show } from './lines.ts';
import { COLUMNS, MissingRow, SubscriptionHead, SubscriptionRow } from './subscription-rows.tsx';
import './subscriptions.css';

export function Component() {
  const cluster = useClusterName();
  const snapshot = useSnapshot();
  const missing = useCluster().topology.kind === 'full-mesh';
  const [search, setSearch] = useSearchParams();
  const show: Show = search.get('show') === 'not-well' ? 'not-well' : 'all';
  const filter = search.get('q') ?? '';
  const deferred = useDeferredValue(filter);
  const lines = useMemo(
    () => linesOf(snapshot, { missing, filter: deferred, show }),
    [snapshot, missing, deferred, show],
  );
  const every = useMemo(() => linesOf(snapshot, { missing, filter: '', show: 'all' }), [snapshot, missing]);
  const all = every.filter((line) => line.kind !== 'group');
  const unwell = all.filter((line) => !isWell(line)).length;
  const set = (name: string, value: string) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === '') next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  return (
    <>
      <title>{`${cluster}: subscriptions · Tricorder`}</title>
      <Head snapshot={snapshot} lines={all} />
      <section className="sec">
        <div className="tools pt-3!">
          <FilterInput label="Node, name, slot or set" value={filter} onValue={(value) => set('q', value)} />
          <Segmented
            label="Show"
            value={show}
            onChange={(value) => set('show', value === 'all' ? '' : value)}
            options={[
              { value: 'all', label: `All ${count(all.length)}` },
              { value: 'not-well', label: `Not well ${count(unwell)}` },
            ]}
          />
        </div>
        {all.length === 0 ? (
          <Empty title="No node subscribes to another">
            Tables are sent only where a subscription stands. A link that is wanted and missing is offered
            here.
          </Empty>
        ) : lines.length === 0 ? (
          <Empty
            title={filter === '' ? 'All subscriptions are well' : `No subscription is like “${filter}”`}
            actions={<Button onClick={() => setSearch({}, { replace: true })}>Show all</Button>}
          />
        ) : (
          <Lines cluster={cluster} lines={lines} />
        )}
      </section>
    </>
  );
}

/** Nothing is known of subscriptions before a node has told of them: an empty list is then no news. */
const nobodyRead = (snapshot: Snapshot): boolean => snapshot.nodes.every((node) => node.observedAt === null);

/** What is so, worst last. */
function Head({ snapshot, lines }: { snapshot: Snapshot; lines: Line[] }) {
  const number = (test: (line: Line) => boolean) => lines.filter(test).length;
  const by = (status: string) =>
    number((line) => line.kind === 'subscription' && line.subscription.status === status);
  const behind = lines.filter(
    (line): line is Extract<Line, { kind: 'subscription' }> =>
      line.kind === 'subscription' &&
      line.link?.behind === true &&
      line.subscription.status === 'replicating',
  );
  const worst = [...behind].sort((a, b) => (b.link?.lagSeconds ?? 0) - (a.link?.lagSeconds ?? 0))[0];
  const subs = number((line) => line.kind === 'subscription');
  const replicating = by('replicating');
  const missing = number((line) => line.kind === 'missing');
  const parts = [
    subs > 0 &&
      (replicating === subs
        ? `All ${plural(subs, 'subscription')} replicate`
        : `${count(replicating)} of ${plural(subs, 'subscription')} replicate`),
    by('initializing') > 0 && `${by('initializing')} ${by('initializing') === 1 ? 'is' : 'are'} initializing`,
    by('disabled') > 0 && `${by('disabled')} ${by('disabled') === 1 ? 'is' : 'are'} disabled`,
    worst &&
      `${worst.subscription.provider} → ${worst.subscription.receiver} is ${worst.link?.lagSeconds == null ? 'behind' : `${duration(worst.link.lagSeconds)} behind`}${behind.length > 1 ? `, and ${behind.length - 1} more are` : ''}`,
    by('unknown') > 0 && `${by('unknown')} cannot be read`,
    missing > 0 && `${missing} ${missing === 1 ? 'is' : 'are'} missing`,
    by('down') > 0 && `${by('down')} ${by('down') === 1 ? 'is' : 'are'} down`,
  ].filter((part): part is string => typeof part === 'string');
  const state: StateName =
    by('down') + missing > 0
      ? 'critical'
      : behind.length > 0
        ? 'warning'
        : by('unknown') > 0 || nobodyRead(snapshot)
          ? 'unknown'
          : by('disabled') > 0
            ? 'disabled'
            : 'ok';
  const words = {
    critical: 'Critical',
    warning: 'Warning',
    unknown: 'Not all known',
    disabled: 'Some disabled',
    ok: 'Replicating',
  };
  return (
    <Say
      top={
        <>
          <State of={state}>{words[state as keyof typeof words]}</State>
          <span className="f">
            checked <Time at={snapshot.observedAt} />
          </span>
        </>
      }
    >
      <ArrowText>{`${parts.join('; ') || (nobodyRead(snapshot) ? 'Subscriptions are not known: no node has been read yet' : 'There is no subscription')}.`}</ArrowText>
    </Say>
  );
}

const ROW = 28;
const HEAD = 24;

function Lines({ cluster, lines }: { cluster: string; lines: Line[] }) {
  const box = useRef<HTMLDivElement>(null);
  const heightOf = useCallback((index: number) => (lines[index]?.kind === 'group' ? HEAD : ROW), [lines]);
  const { indexes, before, after } = useRowWindow(box, HEAD, lines.length, heightOf);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard
    <section className="scroll" aria-label="Subscriptions" ref={box} tabIndex={0} onKeyDown={moveRow}>
      <table className="t subs" aria-rowcount={lines.length}>
        <thead>
          <tr>
            <SubscriptionHead />
          </tr>
        </thead>
        <tbody>
          {before > 0 && <tr style={{ height: before }} />}
          {indexes.map((index) => {
            const line = lines[index];
            return line && <LineRow key={keyOf(line)} cluster={cluster} line={line} />;
          })}
          {after > 0 && <tr style={{ height: after }} />}
        </tbody>
      </table>
    </section>
  );
}

function keyOf(line: Line): string {
  if (line.kind === 'group') return `group ${line.receiver}`;
  if (line.kind === 'missing') return `missing ${line.link.provider} ${line.link.receiver}`;
  return `${line.subscription.receiver} ${line.subscription.name}`;
}

function LineRow({ cluster, line }: { cluster: string; line: Line }) {
  switch (line.kind) {
    case 'group':
      return (
        <tr className="grp">
          <th colSpan={COLUMNS} scope="rowgroup">
            <b>{safeName(line.receiver)}</b> receives {plural(line.subscriptions, 'link')}
          </th>
        </tr>
      );
    case 'missing':
      return <MissingRow cluster={cluster} link={line.link} />;
    case 'subscription':
      return <SubscriptionRow cluster={cluster} sub={line.subscription} link={line.link} />;
  }
}
