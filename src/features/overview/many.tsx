/** What the overview shows instead over twelve nodes; a chunk of its own, since most clusters never need it. */
import { useMemo } from 'react';
import type { Snapshot } from '#core/model/snapshot.ts';
import { useSnapshot } from '#src/api/hooks.ts';
import { useSteady } from '#src/lib/use-steady.ts';
import { FindingsColumn } from './findings-column.tsx';
import { LagSection } from './lag-section.tsx';
import { deadNodes, worstLinks } from './many-layout.ts';
import { ManyMatrix } from './many-matrix.tsx';
import { NodesByRegion } from './nodes-by-region.tsx';
import { RegionTopology } from './region-topology.tsx';
import { outlineOf, regionsOf } from './regions.ts';
import { WorstLinks } from './worst-links.tsx';

const nodesOf = (snapshot: Snapshot) => snapshot.nodes;
const linksOf = (snapshot: Snapshot) => snapshot.links;

export default function Many() {
  const nodes = useSnapshot(nodesOf);
  const links = useSnapshot(linksOf);
  const regions = useMemo(() => regionsOf(nodes), [nodes]);
  const outline = useSteady(regions.map(outlineOf));
  const dead = useMemo(() => deadNodes(outline.flatMap((region) => region.nodes)), [outline]);
  const worst = useMemo(() => worstLinks(links, dead), [links, dead]);
  return (
    <>
      <div className="cols">
        <div>
          <ManyMatrix regions={outline} dead={dead} worst={worst[0]} />
          <LagSection />
        </div>
        <aside aria-label="Problems" className="many-aside first">
          <WorstLinks worst={worst} dead={dead} />
          <FindingsColumn brief />
          <RegionTopology regions={outline} />
        </aside>
      </div>
      <NodesByRegion regions={regions} />
    </>
  );
}
