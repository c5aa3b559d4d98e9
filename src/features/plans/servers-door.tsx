/** The way to a new cluster on servers, and those that were begun. */
import { useMutation } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { DeployDraft } from '#core/model/deploy.ts';
import { api } from '#src/api/client.ts';
import { tell } from '#src/api/errors.ts';
import { draftsQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { useDrafts } from '#src/layouts/draft-links.tsx';
import { draftName } from '#src/lib/drafts.ts';
import { listed } from '#src/lib/listed.ts';
import { paths } from '#src/lib/paths.ts';
import { plural } from '#src/lib/units.ts';
import { Button, buttonClass } from '#src/ui/button.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State } from '#src/ui/state.tsx';
import { Table } from '#src/ui/table.tsx';
import { Time } from '#src/ui/time.tsx';

export function ServersDoor() {
  const drafts = useDrafts();
  return (
    <section className="sec">
      <SectionHead title="New cluster on servers" note="two to sixteen that run PostgreSQL with Spock" />
      <div className="empty pt-0!">
        <p className="q">
          Give their addresses; each is checked before anything is written. What you answer is kept, and every
          step can be taken back.
        </p>
        <div className="btns">
          <Link className={buttonClass(drafts.length === 0 ? 'primary' : 'default')} to={paths.newDeploy}>
            Deploy on servers…
          </Link>
        </div>
      </div>
      {drafts.length > 0 && (
        <Table
          label="Deploys that were begun"
          className="drafts"
          head={
            <>
              <th>Begun</th>
              <th className="wid">Servers</th>
              <th className="r wid">Kept</th>
              <th>
                <span className="vh">Discard</span>
              </th>
            </>
          }
        >
          {drafts.map((draft) => (
            <DraftRow key={draft.id} draft={draft} />
          ))}
        </Table>
      )}
    </section>
  );
}

function DraftRow({ draft }: { draft: DeployDraft }) {
  const discard = useMutation({
    mutationFn: () => api.deploys.discard({ id: draft.id }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: draftsQuery().queryKey }),
  });
  const nodes = draft.nodes.filter((node) => node.dsn !== '');
  return (
    <tr>
      <td>
        <Link className="name" to={paths.deployServers(draft.id)}>
          {`Go on with ${draftName(draft)}…`}
        </Link>
      </td>
      <td className="q wid">
        {nodes.length === 0
          ? 'none yet'
          : `${plural(nodes.length, 'server')}: ${listed(nodes.map((node) => node.name))}`}
      </td>
      <td className="r q wid">
        <Time at={draft.savedAt} />
      </td>
      <td className="r">
        {discard.error && <State of="critical">{tell(discard.error).message}</State>}
        <Button size="sm" look="bare" busy={discard.isPending} onClick={() => discard.mutate()}>
          Discard<span className="vh"> {draftName(draft)}</span>
        </Button>
      </td>
    </tr>
  );
}
