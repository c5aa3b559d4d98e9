import { Check } from 'lucide-react';
import { Link } from 'react-router';
import { paths } from '#src/lib/paths.ts';
import { Icon } from '#src/ui/icon.tsx';

const STEPS = [
  ['nodes', 'Nodes'],
  ['tables', 'Tables'],
  ['review', 'Review'],
] as const;

export type WizardStep = (typeof STEPS)[number][0];

/** The three steps of a deploy; those that can be gone to are links. The review is a plan, so it is reached by planning. */
export function WizardRail({ now, draft }: { now: WizardStep; draft: string }) {
  const at = STEPS.findIndex(([step]) => step === now);
  return (
    <nav aria-label="Steps of the deploy">
      <ol className="wizard-rail">
        {STEPS.map(([step, word], index) => (
          <li key={step} className={index === at ? 'now' : index < at ? 'done' : ''}>
            {index < at && <Icon of={Check} size={12} />}
            {index === at ? (
              <span aria-current="step">
                {index + 1} {word}
              </span>
            ) : step === 'review' ? (
              word
            ) : (
              <Link to={paths.deployServers(draft, step)}>{word}</Link>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
