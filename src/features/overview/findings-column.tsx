import { memo, useMemo, useState } from 'react';
import { compareFindings } from '#core/advice/order.ts';
import type { Finding } from '#core/model/finding.ts';
import { useClusterName, useSnapshot } from '#src/api/hooks.ts';
import { subjectPath } from '#src/lib/paths.ts';
import { SubjectLink } from '#src/parts/links.tsx';
import { PlanButton } from '#src/parts/plan-button.tsx';
import { FindingItem } from '#src/ui/finding-item.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State } from '#src/ui/state.tsx';

const FIRST = 10;
const BRIEF = 5;

/** What is not well: what stops data now first, then what was lost, then all else. The first two stand open, none where there is much else to see; the others open at their title. */
export const FindingsColumn = memo(function FindingsColumn({ brief = false }: { brief?: boolean }) {
  const first = brief ? BRIEF : FIRST;
  const opened = brief ? 0 : 2;
  const cluster = useClusterName();
  const findings = useSnapshot((snapshot) => snapshot.findings);
  const health = useSnapshot((snapshot) => snapshot.health);
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [all, setAll] = useState(false);
  const sorted = useMemo(() => [...findings].sort(compareFindings), [findings]);
  const shown = all ? sorted : sorted.slice(0, first);
  const toggle = (id: string) =>
    setToggled((old) => {
      const next = new Set(old);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  return (
    <section className="section" aria-label="Findings">
      <SectionHead title="Findings" count={findings.length} />
      {shown.map((finding, at) => (
        <FindingItem
          key={finding.id}
          finding={finding}
          open={at < opened !== toggled.has(finding.id)}
          onToggle={() => toggle(finding.id)}
          action={
            <Action cluster={cluster} finding={finding} open={at < opened !== toggled.has(finding.id)} />
          }
        />
      ))}
      {sorted.length > first && (
        <div className="finding">
          <button type="button" className="text-action" onClick={() => setAll(!all)}>
            {all ? `Show the first ${first}` : `Show all ${sorted.length}`}
          </button>
        </div>
      )}
      {findings.length === 0 && (
        <p className="section-note">
          {health === 'unknown' ? (
            'Not all nodes can be read, so not everything could be checked.'
          ) : (
            <>
              <State of="ok">None</State>{' '}
              <span className="faint">All rules were checked at the last poll.</span>
            </>
          )}
        </p>
      )}
    </section>
  );
});

/** The plan that mends it, where there is one; else the way to what it speaks of. */
function Action({ cluster, finding, open }: { cluster: string; finding: Finding; open: boolean }) {
  const plan = finding.remedy?.plan;
  const there = subjectPath(cluster, finding.subject) !== null;
  const link = there && (
    <SubjectLink cluster={cluster} subject={finding.subject} className="text-action">
      {subjectWord(finding)}
    </SubjectLink>
  );
  if (plan === undefined) return link || null;
  return (
    <>
      <PlanButton request={plan} />
      {open && link}
    </>
  );
}

function subjectWord({ subject }: Finding): string {
  if (subject.table !== undefined) return 'Show table';
  if (subject.subscription !== undefined) return 'Show subscription';
  if (subject.provider !== undefined && subject.receiver !== undefined) return 'Show link';
  if (subject.set !== undefined) return 'Show sets';
  return 'Show node';
}
