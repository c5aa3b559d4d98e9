/** The head of a server's column: whether it takes part, its name and address, and what comes of it. */

import { placeOf } from '#core/dsn/place.ts';
import type { DeployDraft, DeployServers } from '#core/model/deploy.ts';
import type { Plan } from '#core/model/plan.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { tipInside } from '#src/ui/tooltip.ts';
import { blocked, keptIn, type LeftOut, standing, withNode, without } from './leave-out.ts';

interface Props {
  plan: Plan;
  request: DeployServers;
  draft: DeployDraft | undefined;
  leftOut: LeftOut[];
  node: string;
  busy: boolean;
  /** A plan with or without it is made at once; nothing is written by that. */
  onPlan: (request: DeployServers) => void;
}

export function ServerHead({ plan, request, draft, leftOut, node, busy, onPlan }: Props) {
  const out = leftOut.find((one) => one.name === node);
  const own =
    request.nodes.find((each) => each.name === node) ?? draft?.nodes.find((each) => each.name === node);
  const held = out ? null : keptIn(request, node);
  const stops = out?.checks.filter((check) => check.result === 'stop').length ?? 0;
  const change = () => {
    if (!out) onPlan(without(request, node));
    else if (draft) onPlan(withNode(request, draft, node));
  };
  return (
    <>
      <label {...tipInside(held)}>
        <input
          type="checkbox"
          checked={!out}
          disabled={busy || held !== null || draft === undefined}
          onChange={change}
        />
        <b>{safeName(node)}</b> {own?.location && safeName(own.location)}
      </label>
      <small>
        <code>{placeOf(own?.dsn ?? '')}</code>
      </small>
      <small>{out ? `left out${stops > 0 ? `: ${blocked(stops)}` : ''}` : standing(plan, node)}</small>
    </>
  );
}
