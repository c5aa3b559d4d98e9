/** Deploys that were begun and not ended: where one goes on with them. */
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { DeployDraft } from '#core/model/deploy.ts';
import { draftsQuery } from '#src/api/queries.ts';
import { draftName, isBegun } from '#src/lib/drafts.ts';
import { paths } from '#src/lib/paths.ts';
import { useDsnReader } from '#src/lib/use-dsn-reader.ts';

/** Those in which something was typed, the last one first. */
export function useDrafts(): DeployDraft[] {
  const { data } = useQuery({ ...draftsQuery(), staleTime: 0 });
  return data?.items.filter(isBegun) ?? [];
}

export function DraftLinks() {
  const reader = useDsnReader();
  return useDrafts().map((draft) => (
    <Link key={draft.id} className="text-action" to={paths.deployServers(draft.id)}>
      {`Go on with ${draftName(draft, reader)}…`}
    </Link>
  ));
}
