/** What a page shows when it cannot be: what happened, to what, what to try. The rest of the console goes on. */
import { isRouteErrorResponse, Link, useNavigate, useRouteError } from 'react-router';
import { describeError } from '#src/api/errors.ts';
import { queryClient } from '#src/api/query-client.ts';
import { useComeBack } from '#src/lib/come-back.ts';
import { loadAnew, PartFault } from '#src/lib/part.ts';
import { paths } from '#src/lib/paths.ts';
import { Button, buttonClass } from '#src/ui/button.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';

/** Of a route. */
export function PageError() {
  return <PageFault error={useRouteError()} />;
}

export function PageFault({ error }: { error: unknown }) {
  const navigate = useNavigate();
  const notFound = isRouteErrorResponse(error) && error.status === 404;
  const fault = error instanceof PartFault ? error : null;
  const told = describeError(error);
  const missing = told.status === 404;
  const again = async () => {
    if (fault) return loadAnew(fault);
    await queryClient.resetQueries({ predicate: (query) => query.state.status === 'error' });
    void navigate(location.pathname + location.search, { replace: true });
  };
  useComeBack(error, told.code === 'UNREACHABLE' ? again : undefined);
  if (notFound) return <NotFound />;
  return (
    <>
      <title>{`${missing ? 'Not found' : 'Error'} · Tricorder`}</title>
      <Say
        top={
          <State of={missing ? 'unknown' : 'critical'}>
            {missing ? 'Not found' : 'This page cannot be shown'}
          </State>
        }
      >
        {told.message}
      </Say>
      <div className="empty">
        <p className="muted">
          {fault ? 'It is loaded again by itself as soon as they are there.' : told.remedy}
        </p>
        <div className="buttons">
          <Button look="primary" onClick={again}>
            {fault ? 'Load the page again' : 'Try again'}
          </Button>
          <Link className={buttonClass()} to={paths.clusters}>
            Show clusters
          </Link>
          {fault === null && (
            <span className="faint">
              {told.code}
              {told.status !== null && ` (${told.status})`}
            </span>
          )}
        </div>
      </div>
    </>
  );
}

export function NotFound() {
  return (
    <>
      <title>Not found · Tricorder</title>
      <Say top={<State of="unknown">Not found</State>}>There is no page at this address.</Say>
      <div className="empty">
        <p className="muted">The link may be old, or a character is missing.</p>
        <div className="buttons">
          <Link className={buttonClass('primary')} to={paths.clusters}>
            Show clusters
          </Link>
        </div>
      </div>
    </>
  );
}
