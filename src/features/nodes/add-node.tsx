/** A node for a cluster that is in use: the way to its form, which comes when it is asked for. */
import { Suspense } from 'react';
import { useCluster } from '#src/api/hooks.ts';
import { useSearchState } from '#src/parts/search-state.ts';
import { Button } from '#src/ui/button.tsx';
import { lazyPart } from '#src/ui/lazy-part.tsx';

/** What stands open stands in the address, so that the palette leads to it. */
const DO = 'do';
const ADD = 'add-node';

const AddNodeForm = lazyPart(() => import('./add-node-form.tsx'));

export function AddNode({ nodes }: { nodes: string[] }) {
  const { name, sandbox } = useCluster();
  const [search, setSearch] = useSearchState();
  const open = search.get(DO) === ADD && sandbox === null;
  return (
    <section className="section" aria-label="Add a node">
      <div className="buttons pt-3 px-4">
        <Button
          disabled={sandbox !== null || nodes.length === 0}
          aria-expanded={open}
          onPointerEnter={AddNodeForm.load}
          onFocus={AddNodeForm.load}
          onClick={() => setSearch({ [DO]: open ? null : ADD }, 'push')}
        >
          Add node…
        </Button>
        {sandbox !== null && (
          <span className="faint">A sandbox’s servers are created and deleted with it.</span>
        )}
      </div>
      {open && (
        <Suspense fallback={null}>
          <AddNodeForm cluster={name} nodes={nodes} onClose={() => setSearch({ [DO]: null })} />
        </Suspense>
      )}
    </section>
  );
}
