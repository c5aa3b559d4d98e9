/** What a page shows when it cannot be: what happened, to what, what to try. The rest of the console goes on. */
import { isRouteErrorResponse, Link, useNavigate, useRouteError } from 'react-router';
import { tell } from '#src/api/errors.ts';
import { queryClient } from '#src/api/query-client.ts';
import { paths } from '#src/lib/paths.ts';
import { Button, buttonClass } from '#src/ui/button.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';

export function PageError() {
  const error = useRouteError();
  const navigate = useNavigate();
  if (isRouteErrorResponse(error) && error.status === 404) return <NotFound />;
  const chunk = error instanceof Error && /dynamically imported|module script/i.test(error.message);
  const told = tell(error);
  const missing = told.status === 404;
  const again = async () => {
    // A new version of the console has other chunks: only a whole load finds them.
    if (chunk) return location.reload();
    await queryClient.resetQueries({ predicate: (query) => query.state.status === 'error' });
    navigate(location.pathname + location.search, { replace: true });
  };
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
        {chunk
          ? 'A part of this page could not be loaded. The console may have been updated or stopped.'
          : told.message}
      </Say>
      <div className="empty">
        <p className="q">{chunk ? 'Load the page again.' : told.remedy}</p>
        <div className="btns">
          <Button look="primary" onClick={again}>
            Try again
          </Button>
          <Link className={buttonClass()} to={paths.clusters}>
            Show clusters
          </Link>
          <span className="f">
            {told.code}
            {told.status !== null && ` (${told.status})`}
          </span>
        </div>
      </div>
    </>
  );
}

export function NotFound() {
  return (
    <>
      <title>Not found · Tricorder</title>
      <Say top={<State of="unknown">Not found</State>}>No page stands at this address.</Say>
      <div className="empty">
        <p className="q">The link may be old, or a letter is missing.</p>
        <div className="btns">
          <Link className={buttonClass('primary')} to={paths.clusters}>
            Show clusters
          </Link>
        </div>
      </div>
    </>
  );
}
