/** Said across every page while the console cannot keep what it sees: what is wrong, where, since when, what to do. */
import { useQuery } from '@tanstack/react-query';
import { isBroken } from '#core/model/broken-storage.ts';
import { consoleQuery } from '#src/api/queries.ts';
import { State } from '#src/ui/state.tsx';
import { Time } from '#src/ui/time.tsx';

export function StorageStrip() {
  const storage = useQuery(consoleQuery()).data?.storage;
  if (storage === undefined || storage.state === 'ok') return null;
  const lost = isBroken(storage.state) || storage.state === 'key-removed';
  return (
    <p className={`strip ${lost ? 'lost' : ''}`} role="alert">
      <State of={lost ? 'critical' : 'warning'}>{storage.message}</State> {storage.remedy}
      {storage.since !== null && (
        <span className="faint">
          {' '}
          Since <Time at={storage.since} />.
        </span>
      )}
    </p>
  );
}
