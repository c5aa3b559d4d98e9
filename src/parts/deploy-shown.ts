/** Whether the plan or run on the screen makes or takes away a cluster: such pages belong to Deploy. */
import { useQuery } from '@tanstack/react-query';
import { useMatch } from 'react-router';
import { planQuery, runQuery } from '#src/api/queries.ts';

/** Reads what the page itself has fetched; asks for nothing. */
export function useDeployShown(): boolean {
  const planned = useMatch('/plans/:id')?.params.id;
  const going = useMatch('/runs/:id')?.params.id;
  const run = useQuery({ ...runQuery(going ?? ''), enabled: false }).data;
  const plan = useQuery({ ...planQuery(planned ?? run?.plan ?? ''), enabled: false }).data;
  return plan?.kind === 'deploy' || plan?.kind === 'remove';
}
