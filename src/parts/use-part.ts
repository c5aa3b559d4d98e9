/** A module that is loaded beside the page, where its exports are used as they come instead of in a Suspense. */
import { useEffect, useState } from 'react';

export type Loaded<T> = { part: T; error: null } | { part: null; error: Error | null };

/** A loader that keeps what it brought, so that who asks again has it at once. */
export interface Keeper<T> {
  load: () => Promise<T>;
  kept: T | null;
}

/** `load` comes from `part`, so that it is fetched ahead, and a console that was updated is met. */
export function keeper<T>(load: () => Promise<T>): Keeper<T> {
  const self: Keeper<T> = {
    kept: null,
    load: async () => {
      self.kept = await load();
      return self.kept;
    },
  };
  return self;
}

/** Asked for when `wanted` becomes true, after what the page shows by itself is drawn. */
export function usePart<T>(from: Keeper<T>, wanted: boolean): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ part: from.kept, error: null } as Loaded<T>);
  useEffect(() => {
    if (!wanted || loaded.part !== null || loaded.error !== null) return;
    let gone = false;
    from.load().then(
      (part) => {
        if (!gone) setLoaded({ part, error: null });
      },
      (error: Error) => {
        if (!gone) setLoaded({ part: null, error });
      },
    );
    return () => {
      gone = true;
    };
  }, [from, wanted, loaded]);
  return loaded;
}
