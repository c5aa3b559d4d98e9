import { Search } from 'lucide-react';
import { type InputHTMLAttributes, type ReactNode, useId } from 'react';
import { Icon } from './icon.tsx';
import { State } from './state.tsx';

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: ReactNode;
  /** Said under the input while nothing is wrong. */
  hint?: ReactNode;
  /** What is wrong with this field, and what to try; it stands under the input and is read with it. */
  error?: { message: ReactNode; remedy?: ReactNode } | null;
  /** DSNs and identifiers are typed in mono. */
  mono?: boolean;
  /** The label is only for those who cannot see where the field stands. */
  hideLabel?: boolean;
}

export function Field({
  label,
  hint,
  error,
  mono = false,
  hideLabel = false,
  className = '',
  ...input
}: FieldProps) {
  const id = useId();
  const about = error || hint ? `${id}-about` : undefined;
  return (
    <div className={`field ${className}`}>
      <label htmlFor={id} className={hideLabel ? 'sr-only' : undefined}>
        {label}
      </label>
      <input
        {...input}
        id={id}
        className={`input ${mono ? 'mono' : ''}`}
        aria-invalid={error ? true : undefined}
        aria-describedby={about}
      />
      {error ? (
        <p id={about} className="fault" role="alert">
          <State of="critical">{error.message}</State>
          {error.remedy && <span className="muted"> {error.remedy}</span>}
        </p>
      ) : (
        hint && (
          <p id={about} className="faint">
            {hint}
          </p>
        )
      )}
    </div>
  );
}

/** The filter above a table: a search icon, and Escape empties it. */
export function FilterInput({
  label,
  value,
  onValue,
  width = 212,
}: {
  label: string;
  value: string;
  onValue: (value: string) => void;
  width?: number;
}) {
  return (
    <label className="input" style={{ width }}>
      <Icon of={Search} />
      <span className="sr-only">{label}</span>
      <input
        className="bare-input"
        type="search"
        placeholder={label}
        value={value}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => onValue(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onValue('');
        }}
      />
    </label>
  );
}

/** A tick box with its words; the native input keeps keyboard and screen readers right. `mixed`: some of what it stands for. */
export function Checkbox({
  children,
  mixed = false,
  ...input
}: Omit<InputHTMLAttributes<HTMLInputElement>, 'type'> & { children: ReactNode; mixed?: boolean }) {
  return (
    <label className="tick">
      <input
        type="checkbox"
        {...input}
        ref={(box) => {
          if (box) box.indeterminate = mixed;
        }}
      />
      <span>{children}</span>
    </label>
  );
}
