/** What is done to several subscriptions, chosen in the table, by one plan. */
import { useState } from 'react';
import type { SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { plural } from '#src/lib/units.ts';
import { PlanButton } from '#src/parts/plan-button.tsx';
import { Button } from '#src/ui/button.tsx';
import { SetsForm } from './sets-form.tsx';

interface Props {
  cluster: string;
  subs: readonly SubscriptionSnapshot[];
}

export function ChosenSubscriptions({ cluster, subs }: Props) {
  const [sets, setSets] = useState(false);
  const none = subs.length === 0;
  const [first, ...others] = subs.map(({ receiver, name }) => ({ receiver, subscription: name }));
  return (
    <section className="chosen-bar" aria-label="Chosen subscriptions">
      <div className="tools">
        <b>{none ? 'Choose subscriptions' : `${plural(subs.length, 'subscription')} chosen`}</b>
        {first !== undefined && (
          <>
            <PlanButton request={{ kind: 'subscription-enable', cluster, ...first, subscriptions: others }}>
              Enable…
            </PlanButton>
            <PlanButton request={{ kind: 'subscription-disable', cluster, ...first, subscriptions: others }}>
              Disable…
            </PlanButton>
          </>
        )}
        <Button size="sm" disabled={none} aria-expanded={sets} onClick={() => setSets(!sets)}>
          Change sets…
        </Button>
      </div>
      {sets && !none && <SetsForm cluster={cluster} subs={subs} onClose={() => setSets(false)} />}
    </section>
  );
}
