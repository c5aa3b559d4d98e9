import { useMemo } from 'react';
import { useClusterName, useSnapshot } from '#src/api/hooks.ts';
import { subjectLinker } from '#src/layouts/links.tsx';
import { Say, Sentence } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';
import { Age, Time } from '#src/ui/time.tsx';
import { TrafficSwitch } from './traffic-switch.tsx';

const WORDS = { ok: 'Well', warning: 'Warning', critical: 'Critical', unknown: 'Unknown' };

/** The state, its age, and what is so in one sentence. */
export function Headline() {
  const cluster = useClusterName();
  const snapshot = useSnapshot();
  const link = useMemo(() => subjectLinker(cluster), [cluster]);
  const polled = snapshot.nodes.some((node) => node.observedAt !== null);
  const silent = snapshot.nodes.filter((node) => node.state === 'down').map((node) => node.name);
  return (
    <Say
      top={
        <>
          <State of={snapshot.health}>{WORDS[snapshot.health]}</State>
          <span className="f">
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
            {polled && silent.length > 0 && `, without ${listed(silent)}`}
          </span>
          <TrafficSwitch />
        </>
      }
    >
      <Sentence parts={snapshot.sentence} link={link} />
    </Say>
  );
}

/** `n1`, `n1 and n2`, `n1, n2 and 5 more`. */
function listed(names: string[]): string {
  if (names.length < 3) return names.join(' and ');
  return `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;
}
