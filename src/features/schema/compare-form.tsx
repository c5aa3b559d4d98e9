/** The schema of one node held against that of another: the plan says what differs, and makes it alike. */
import { useState } from 'react';
import { safeName } from '#src/lib/safe-name.ts';
import { PlanButton } from '#src/parts/plan-button.tsx';
import { SectionHead } from '#src/ui/section.tsx';

export function CompareForm({ cluster, nodes }: { cluster: string; nodes: string[] }) {
  const [from, setFrom] = useState(nodes[0] ?? '');
  const [to, setTo] = useState(nodes[1] ?? '');
  return (
    <section className="section">
      <SectionHead
        title="Compare schemas"
        note="tables, columns, defaults, constraints, indexes, sequences, enums, extensions, settings"
      />
      <div className="tools">
        <NodeChoice label="As on" nodes={nodes} value={from} onValue={setFrom} />
        <NodeChoice label="make" nodes={nodes} value={to} onValue={setTo} />
        <PlanButton size="md" request={{ kind: 'schema-align', cluster, from, to }} />
      </div>
    </section>
  );
}

function NodeChoice({
  label,
  nodes,
  value,
  onValue,
}: {
  label: string;
  nodes: string[];
  value: string;
  onValue: (node: string) => void;
}) {
  return (
    <label className="pick">
      <span className="faint">{label} </span>
      <select value={value} onChange={(event) => onValue(event.target.value)}>
        {nodes.map((node) => (
          <option key={node} value={node}>
            {safeName(node)}
          </option>
        ))}
      </select>
    </label>
  );
}
