/** A new deploy: an empty draft, so that all that is typed is kept from the first letter; one that is empty still is taken again. */
import { redirect } from 'react-router';
import { api } from '#src/api/client.ts';
import { draftQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { isBegun } from '#src/lib/drafts.ts';
import { paths } from '#src/lib/paths.ts';
import { EMPTY } from './form.ts';

export async function loader() {
  const { items } = await api.deploys.list();
  const draft = items.find((one) => !isBegun(one)) ?? (await api.deploys.create(EMPTY));
  queryClient.setQueryData(draftQuery(draft.id).queryKey, draft);
  throw redirect(paths.deployServers(draft.id));
}

export const Component = () => null;
