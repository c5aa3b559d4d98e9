import { useNavigate } from 'react-router';
import type { PlanRequest } from '#core/model/plan.ts';
import { tell } from '#src/api/errors.ts';
import { usePlan } from '#src/api/hooks.ts';
import { paths } from '#src/lib/paths.ts';
import { planButton } from '#src/lib/plan-words.ts';
import { Button, type ButtonLook, type ButtonSize } from '#src/ui/button.tsx';
import { State } from '#src/ui/state.tsx';

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
  const navigate = useNavigate();
  return (
    <>
      <Button
        look={look}
        size={size}
        busy={plan.isPending}
        onClick={() => plan.mutate(request, { onSuccess: ({ id }) => navigate(paths.plan(id)) })}
      >
        {children ?? planButton(request.kind)}
      </Button>
      {plan.isError && (
        <span role="alert">
          <State of="critical">{tell(plan.error).message}</State>
        </span>
      )}
    </>
  );
}
