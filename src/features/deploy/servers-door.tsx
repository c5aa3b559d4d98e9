/** The way to a new cluster on servers, and those that were begun. */
import { Link } from 'react-router';
import type { DeployDraft } from '#core/model/deploy.ts';
import { formatNames } from '#core/model/format.ts';
import { api } from '#src/api/client.ts';
import { draftsQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { useChange } from '#src/api/use-change.ts';
import { draftName } from '#src/lib/drafts.ts';
import { paths } from '#src/lib/paths.ts';
import { plural } from '#src/lib/units.ts';
import { useDsnReader } from '#src/lib/use-dsn-reader.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import { useDrafts } from '#src/parts/draft-links.tsx';
import { Button, buttonClass } from '#src/ui/button.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State } from '#src/ui/state.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { Time } from '#src/ui/time.tsx';

export function ServersDoor() {
  const drafts = useDrafts();
  return (
    <section className="section">
      <SectionHead title="New cluster on servers" note="two to sixteen that run PostgreSQL with Spock" />
      <div className="empty pt-0">
        <p className="muted">
          Give their addresses; each is checked before anything is written. Your answers are kept, and every
          step can be undone.
        </p>
        <div className="buttons">
          <Link className={buttonClass(drafts.length === 0 ? 'primary' : 'default')} to={paths.newDeploy}>
            Deploy on servers…
          </Link>
        </div>
      </div>
      {drafts.length > 0 && (
        <DataTable
          name="drafts"
          label="Unfinished deploys"
          className="drafts"
          columns={COLUMNS}
          rows={drafts}
          keyOf={(draft) => draft.id}
        />
      )}
    </section>
  );
}

const COLUMNS: Column<DeployDraft>[] = [
  { id: 'begun', head: 'Begun', cell: (draft) => <GoOn draft={draft} /> },
  {
    id: 'servers',
    head: 'Servers',
    wideOnly: true,
    className: 'muted',
    cell: (draft) => {
      const nodes = draft.nodes.filter((node) => node.dsn !== '');
      return nodes.length === 0
        ? 'none yet'
        : `${plural(nodes.length, 'server')}: ${formatNames(nodes.map((node) => node.name))}`;
    },
    rank: (draft) => draft.nodes.filter((node) => node.dsn !== '').length,
    first: 'descending',
  },
  {
    id: 'kept',
    head: 'Kept',
    align: 'end',
    wideOnly: true,
    className: 'muted',
    cell: (draft) => <Time at={draft.savedAt} />,
    value: (draft) => draft.savedAt,
    first: 'descending',
  },
  {
    id: 'discard',
    head: 'Discard',
    quietHead: true,
    align: 'end',
    cell: (draft) => <Discard draft={draft} />,
  },
];

function GoOn({ draft }: { draft: DeployDraft }) {
  const reader = useDsnReader();
  return (
    <Link className="name" to={paths.deployServers(draft.id)}>
      {`Go on with ${draftName(draft, reader)}…`}
    </Link>
  );
}

function Discard({ draft }: { draft: DeployDraft }) {
  const reader = useDsnReader();
  const discard = useChange({
    does: () => api.deploys.discard({ id: draft.id }),
    refreshes: () => [draftsQuery()],
    // It may be gone already.
    onRefused: () => void queryClient.invalidateQueries({ queryKey: draftsQuery().queryKey }),
    says: () => ({ text: 'The deploy was discarded, with its addresses' }),
  });
  return (
    <>
      {discard.fault && <State of="critical">{discard.fault.message}</State>}
      <Button size="sm" look="bare" busy={discard.pending} onClick={() => discard.run()}>
        Discard<span className="sr-only"> {draftName(draft, reader)}</span>
      </Button>
    </>
  );
}
