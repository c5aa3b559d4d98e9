import { Check, Copy } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Icon } from './icon.tsx';

/** What one would paste into psql. */
export function Mono({ children, title }: { children: ReactNode; title?: string }) {
  return (
    <code className="m" title={title}>
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
      <Mono>{children ?? text}</Mono>
      <button
        type="button"
        onClick={copy}
        aria-label={copied ? `Copied ${text}` : `Copy ${text}`}
        title={copied ? 'Copied' : 'Copy'}
      >
        <Icon of={copied ? Check : Copy} size={12} />
      </button>
    </span>
  );
}

/** Statements as they would run, one under the other, with one button to copy them all. */
export function Sql({ statements, label = 'SQL' }: { statements: string[]; label?: string }) {
  const all = statements.join('\n');
  return (
    <figure className="sqlbox" aria-label={label}>
      <pre className="sql">{all}</pre>
      <CopyButton text={all} />
    </figure>
  );
}

function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <button
      type="button"
      className="icb"
      aria-label={copied ? 'Copied' : 'Copy the statements'}
      title={copied ? 'Copied' : 'Copy'}
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
