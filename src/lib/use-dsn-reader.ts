import { useEffect, useState } from 'react';

export type DsnReader = typeof import('./dsn-reader.ts');

let loaded: DsnReader | null = null;

/** Null until it is loaded: nothing needs it before somebody types, and no page waits for it. */
export function useDsnReader(): DsnReader | null {
  const [reader, setReader] = useState(loaded);
  useEffect(() => {
    if (loaded !== null) return;
    import('./dsn-reader.ts').then(
      (module) => {
        loaded = module;
        setReader(module);
      },
      // Names are not guessed then.
      () => {},
    );
  }, []);
  return reader;
}
