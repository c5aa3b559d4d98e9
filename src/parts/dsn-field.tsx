/** Where a DSN is typed: what of it is secret is seen only while it is typed. */
import { type ComponentProps, useState } from 'react';
import { useDsnReader } from '#src/lib/use-dsn-reader.ts';
import { Field } from '#src/ui/field.tsx';

const MASK = '••••';

interface Props extends Omit<ComponentProps<typeof Field>, 'value' | 'onChange' | 'mono'> {
  /** In clear, as it is sent. */
  value: string;
  onDsn: (dsn: string) => void;
}

export function DsnField({ value, onDsn, onFocus, onBlur, ...field }: Props) {
  const [typing, setTyping] = useState(false);
  const reader = useDsnReader();
  // What the console gave back is masked; what was typed is hidden whole until it can be masked.
  const shown = reader?.masked(value) ?? (value === '' || value.includes(MASK) ? value : MASK);
  return (
    <Field
      spellCheck={false}
      autoComplete="off"
      autoCapitalize="off"
      {...field}
      mono
      value={typing ? value : shown}
      onFocus={(event) => {
        setTyping(true);
        onFocus?.(event);
      }}
      onBlur={(event) => {
        setTyping(false);
        onBlur?.(event);
      }}
      onChange={(event) => onDsn(event.target.value)}
    />
  );
}
