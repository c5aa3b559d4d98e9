/** A part of a page that comes by itself, later; where it cannot, it says so in its own place, and the rest goes on. */
import { type ComponentType, lazy } from 'react';
import { useComeBack } from '#src/lib/come-back.ts';
import { loadAnew, PartFault, part } from '#src/lib/part.ts';
import { Button } from './button.tsx';
import { Notice } from './notice.tsx';

/** To stand in a Suspense, as any lazy component. `load` fetches it ahead: at the first hover or focus of what opens it. */
export function lazyPart<P extends object>(
  load: () => Promise<{ default: ComponentType<P> }>,
): ComponentType<P> & { load: () => void } {
  const loaded = part(load);
  const component = lazy(async () => {
    try {
      return await loaded();
    } catch (error) {
      if (!(error instanceof PartFault)) throw error;
      return { default: () => <PartLost fault={error} /> };
    }
  }) as ComponentType<P>;
  // What fails now is asked for again when it is needed.
  return Object.assign(component, { load: () => void loaded().catch(() => {}) });
}

/** Says in its place that a part could not be loaded. Throws what is no such fault. */
export function PartLost({ fault }: { fault: Error }) {
  if (!(fault instanceof PartFault)) throw fault;
  return <Lost fault={fault} />;
}

function Lost({ fault }: { fault: PartFault }) {
  useComeBack(fault);
  return (
    <Notice
      state="critical"
      title="This part of the page could not be loaded"
      actions={
        <Button size="sm" onClick={() => loadAnew(fault)}>
          Load the page again
        </Button>
      }
    >
      The console was stopped, or updated since the page was opened. The page reloads by itself when the file
      is available.
    </Notice>
  );
}
