/** The implementer that every domain of the mock starts from, and the look-ups they share. */
import { implement } from '@orpc/server';
import { contract } from '#core/contract/contract.ts';
import { noCluster, noRun } from '#core/contract/faults.ts';
import { errors } from '#mocks/errors.ts';
import type { SimRun } from '#mocks/world/runs.ts';
import type { ClusterWatch } from '#mocks/world/watch.ts';
import type { World } from '#mocks/world/world.ts';

export interface MockContext {
  world: World;
}

export const os = implement(contract).$context<MockContext>();

/** The watched cluster of that name, or 404. */
export function watched(world: World, cluster: string): ClusterWatch {
  const watch = world.clusters.get(cluster);
  if (!watch) throw errors.NOT_FOUND(noCluster(cluster));
  return watch;
}

/** The run of that id, or 404. */
export function found(world: World, id: string): SimRun {
  const run = world.runs.get(id);
  if (!run) throw errors.NOT_FOUND(noRun(id));
  return run;
}

/** A page of a list by a cursor that is the index of the next item. */
export function paged<T>(items: T[], limit: number, cursor: string | undefined) {
  const from = cursor === undefined ? 0 : Number.parseInt(cursor, 10) || 0;
  const next = from + limit < items.length ? String(from + limit) : null;
  return { items: items.slice(from, from + limit), nextCursor: next };
}
