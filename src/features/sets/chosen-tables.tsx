/** What is done with the chosen tables: into a set or out of it, on all nodes, as one plan. */
import { useState } from 'react';
import type { TableName } from '#core/engines/units.ts';
import { plural } from '#src/lib/units.ts';
import { PlanButton } from '#src/parts/plan-button.tsx';
import { Button } from '#src/ui/button.tsx';
import { SetChoice } from './set-choice.tsx';

interface Props {
  cluster: string;
  tables: readonly TableName[];
  nodes: string[];
  sets: readonly string[];
  onNone: () => void;
}

export default function ChosenTables({ cluster, tables, nodes, sets, onNone }: Props) {
  const [set, setSet] = useState(sets.includes('default') ? 'default' : (sets[0] ?? ''));
  const base = { kind: 'set-tables' as const, cluster, nodes, set };
  return (
    <section className="tools" aria-label="Chosen tables">
      <b>{plural(tables.length, 'table')} chosen</b>
      <SetChoice sets={sets} value={set} onValue={setSet} />
      <PlanButton look="primary" size="md" request={{ ...base, add: [...tables] }}>
        Add to set…
      </PlanButton>
      <PlanButton size="md" request={{ ...base, remove: [...tables] }}>
        Remove from set…
      </PlanButton>
      <Button onClick={onNone}>Choose none</Button>
    </section>
  );
}
