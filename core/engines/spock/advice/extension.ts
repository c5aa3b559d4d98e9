/** The extension's catalogs beside the library that is loaded. */
import type { CannotRun } from '#core/advice/rule.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';

export interface Mismatch {
  /** pg_extension.extversion. */
  catalogs: string;
  /** spock.spock_version(). */
  library: string;
  /** False: no ALTER EXTENSION leads from one to the other, and Spock's workers end as they start; null: not known. */
  updatePath: boolean | null;
}

/** Null: they go together, or are not known. 6.0.0 and 6.0.0-devel are of one make. */
export function mismatchOf(node: NodeInput | undefined): Mismatch | null {
  const slow = node?.slow?.value;
  if (!slow?.engineVersion || !slow.libraryVersion || slow.standin) return null;
  if (plain(slow.engineVersion) === plain(slow.libraryVersion)) return null;
  return {
    catalogs: slow.engineVersion,
    library: slow.libraryVersion,
    updatePath: slow.updatePath ?? null,
  };
}

const plain = (version: string): string => version.replace(/-devel$/, '');

/** Spock's manager updates the extension before it starts a worker, and ends where that is not possible (spock_manage_extension). */
export function cannotRun(node: NodeInput | undefined): CannotRun | null {
  if (node === undefined || mismatchOf(node)?.updatePath !== false) return null;
  return {
    why: `Spock does not start on ${node.name}: its catalogs and its library are of different versions, and there is no update path between them.`,
    remedy: (subscription) =>
      `See the finding version-skew of ${node.name}; ${subscription} then recovers by itself.`,
  };
}
