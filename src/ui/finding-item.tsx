import type { ReactNode } from 'react';
import type { Finding } from '#core/model/finding.ts';
import { ArrowText } from './link-name.tsx';
import { Mono, Sql } from './mono.tsx';
import { State } from './state.tsx';
import { Time } from './time.tsx';

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
      <span className="sp">
        since <Time at={finding.since} />
      </span>
    </div>
  );
  const title = onToggle ? (
    <button type="button" className="fd-title" aria-expanded={open} onClick={onToggle}>
      <ArrowText>{finding.title}</ArrowText>
    </button>
  ) : (
    <ArrowText>{finding.title}</ArrowText>
  );
  if (!open) {
    return (
      <article className="fd min">
        {head}
        <h3>{title}</h3>
        <p className="clamp">
          <ArrowText>{finding.detail}</ArrowText>
        </p>
        {action && <div className="act1">{action}</div>}
      </article>
    );
  }
  return (
    <article className="fd">
      {head}
      <h3>{title}</h3>
      <p>
        <ArrowText>{finding.detail}</ArrowText>
      </p>
      {finding.evidence.length > 0 && (
        <dl className="ev">
          {finding.evidence.map((fact) => (
            <div key={fact.name} className="contents">
              <dt>{fact.name}</dt>
              <dd>
                <Mono>{fact.value}</Mono>
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
      {finding.remedy?.sql && finding.remedy.plan === undefined && (
        <Sql statements={finding.remedy.sql} label="Statements that mend it" />
      )}
      {action && <div className="btns">{action}</div>}
    </article>
  );
}
