/** What one has to know before a plan runs: amber, above all its tables. */
import { Flag } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Plan } from '#core/model/plan.ts';
import { shownText } from '#core/model/shown-text.ts';
import { Icon } from '#src/ui/icon.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { State } from '#src/ui/state.tsx';
import { type KnowLine, knowsOf } from './know.ts';

/** Where the foot's words lead. */
export const KNOW_ID = 'know-this';

/** Leads there and keeps what the address says: the plan page has more in its history entry than its path. */
export function KnowLink({ children }: { children: ReactNode }) {
  const show = () => {
    const strip = document.getElementById(KNOW_ID);
    strip?.scrollIntoView({ block: 'nearest' });
    strip?.focus({ preventScroll: true });
  };
  return (
    <button type="button" className="know-link" onClick={show}>
      <State of="know">{children}</State>
    </button>
  );
}

export function KnowStrip({ plan }: { plan: Plan }) {
  const lines = knowsOf(plan);
  if (lines.length === 0) return null;
  return (
    <section className="know-strip" id={KNOW_ID} aria-label="Know this" tabIndex={-1}>
      <h2>
        <Icon of={Flag} /> Know this
      </h2>
      <KnowLines lines={lines} />
    </section>
  );
}

export function KnowLines({ lines }: { lines: readonly KnowLine[] }) {
  return (
    <ul>
      {lines.map(({ nodes, name, value }) => (
        <li key={`${name} ${value}`}>
          <b>{shownText(nodes.length > 0 ? `${name} on ${nodes.join(', ')}` : name)}</b>{' '}
          <ArrowText>{value}</ArrowText>
        </li>
      ))}
    </ul>
  );
}
