import type { ReactNode } from 'react';

interface Props<Value extends string> {
  /** What is chosen between, for screen readers. */
  label: string;
  value: Value;
  options: { value: Value; label: ReactNode }[];
  onChange: (value: Value) => void;
  className?: string;
}

/** A choice of few, all in sight: a measure, a filter with its counts. */
export function Segmented<Value extends string>({
  label,
  value,
  options,
  onChange,
  className = '',
}: Props<Value>) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset has a frame and a legend that this row of toggles has not
    <span className={`segmented ${className}`} role="group" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </span>
  );
}
