import { useNavigate } from 'react-router';
import type { PlanRequest } from '#core/model/plan.ts';
import { tell } from '#src/api/errors.ts';
import { usePlan } from '#src/api/hooks.ts';
import { paths } from '#src/lib/paths.ts';
import { Button, type ButtonLook, type ButtonSize } from '#src/ui/button.tsx';
import { State } from '#src/ui/state.tsx';
import { planOffer } from './plan-words.ts';

interface Props {
  request: PlanRequest;
  /** Other words than the plan's own; they end in an ellipsis, since a plan opens. */
  children?: string;
  look?: ButtonLook;
  size?: ButtonSize;
}

/** Plans a change, which writes nothing, and leads to the plan. What went wrong is said beside the button. */
export function PlanButton({ request, children, look = 'default', size = 'md' }: Props) {
  const plan = usePlan();
  const navigate = useNavigate();
  return (
    <>
      <Button
        look={look}
        size={size}
        busy={plan.isPending}
        onClick={() => plan.mutate(request, { onSuccess: (made) => navigate(paths.plan(made.id)) })}
      >
        {children ?? planOffer(request)}
      </Button>
      {plan.error && (
        <span role="alert">
          <State of="critical">{tell(plan.error).message}</State>
        </span>
      )}
    </>
  );
}
