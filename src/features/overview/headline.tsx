import { Suspense, useMemo } from 'react';
import { formatNames } from '#core/model/format.ts';
import { useCluster, useClusterName, useSnapshot } from '#src/api/hooks.ts';
import { useShown } from '#src/lib/use-shown.ts';
import { useSteady } from '#src/lib/use-steady.ts';
import { subjectLinker } from '#src/parts/links.tsx';
import { lazyPart } from '#src/ui/lazy-part.tsx';
import { Say, Sentence } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';
import { Age, Time } from '#src/ui/time.tsx';

// Only a sandbox has one.
const TrafficSwitch = lazyPart(async () => ({
  default: (await import('./traffic-switch.tsx')).TrafficSwitch,
}));

const WORDS = { ok: 'Healthy', warning: 'Warning', critical: 'Critical', unknown: 'Unknown' };

/** The state, its age, and what is so in one sentence. */
export function Headline() {
  const cluster = useClusterName();
  const isSandbox = useCluster().sandbox !== null;
  const shown = useShown();
  const snapshot = useSnapshot();
  const link = useMemo(() => subjectLinker(cluster), [cluster]);
  const sentence = useSteady(snapshot.sentence);
  const polled = snapshot.nodes.some((node) => node.observedAt !== null);
  const silent = snapshot.nodes.filter((node) => node.state === 'down').map((node) => node.name);
  return (
    <Say
      top={
        <>
          <State of={snapshot.health}>{WORDS[snapshot.health]}</State>
          <span className="faint">
            {snapshot.healthSince && (
              <>
                for <Age since={snapshot.healthSince} />;{' '}
              </>
            )}
            {polled && (
              <>
                checked <Time at={snapshot.observedAt} />
              </>
            )}
            {polled && silent.length > 0 && `, without ${formatNames(silent, 2)}`}
          </span>
          {isSandbox && shown && (
            <Suspense fallback={null}>
              <TrafficSwitch />
            </Suspense>
          )}
        </>
      }
    >
      <Sentence parts={sentence} link={link} />
    </Say>
  );
}
