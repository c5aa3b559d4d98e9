/** Who is in: browsers that were let in, letting in another one, putting one out. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { Session } from '#core/contract/access.ts';
import { api } from '#src/api/client.ts';
import { describeError } from '#src/api/errors.ts';
import { sessionsQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { closeSession } from '#src/api/session.ts';
import { useChange } from '#src/api/use-change.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import { Button } from '#src/ui/button.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { Copyable, Mono } from '#src/ui/mono.tsx';
import { Notice, Skeleton } from '#src/ui/notice.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State } from '#src/ui/state.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { Age, Time } from '#src/ui/time.tsx';

const read = () => queryClient.invalidateQueries({ queryKey: sessionsQuery().queryKey });

export function Browsers() {
  const query = useQuery(sessionsQuery());
  const sessions = query.data?.items;
  const [letting, setLetting] = useState(false);
  const [ending, setEnding] = useState(false);
  const others = sessions?.filter(({ current }) => !current).length ?? 0;
  return (
    <section className="section">
      <SectionHead
        title="Signed-in browsers"
        count={sessions?.length}
        note="one that is not used is signed out after 30 days"
      >
        <Button size="sm" onClick={() => setLetting(true)}>
          Sign in another browser
        </Button>
      </SectionHead>
      {query.error ? (
        <Notice state="critical" title={describeError(query.error).message}>
          {describeError(query.error).remedy}
        </Notice>
      ) : (
        <DataTable
          name="browsers"
          label="Signed-in browsers"
          columns={COLUMNS}
          rows={sessions}
          keyOf={(session) => session.id}
          skeletonRows={2}
        />
      )}
      {others > 0 && (
        <div className="foot-row">
          <Button size="sm" look="bare" onClick={() => setEnding(true)}>
            End all other sessions
          </Button>
        </div>
      )}
      <LetIn open={letting} onClose={() => setLetting(false)} />
      <EndOthers count={others} open={ending} onClose={() => setEnding(false)} />
    </section>
  );
}

const COLUMNS: Column<Session>[] = [
  {
    id: 'browser',
    head: 'Browser',
    cell: (session) => (
      <>
        <span className="name">{safeName(session.browser)}</span>
        {session.current && <span className="faint"> this one</span>}
      </>
    ),
    value: (session) => session.browser,
  },
  {
    id: 'from',
    head: 'From',
    wideOnly: true,
    className: 'muted',
    cell: (session) => safeName(session.address),
    value: (session) => session.address,
  },
  {
    id: 'since',
    head: 'Signed in',
    wideOnly: true,
    className: 'muted',
    cell: (session) => (
      <>
        <Time at={session.createdAt} />{' '}
        <span className="faint">by {session.by === 'link' ? 'a link' : <Mono>TRICORDER_TOKEN</Mono>}</span>
      </>
    ),
    value: (session) => session.createdAt,
    first: 'descending',
  },
  {
    id: 'seen',
    head: 'Last seen',
    className: 'muted',
    cell: (session) =>
      session.current ? (
        'now'
      ) : (
        <>
          <Age since={session.usedAt} /> ago
        </>
      ),
    value: (session) => session.usedAt,
    first: 'descending',
  },
  {
    id: 'end',
    head: 'End session',
    quietHead: true,
    align: 'end',
    cell: (session) => <EndSession session={session} />,
  },
];

function EndSession({ session }: { session: Session }) {
  const navigate = useNavigate();
  const end = useChange({
    does: async () => {
      if (session.current) await closeSession();
      else await api.access.endSession({ session: session.id });
    },
    after: async () => {
      if (!session.current) return read();
      await navigate(paths.signIn, { replace: true });
      queryClient.clear();
    },
    says: () => (session.current ? null : { text: `The session of ${safeName(session.browser)} was ended` }),
  });
  return (
    <>
      {end.fault && (
        <span role="alert">
          <State of="critical">{end.fault.message}</State>{' '}
        </span>
      )}
      <Button size="sm" look="bare" busy={end.pending} onClick={() => end.run()}>
        {session.current ? 'Sign out' : 'End session'}
      </Button>
    </>
  );
}

function EndOthers({ count, open, onClose }: { count: number; open: boolean; onClose: () => void }) {
  const end = useChange({
    does: () => api.access.endOtherSessions(),
    after: async () => {
      await read();
      onClose();
    },
    says: () => ({ text: 'All other sessions were ended' }),
  });
  const browsers = count === 1 ? 'one other browser' : `${count} other browsers`;
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="End all other sessions"
      actions={
        <>
          <Button onClick={onClose}>Leave them</Button>
          <Button look="primary" busy={end.pending} onClick={() => end.run()}>
            Sign out {browsers}
          </Button>
        </>
      }
    >
      <p className="muted">
        They stop updating at once, and need a new link. Scripts that use TRICORDER_TOKEN continue; to stop
        those, start the console with another token.
      </p>
      {end.fault && (
        <p role="alert">
          <State of="critical">{end.fault.message}</State> <span className="muted">{end.fault.remedy}</span>
        </p>
      )}
    </Dialog>
  );
}

function LetIn({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Sign in another browser"
      actions={<Button onClick={onClose}>Close</Button>}
    >
      {open && <NewLink />}
    </Dialog>
  );
}

/** Made when the dialog opens, shown there and nowhere else. */
function NewLink() {
  const made = useQuery({
    queryKey: ['new-link'],
    queryFn: () => api.access.createLink(),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  });
  if (made.error) {
    return (
      <p role="alert">
        <State of="critical">{describeError(made.error).message}</State>{' '}
        <span className="muted">{describeError(made.error).remedy}</span>
      </p>
    );
  }
  return (
    <>
      <p className="muted">
        Open this link in the other browser. It signs in one browser, once
        {made.data && (
          <>
            , until <Time at={made.data.expiresAt} />
          </>
        )}
        . Whoever has it can do all that you can do here.
      </p>
      {made.data ? (
        <Copyable text={location.origin + made.data.path} />
      ) : (
        <p>
          <Skeleton width="100%" />
        </p>
      )}
      <p className="faint">
        Does the other machine reach the console by another address, a tunnel or a proxy? Put that in place of{' '}
        {location.origin}.
      </p>
    </>
  );
}
