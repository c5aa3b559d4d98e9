import type { ReactNode } from 'react';
import type { Finding } from '#core/model/finding.ts';
import { shownText } from '#core/model/shown-text.ts';
import { ArrowText } from './link-name.tsx';
import { Mono, Sql } from './mono.tsx';
import { State } from './state.tsx';
import { ExactTime, Time } from './time.tsx';

interface Props {
  finding: Finding;
  /** Open: why it matters, evidence, remedy. Else two lines and its button. */
  open?: boolean;
  /** Its one button, and a link beside it; the page knows what they do. */
  action?: ReactNode;
  onToggle?: () => void;
}

export function FindingItem({ finding, open = false, action, onToggle }: Props) {
  const head = (
    <div className="top">
      <State of={finding.severity} />
      <span>{finding.code}</span>
      <span className="push-right">
        since <Time at={finding.since} />
      </span>
    </div>
  );
  const title = onToggle ? (
    <button type="button" className="finding-title" aria-expanded={open} onClick={onToggle}>
      <ArrowText>{finding.title}</ArrowText>
    </button>
  ) : (
    <ArrowText>{finding.title}</ArrowText>
  );
  if (!open) {
    return (
      <article className="finding brief">
        {head}
        <h3>{title}</h3>
        <p className="clamp">
          <ArrowText>{finding.detail}</ArrowText>
        </p>
        {action && <div className="finding-action">{action}</div>}
      </article>
    );
  }
  return (
    <article className="finding">
      {head}
      <h3>{title}</h3>
      <p>
        <ArrowText>{finding.detail}</ArrowText>
      </p>
      {finding.evidence.length > 0 && (
        <dl className="evidence">
          {finding.evidence.map((fact) => (
            <div key={fact.name} className="contents">
              <dt>{shownText(fact.name)}</dt>
              <dd>
                <FactValue of={fact.value} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {finding.remedy && (
        <p>
          <ArrowText>{finding.remedy.text}</ArrowText>
        </p>
      )}
      {finding.remedy?.noPlan && <p className="faint">{finding.remedy.noPlan}</p>}
      {finding.remedy?.sql && finding.remedy.plan === undefined && (
        <Sql statements={finding.remedy.sql} label="Statements that fix it" />
      )}
      {action && <div className="buttons">{action}</div>}
    </article>
  );
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/** Facts are texts as a server or the console has them; instants follow the page's zone, and PostgreSQL's t and f are words. */
function FactValue({ of }: { of: string }) {
  if (INSTANT.test(of)) {
    return (
      <Mono>
        <ExactTime at={of} />
      </Mono>
    );
  }
  return <Mono>{of === 't' ? 'yes' : of === 'f' ? 'no' : of}</Mono>;
}
