/** What stands in a form, what is wrong with it, and whether it would be lost. Drawn by `Form` and the fields of ui/. */
import { type ChangeEvent, useRef, useState } from 'react';
import type { FieldIssue } from '#core/contract/errors.ts';
import type { Change } from '#src/api/use-change.ts';
import { useUnsaved } from './use-unsaved.ts';

export interface Fault {
  message: string;
  remedy?: string | null;
}

type Saving = Pick<Change<never>, 'fault' | 'error' | 'pending'>;

/** Of a form that asks the console for nothing: a view, a filter. */
export const NOTHING_SAVED: Saving = { fault: null, error: null, pending: false };

type Faults<Values> = Partial<Record<keyof Values, Fault | null | false>>;

interface Options<Values> {
  /** What stands in it before anything is typed; where it changes, as after saving, untouched fields follow. */
  initial: Values;
  /** The change that the form asks for: it brings the server's faults. */
  saving: Saving;
  /** At which field a fault of the server stands; by default at the one that is called as the end of its path. */
  place?: (issue: FieldIssue) => keyof Values | undefined;
  /** What is wrong before it is sent; said once somebody has tried. */
  check?: (values: Values) => Faults<Values>;
  /** What would be lost, for the question at leaving: `the address of n3`; null: nothing worth a question. */
  unsaved: string | null;
}

type Keys<Values, Kind> = { [Key in keyof Values]: Values[Key] extends Kind ? Key : never }[keyof Values] &
  string;

export interface FormState<Values> {
  values: Values;
  set: (change: Partial<Values>) => void;
  /** Something differs from what it began with. */
  changed: boolean;
  /** Back to what it began with. */
  reset: () => void;
  errorOf: (key: keyof Values) => Fault | null;
  /** What no field shows: to be said at the form's foot. */
  rest: Fault | null;
  pending: boolean;
  /** Of a `Field`. */
  text: (key: Keys<Values, string>) => {
    name: string;
    value: string;
    onChange: (event: ChangeEvent<HTMLInputElement>) => void;
    error: Fault | null;
  };
  /** Of a `DsnField`. */
  dsn: (key: Keys<Values, string>) => {
    name: string;
    value: string;
    onDsn: (dsn: string) => void;
    error: Fault | null;
  };
  /** Of a `Checkbox`. */
  tick: (key: Keys<Values, boolean>) => {
    name: string;
    checked: boolean;
    onChange: (event: ChangeEvent<HTMLInputElement>) => void;
  };
  /** Whether it may be sent; if not, faults are shown from now on. For `Form`. */
  tries: () => boolean;
  /** Changes with each new fault: the first is focused then. For `Form`. */
  faultMark: unknown;
}

export function useForm<Values extends object>(options: Options<Values>): FormState<Values> {
  const { initial, saving, check, unsaved } = options;
  const place = options.place ?? lastOf;
  const [edits, setEdits] = useState<Partial<Values>>({});
  const [tried, setTried] = useState(0);
  // What was changed since the server refused it may be right by now.
  const since = useRef({ error: saving.error, keys: new Set<keyof Values>() });
  if (since.current.error !== saving.error) since.current = { error: saving.error, keys: new Set() };
  const values = { ...initial, ...edits };
  const keys = Object.keys(values) as (keyof Values)[];
  const changed = keys.some((key) => values[key] !== initial[key]);
  const own = tried > 0 ? check?.(values) : undefined;
  const issues = saving.fault?.issues ?? [];
  const placed = issues.filter((issue) => keys.includes(place(issue) as keyof Values));

  const set = (change: Partial<Values>): void => {
    for (const key of Object.keys(change) as (keyof Values)[]) since.current.keys.add(key);
    setEdits((before) => ({ ...before, ...change }));
  };
  const errorOf = (key: keyof Values): Fault | null => {
    const mine = own?.[key];
    if (mine) return mine;
    if (since.current.keys.has(key)) return null;
    return placed.find((issue) => place(issue) === key) ?? null;
  };
  useUnsaved(changed && !saving.pending, unsaved);

  return {
    values,
    set,
    changed,
    reset: () => {
      setEdits({});
      setTried(0);
    },
    errorOf,
    rest:
      since.current.keys.size > 0 || (issues.length > 0 && placed.length === issues.length)
        ? null
        : saving.fault,
    pending: saving.pending,
    text: (key) => ({
      name: key,
      value: values[key] as string,
      onChange: (event) => set({ [key]: event.target.value } as Partial<Values>),
      error: errorOf(key),
    }),
    dsn: (key) => ({
      name: key,
      value: values[key] as string,
      onDsn: (dsn) => set({ [key]: dsn } as Partial<Values>),
      error: errorOf(key),
    }),
    tick: (key) => ({
      name: key,
      checked: values[key] as boolean,
      onChange: (event) => set({ [key]: event.target.checked } as Partial<Values>),
    }),
    tries: () => {
      const wrong = Object.values(check?.(values) ?? {}).some(Boolean);
      if (wrong) setTried((times) => times + 1);
      else since.current.keys.clear();
      return !wrong;
    },
    faultMark: since.current,
  };
}

const lastOf = <Values>(issue: FieldIssue): keyof Values | undefined =>
  issue.path.at(-1) as keyof Values | undefined;
