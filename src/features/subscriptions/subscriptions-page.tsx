/** All subscriptions, grouped by the node that receives: their true status, lag, held WAL, sets and slots. */
import { useDeferredValue, useMemo, useState } from 'react';
import type { Snapshot } from '#core/model/snapshot.ts';
import { useCluster, useClusterName, useSnapshot } from '#src/api/hooks.ts';
import { badnessOf, type ShownLinkState } from '#src/lib/link-state.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { count, duration, plural } from '#src/lib/units.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import type { Group } from '#src/parts/data-table/groups.ts';
import { PlanButton } from '#src/parts/plan-button.tsx';
import { useSearchState } from '#src/parts/search-state.ts';
import { Button } from '#src/ui/button.tsx';
import { FilterInput } from '#src/ui/field.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Empty } from '#src/ui/notice.tsx';
import { Segmented } from '#src/ui/segmented.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { State, type StateName } from '#src/ui/state.tsx';
import { Time } from '#src/ui/time.tsx';
import { ChosenSubscriptions } from './chosen-subscriptions.tsx';
import {
  allLines,
  isWell,
  keyOf,
  type Line,
  receiverOf,
  type Show,
  type SubscriptionLine,
  shownLines,
  stateOf,
} from './lines.ts';
import { COLUMNS } from './subscription-rows.tsx';

export function Component() {
  const cluster = useClusterName();
  const snapshot = useSnapshot();
  const missing = useCluster().topology.kind === 'full-mesh';
  const [search, set] = useSearchState();
  const show: Show = search.get('show') === 'not-well' ? 'not-well' : 'all';
  const filter = search.get('q') ?? '';
  const deferred = useDeferredValue(filter);
  const all = useMemo(() => allLines(snapshot, missing), [snapshot, missing]);
  const lines = useMemo(() => shownLines(all, deferred, show), [all, deferred, show]);
  const unwell = useMemo(() => all.filter((line) => !isWell(line)).length, [all]);
  const missingLinks = useMemo(() => all.filter(({ kind }) => kind === 'missing').length, [all]);
  const choosing = search.has('choose');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(NONE_CHOSEN);
  const chosenSubs = useMemo(
    () =>
      all.flatMap((line) =>
        chosen.has(keyOf(line)) && line.kind === 'subscription' ? line.subscription : [],
      ),
    [all, chosen],
  );
  return (
    <>
      <Head snapshot={snapshot} lines={all} />
      <section className="section">
        <DataTable
          label="Subscriptions"
          className="subscription-tables"
          columns={COLUMNS}
          rows={lines}
          keyOf={keyOf}
          worst={worstOf}
          group={unwell === 0 ? BY_RECEIVER : UNWELL_FIRST}
          to={(line) => placeOf(cluster, line)}
          choosing={
            choosing
              ? { chosen, onChange: setChosen, labelOf: (line) => `Choose ${nameOf(line)}` }
              : undefined
          }
          above={(menu) => (
            <>
              <div className="tools pt-3">
                <FilterInput
                  label="Node, name, slot or set"
                  value={filter}
                  onValue={(value) => set({ q: value })}
                />
                <Segmented
                  label="Show"
                  value={show}
                  onChange={(value) => set({ show: value === 'all' ? null : value })}
                  options={[
                    { value: 'all', label: `All ${count(all.length)}` },
                    { value: 'not-well', label: `With problems ${count(unwell)}` },
                  ]}
                />
                <Button
                  aria-pressed={choosing}
                  onClick={() => {
                    setChosen(NONE_CHOSEN);
                    set({ choose: choosing ? null : '1' });
                  }}
                >
                  {choosing ? 'End choosing' : 'Choose several'}
                </Button>
                {missingLinks > 0 && <PlanButton size="md" request={{ kind: 'mesh-complete', cluster }} />}
                <span className="ml-auto">{menu}</span>
              </div>
              {choosing && <ChosenSubscriptions cluster={cluster} subs={chosenSubs} />}
            </>
          )}
          empty={
            all.length === 0 ? (
              <Empty title="No node subscribes to another">
                Tables are replicated only where there is a subscription. Missing links of the wanted topology
                are listed here.
              </Empty>
            ) : (
              <Empty
                title={
                  filter === '' ? 'No subscription has a problem' : `No subscription matches “${filter}”`
                }
                actions={<Button onClick={() => set({ q: null, show: null })}>Show all</Button>}
              />
            )
          }
        />
      </section>
    </>
  );
}

const NONE_CHOSEN: ReadonlySet<string> = new Set();

const nameOf = (line: Line): string =>
  line.kind === 'missing'
    ? `${safeName(line.link.provider)} → ${safeName(line.link.receiver)}`
    : `${safeName(line.subscription.name)} on ${safeName(line.subscription.receiver)}`;

const worstOf = (line: Line): number => badnessOf(stateOf(line));

/** A link without a subscription leads nowhere. */
const placeOf = (cluster: string, line: Line): string | null =>
  line.kind === 'missing'
    ? null
    : paths.subscription(cluster, line.subscription.receiver, line.subscription.name);

const BY_RECEIVER: Group<Line> = {
  of: receiverOf,
  head: (receiver, rows) => (
    <>
      <b>{safeName(receiver)}</b> receives {plural(rows.length, 'link')}
    </>
  ),
};

/** What is not well stands together, above the rest. No node is called by an empty name. */
const UNWELL_FIRST: Group<Line> = {
  of: (line) => (isWell(line) ? receiverOf(line) : ''),
  head: (receiver, rows) =>
    receiver === '' ? (
      <>
        <b>Problems</b> {plural(rows.length, 'link')}
      </>
    ) : (
      <>
        <b>{safeName(receiver)}</b> receives {plural(rows.length, 'link')} that{' '}
        {rows.length === 1 ? 'is' : 'are'} well
      </>
    ),
};

/** Nothing is known of subscriptions before a node has told of them: an empty list is then no news. */
const nobodyRead = (snapshot: Snapshot): boolean => snapshot.nodes.every((node) => node.observedAt === null);

/** What is so, worst last. */
function Head({ snapshot, lines }: { snapshot: Snapshot; lines: Line[] }) {
  const number = (test: (line: Line) => boolean) => lines.filter(test).length;
  const by = (state: ShownLinkState) =>
    number((line) => line.kind === 'subscription' && stateOf(line) === state);
  const behind = lines.filter(
    (line): line is SubscriptionLine => line.kind === 'subscription' && stateOf(line) === 'behind',
  );
  const worst = [...behind].sort((a, b) => (b.link?.lagSeconds ?? 0) - (a.link?.lagSeconds ?? 0))[0];
  const subs = number((line) => line.kind === 'subscription');
  const replicating = by('replicating') + behind.length;
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
    by('failing') > 0 && `${by('failing')} ${by('failing') === 1 ? 'is' : 'are'} failing`,
  ].filter((part): part is string => typeof part === 'string');
  const state: StateName =
    by('down') + by('failing') + missing > 0
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
          <span className="faint">
            checked <Time at={snapshot.observedAt} />
          </span>
        </>
      }
    >
      <ArrowText>{`${parts.join('; ') || (nobodyRead(snapshot) ? 'Subscriptions are not known: no node has been read yet' : 'There is no subscription')}.`}</ArrowText>
    </Say>
  );
}
