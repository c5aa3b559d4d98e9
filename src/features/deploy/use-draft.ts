/** The wizard's answers, kept on the console as they are typed. Saves follow each other; none overtakes another. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { DeployDraft } from '#core/model/deploy.ts';
import { api } from '#src/api/client.ts';
import { describeError, type ErrorView } from '#src/api/errors.ts';
import { bytesOf, KEEPALIVE_BYTES } from '#src/api/link.ts';
import { draftQuery, draftsQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { useUnsaved } from '#src/parts/form/use-unsaved.ts';
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
  fault: ErrorView | null;
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
  const [fault, setFault] = useState<ErrorView | null>(null);
  const latest = useRef(form);
  latest.current = form;
  const saved = useRef({ mark: markOf(form), draft: begun });
  const busy = useRef<Promise<void> | null>(null);
  const under = useRef<{ mark: string; keepalive: boolean; abort: AbortController } | null>(null);
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

  const send = useCallback(
    async (now: Form, keepalive: boolean): Promise<void> => {
      const abort = new AbortController();
      under.current = { mark: markOf(now), keepalive, abort };
      const saving = api.deploys
        .save({ id, ...answersOf(now) }, { context: { keepalive }, signal: abort.signal })
        .then((draft) => take(now, draft));
      busy.current = saving;
      try {
        await saving;
      } catch (error) {
        // Given up for one that says more.
        if (!abort.signal.aborted) setFault(describeError(error));
        throw error;
      } finally {
        if (busy.current === saving) {
          busy.current = null;
          under.current = null;
        }
      }
    },
    [id, take],
  );

  const flush = useCallback(async (): Promise<DeployDraft> => {
    for (;;) {
      if (busy.current) {
        await busy.current.catch(() => {});
        continue;
      }
      const now = latest.current;
      if (markOf(now) === saved.current.mark) return saved.current.draft;
      await send(now, false);
    }
  }, [send]);

  const mark = markOf(form);
  useEffect(() => {
    if (mark === saved.current.mark) return;
    const timer = setTimeout(() => void flush().catch(() => {}), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [mark, flush]);

  // Whoever leaves within the pause loses nothing either.
  useEffect(() => {
    const leave = () => {
      const now = latest.current;
      const mark = markOf(now);
      if (mark === saved.current.mark) return;
      if (under.current?.keepalive && mark === under.current.mark) return;
      // One that goes with the page, or that would come in after this one.
      under.current?.abort.abort();
      void send(now, true).catch(() => {});
    };
    const hidden = () => document.visibilityState === 'hidden' && leave();
    const again = () => void flush().catch(() => {});
    // What is too long to be sent while the page goes is not lost in silence.
    const ask = (event: BeforeUnloadEvent) => {
      const now = latest.current;
      if (markOf(now) === saved.current.mark) return;
      if (bytesOf(JSON.stringify(answersOf(now))) > KEEPALIVE_BYTES) event.preventDefault();
    };
    addEventListener('pagehide', leave);
    addEventListener('pageshow', again);
    addEventListener('beforeunload', ask);
    document.addEventListener('visibilitychange', hidden);
    return () => {
      removeEventListener('pagehide', leave);
      removeEventListener('pageshow', again);
      removeEventListener('beforeunload', ask);
      document.removeEventListener('visibilitychange', hidden);
      leave();
      void queryClient.invalidateQueries({ queryKey: draftsQuery().queryKey });
    };
  }, [flush, send]);

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
  useUnsaved(fault !== null, 'the answers of this deploy, which could not be kept');
  return { id, form, change, changeRow, kept, savedAt, fault, known, flush, focus };
}

/** A row with its addresses as the console shows them, unless it was changed since or is being typed in. */
function masked(row: NodeRow, sent: Form, draft: DeployDraft, focused: number | null): NodeRow {
  const at = sent.rows.findIndex((one) => one.key === row.key);
  const node = draft.nodes[at];
  if (!node || sent.rows[at]?.edit !== row.edit || row.key === focused) return row;
  return { ...row, dsn: node.dsn, peerDsn: node.peerDsn ?? '' };
}
