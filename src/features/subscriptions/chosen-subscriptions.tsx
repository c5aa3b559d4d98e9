/** What is done to several subscriptions, chosen in the table, by one plan. */
import { useState } from 'react';
import type { SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { plural } from '#src/lib/units.ts';
import { Button } from '#src/ui/button.tsx';
import { SetsForm } from './sets-form.tsx';

interface Props {
  cluster: string;
  subs: readonly SubscriptionSnapshot[];
}

export function ChosenSubscriptions({ cluster, subs }: Props) {
  const [sets, setSets] = useState(false);
  const none = subs.length === 0;
  return (
    <section className="chosen-bar" aria-label="Chosen subscriptions">
      <div className="tools">
        <b>{none ? 'Choose subscriptions' : `${plural(subs.length, 'subscription')} chosen`}</b>
        <Button size="sm" disabled={none} aria-expanded={sets} onClick={() => setSets(!sets)}>
          Change sets…
        </Button>
      </div>
      {sets && !none && <SetsForm cluster={cluster} subs={subs} onClose={() => setSets(false)} />}
    </section>
  );
}
