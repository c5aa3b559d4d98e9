/** What the overview shows instead over twelve nodes; a chunk of its own, since most clusters never need it. */
import { useMemo } from 'react';
import { useSnapshot } from '#src/api/hooks.ts';
import { FindingsColumn } from './findings-column.tsx';
import { LagSection } from './lag-section.tsx';
import { ManyMatrix } from './many-matrix.tsx';
import { NodesByRegion } from './nodes-by-region.tsx';
import { RegionTopology } from './region-topology.tsx';
import { regionsOf } from './regions.ts';
import { WorstLinks } from './worst-links.tsx';

export default function Many() {
  const nodes = useSnapshot((snapshot) => snapshot.nodes);
  const regions = useMemo(() => regionsOf(nodes), [nodes]);
  return (
    <>
      <div className="cols">
        <div>
          <ManyMatrix regions={regions} />
          <LagSection />
        </div>
        <aside aria-label="Problems" className="many-aside first">
          <WorstLinks />
          <FindingsColumn brief />
          <RegionTopology regions={regions} />
        </aside>
      </div>
      <NodesByRegion regions={regions} />
    </>
  );
}
