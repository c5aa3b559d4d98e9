import { Check, Copy } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { shownText } from '#core/model/shown-text.ts';
import { Icon } from './icon.tsx';
import { tip, tipInside } from './tooltip.ts';

/** What one would paste into psql; `tip`: the whole of what is cut, or what it means. */
export function Mono({ children, tip: text }: { children: ReactNode; tip?: string | null }) {
  return (
    <code className="code" {...tip(text)}>
      {children}
    </code>
  );
}

/** Mono with a button that copies it; the button shows on hover and on focus, and keeps its place always. */
export function Copyable({ text, children }: { text: string; children?: ReactNode }) {
  const [copied, setCopied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setCopied(false), 1500);
  };
  return (
    <span className="copyable">
      <Mono>{children ?? shownText(text)}</Mono>
      <button
        type="button"
        onClick={copy}
        aria-label={`${copied ? 'Copied' : 'Copy'} ${shownText(text)}`}
        {...tipInside(copied ? 'Copied' : 'Copy')}
      >
        <Icon of={copied ? Check : Copy} size={12} />
      </button>
    </span>
  );
}

/** Statements as they would run, what cannot be seen as escapes, with one button to copy them all byte by byte. */
export function Sql({ statements, label = 'SQL' }: { statements: string[]; label?: string }) {
  const all = statements.join('\n');
  return (
    <figure className="sql-box" aria-label={label}>
      <pre className="sql">{shownText(all)}</pre>
      <CopyButton text={all} />
    </figure>
  );
}

function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={copied ? 'Copied' : 'Copy the statements'}
      {...tipInside(copied ? 'Copied' : 'Copy')}
      onClick={async () => {
        await navigator.clipboard.writeText(text);
        setCopied(true);
        setTimeout(() => setCopied(false), 1500);
      }}
    >
      <Icon of={copied ? Check : Copy} />
    </button>
  );
}
