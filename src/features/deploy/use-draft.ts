/** The wizard's answers, kept on the console as they are typed. Saves follow each other; none overtakes another. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { DeployDraft } from '#core/model/deploy.ts';
import { api } from '#src/api/client.ts';
import { type Told, tell } from '#src/api/errors.ts';
import { draftQuery, draftsQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { answersOf, type Form, formOf, knownDsns, markOf, type NodeRow, passwordLost } from './form.ts';

const PAUSE_MS = 500;

export interface Draft {
  id: string;
  form: Form;
  change: (change: Partial<Form> | ((form: Form) => Partial<Form>)) => void;
  changeRow: (key: number, change: Partial<NodeRow>) => void;
  /** The edit of each row that the console has, by key, and the place it has there. */
  kept: ReadonlyMap<number, { edit: number; position: number }>;
  savedAt: string;
  /** Why the last save failed; null: it did not. */
  fault: Told | null;
  /** Masked addresses whose passwords the console has. */
  known: ReadonlySet<string>;
  /** Saves what is not saved yet, and gives what is kept. */
  flush: () => Promise<DeployDraft>;
  /** The row whose address has the focus keeps what was typed; every other one is masked once it is kept. */
  focus: (key: number | null) => void;
}

const placesOf = (rows: NodeRow[]) =>
  new Map(rows.map(({ key, edit }, position) => [key, { edit, position }]));

export function useDraft(begun: DeployDraft): Draft {
  const { id } = begun;
  const [form, setForm] = useState(() => formOf(begun));
  const [kept, setKept] = useState(() => placesOf(form.rows));
  const [known, setKnown] = useState(() => knownDsns(begun));
  const [savedAt, setSavedAt] = useState(begun.savedAt);
  const [fault, setFault] = useState<Told | null>(null);
  const latest = useRef(form);
  latest.current = form;
  const saved = useRef({ mark: markOf(form), draft: begun });
  const busy = useRef<Promise<void> | null>(null);
  const focused = useRef<number | null>(null);

  const take = useCallback((now: Form, draft: DeployDraft) => {
    saved.current = { mark: markOf(now), draft };
    queryClient.setQueryData(draftQuery(draft.id).queryKey, draft);
    setKept(placesOf(now.rows));
    setKnown((old) => {
      const whole = draft.nodes.filter((_, at) => !passwordLost(now.rows[at]?.dsn ?? '', old));
      return new Set([...old, ...knownDsns({ nodes: whole })]);
    });
    setSavedAt(draft.savedAt);
    setFault(null);
    setForm((form) => ({ ...form, rows: form.rows.map((row) => masked(row, now, draft, focused.current)) }));
  }, []);

  const flush = useCallback(async (): Promise<DeployDraft> => {
    for (;;) {
      if (busy.current) {
        await busy.current.catch(() => {});
        continue;
      }
      const now = latest.current;
      if (markOf(now) === saved.current.mark) return saved.current.draft;
      busy.current = api.deploys.save({ id, ...answersOf(now) }).then((draft) => take(now, draft));
      try {
        await busy.current;
      } catch (error) {
        setFault(tell(error));
        throw error;
      } finally {
        busy.current = null;
      }
    }
  }, [id, take]);

  const mark = markOf(form);
  useEffect(() => {
    if (mark === saved.current.mark) return;
    const timer = setTimeout(() => void flush().catch(() => {}), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [mark, flush]);

  // Whoever leaves within the pause loses nothing either.
  useEffect(() => {
    const leave = () => void flush().catch(() => {});
    addEventListener('pagehide', leave);
    return () => {
      removeEventListener('pagehide', leave);
      leave();
      void queryClient.invalidateQueries({ queryKey: draftsQuery().queryKey });
    };
  }, [flush]);

  const change = useCallback<Draft['change']>((change) => {
    setForm((form) => ({ ...form, ...(typeof change === 'function' ? change(form) : change) }));
  }, []);
  const changeRow = useCallback<Draft['changeRow']>((key, change) => {
    setForm((form) => ({
      ...form,
      rows: form.rows.map((row) => (row.key === key ? { ...row, ...change } : row)),
    }));
  }, []);
  const focus = useCallback<Draft['focus']>((key) => {
    focused.current = key;
    if (key !== null) return;
    const { draft } = saved.current;
    setForm((form) =>
      markOf(form) === saved.current.mark
        ? { ...form, rows: form.rows.map((row) => masked(row, form, draft, null)) }
        : form,
    );
  }, []);
  return { id, form, change, changeRow, kept, savedAt, fault, known, flush, focus };
}

/** A row with its addresses as the console shows them, unless it was changed since or is being typed in. */
function masked(row: NodeRow, sent: Form, draft: DeployDraft, focused: number | null): NodeRow {
  const at = sent.rows.findIndex((one) => one.key === row.key);
  const node = draft.nodes[at];
  if (!node || sent.rows[at]?.edit !== row.edit || row.key === focused) return row;
  return { ...row, dsn: node.dsn, peerDsn: node.peerDsn ?? '' };
}
