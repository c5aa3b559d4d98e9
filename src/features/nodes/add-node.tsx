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

function useAdding() {
  const { name, sandbox } = useCluster();
  const [search, setSearch] = useSearchState();
  const open = search.get(DO) === ADD && sandbox === null;
  return {
    cluster: name,
    isSandbox: sandbox !== null,
    open,
    close: () => setSearch({ [DO]: null }),
    turn: () => setSearch({ [DO]: open ? null : ADD }, 'push'),
  };
}

/** For the head of the table of nodes. */
export function AddNodeButton({ nodes }: { nodes: string[] }) {
  const { isSandbox, open, turn } = useAdding();
  return (
    <>
      {isSandbox && <span className="faint">A sandbox’s servers are created and deleted with it.</span>}
      <Button
        size="sm"
        disabled={isSandbox || nodes.length === 0}
        aria-expanded={open}
        onPointerEnter={AddNodeForm.load}
        onFocus={AddNodeForm.load}
        onClick={turn}
      >
        Add node…
      </Button>
    </>
  );
}

/** The form, while it is asked for. */
export function AddNode({ nodes }: { nodes: string[] }) {
  const { cluster, open, close } = useAdding();
  if (!open) return null;
  return (
    <Suspense fallback={null}>
      <AddNodeForm cluster={cluster} nodes={nodes} onClose={close} />
    </Suspense>
  );
}
