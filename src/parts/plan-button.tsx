import type { PlanRequest } from '#core/model/plan.ts';
import { planButton } from '#src/lib/plan-words.ts';
import { Button, type ButtonLook, type ButtonSize } from '#src/ui/button.tsx';
import { State } from '#src/ui/state.tsx';
import { usePlan } from './use-plan.ts';

interface Props {
  request: PlanRequest;
  /** Other words than the kind's own. They keep the ellipsis. */
  children?: string;
  look?: ButtonLook;
  size?: ButtonSize;
}

/** Plans a change and leads to the plan; writes nothing. What the planner refuses is said beside the button. */
export function PlanButton({ request, children, look, size = 'sm' }: Props) {
  const plan = usePlan();
  return (
    <>
      <Button look={look} size={size} busy={plan.pending} onClick={() => plan.run(request)}>
        {children ?? planButton(request)}
      </Button>
      {plan.fault && (
        <span role="alert">
          <State of="critical">{plan.fault.message}</State>
        </span>
      )}
    </>
  );
}
