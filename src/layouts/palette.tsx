import type { ClusterSummary } from '#core/contract/clusters.ts';
import type { Snapshot } from '#core/model/snapshot.ts';

export interface PaletteProps {
  cluster: string | null;
  clusters: ClusterSummary[];
  snapshot: Snapshot | undefined;
  onClose: () => void;
}

export default function Palette(_props: PaletteProps) {
  return null;
}
