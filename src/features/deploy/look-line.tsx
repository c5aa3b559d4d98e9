/** What stands on a server, in one line; what is not as a deploy needs it, after that. */
import { bytesText, milliseconds, plural, text } from '#src/lib/units.ts';
import { State } from '#src/ui/state.tsx';
import type { Looked } from './use-looks.ts';

export function LookLine({ looked }: { looked: Looked }) {
  const { look, asking } = looked;
  if (!look)
    return (
      <p className="look-line" role="status">
        {asking && <State of="running">reading it</State>}
      </p>
    );
  const holds =
    look.tables === 0 ? 'no tables' : `${plural(look.tables, 'table')}, ${bytesText(look.tableBytes)}`;
  return (
    <p className="look-line" role="status">
      <State of={look.engineVersion === null ? 'warning' : 'ok'}>
        {`PostgreSQL ${look.serverVersion}, ${
          look.engineVersion === null
            ? 'Spock not found'
            : `${look.standin ? 'stand-in for Spock' : 'Spock'} ${look.engineVersion}`
        }`}
      </State>
      <span className="faint">
        {`${look.database} as ${look.role} · ${holds} · ${text(milliseconds(look.roundTripMs))}`}
      </span>
      {!look.superuser && <State of="warning">{`${look.role} is no superuser`}</State>}
      {look.nodeName !== null && <State of="warning">{`already has a node: ${look.nodeName}`}</State>}
      {look.restartFor.length > 0 && (
        <State of="todo">
          needs a restart for <code>{look.restartFor.join(', ')}</code>
        </State>
      )}
    </p>
  );
}
