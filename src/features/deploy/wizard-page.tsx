/** A new cluster on servers that are there: nodes, tables, then the plan, which is the review. The step stands on the URL. */
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Suspense } from 'react';
import { type LoaderFunctionArgs, useParams } from 'react-router';
import type { DeployDraft } from '#core/model/deploy.ts';
import { clustersQuery, draftQuery, draftTablesQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { useSearchState } from '#src/parts/search-state.ts';
import { WizardRail } from '#src/parts/wizard-rail.tsx';
import { lazyPart } from '#src/ui/lazy-part.tsx';
import { filled, nodesMark } from './form.ts';
import { NodesStep } from './nodes-step.tsx';
import { useDraft } from './use-draft.ts';
import { useLooks } from './use-looks.ts';
import { useReview } from './use-review.ts';

/** Most deploys never come here: the defaults are right. */
const TablesStep = lazyPart(async () => ({ default: (await import('./tables-step.tsx')).TablesStep }));

export const loader = ({ params }: LoaderFunctionArgs) =>
  queryClient.ensureQueryData(draftQuery(params.id ?? ''));

export function Component() {
  const { id = '' } = useParams();
  return <Wizard key={id} begun={useSuspenseQuery(draftQuery(id)).data} />;
}

function Wizard({ begun }: { begun: DeployDraft }) {
  const draft = useDraft(begun);
  const [query] = useSearchState();
  const step = query.get('step') === 'tables' ? 'tables' : 'nodes';
  const looks = useLooks(draft);
  const rows = filled(draft.form.rows);
  const ready = rows.filter((row) => looks.get(row.key)?.look).length >= 2;
  const asked = [...looks.values()].every((one) => !one.asking);
  const mark = nodesMark(draft.form.rows);
  // What is compared is begun as soon as the servers answer, so that the defaults stand when they are asked for.
  const tables = useQuery({ ...draftTablesQuery(draft.id, mark), enabled: ready && asked });
  const clusters = useQuery(clustersQuery()).data?.items ?? [];
  const review = useReview(
    draft,
    clusters.map((cluster) => cluster.name),
  );
  const Step = step === 'tables' ? TablesStep : NodesStep;
  return (
    <>
      <WizardRail now={step} draft={draft.id} />
      <Suspense
        fallback={
          <h1 className="sr-only" aria-busy="true">
            Tables
          </h1>
        }
      >
        <Step draft={draft} looks={looks} tables={tables} review={review} ready={ready && asked} />
      </Suspense>
    </>
  );
}
