/**
 * How the tests of this folder are written and counted. What an engine cannot do is found out by asking it for that
 * capability: when it refuses, the test is skipped and the capability named, whatever the engine is called.
 */
import { cpus } from 'node:os';
import { test } from 'vitest';
import type { Mesh } from './mesh.ts';

/** What an engine refused. */
export class Refused extends Error {
  override name = 'Refused';
}

/** feature_not_supported; undefined_file: an output plugin that is not installed; undefined_function. */
const REFUSALS = new Set(['0A000', '58P01', '42883']);

export interface Trial {
  mesh: Mesh;
  /** Does `attempt`; an engine that refuses it has not the capability, and the test ends here, skipped. Tried once a run. */
  need<T>(capability: string, attempt: () => Promise<T>): Promise<T>;
  /** As `need`, for what no statement refuses: a setting that the server does not know, a column that is not there. */
  demand(capability: string, there: boolean): void;
}

const counts = { passed: 0, failed: 0, refused: new Map<string, number>() };

/**
 * A test on the running mesh. `seconds`: the time it may take. `tries`: of what is measured against a clock while the machine does other
 * work as well, and is wrong only where it is wrong each time.
 */
export function truth(
  name: string,
  mesh: () => Mesh,
  body: (trial: Trial) => Promise<void>,
  seconds = 60,
  tries = 1,
): void {
  test(name, { timeout: seconds * 1000, retry: tries - 1 }, async (context) => {
    const meta = context.task.meta as Record<string, unknown>;
    meta.engine = mesh().engine;
    meta.cores = cpus().length;
    try {
      await body({ mesh: mesh(), need, demand });
      counts.passed += 1;
    } catch (error) {
      if (!(error instanceof Refused)) {
        if ((context.task.result?.retryCount ?? 0) === tries - 1) counts.failed += 1;
        throw error;
      }
      meta.refused = error.message;
      counts.refused.set(error.message, (counts.refused.get(error.message) ?? 0) + 1);
      context.skip(`refused: ${error.message}`);
    }
  });
}

async function need<T>(capability: string, attempt: () => Promise<T>): Promise<T> {
  // Refused once, refused always; an attempt may take a subscription down for a while.
  if (counts.refused.has(capability)) throw new Refused(capability);
  try {
    return await attempt();
  } catch (error) {
    if (REFUSALS.has((error as { code?: string }).code ?? '')) throw new Refused(capability);
    throw error;
  }
}

function demand(capability: string, there: boolean): void {
  if (!there) throw new Refused(capability);
}

/** Whether the server itself knows a setting: any name with a dot in it can be set, to no effect. */
export async function knowsSetting(mesh: Mesh, node: string, name: string): Promise<boolean> {
  return (await mesh.value(node, 'SELECT EXISTS (SELECT FROM pg_settings WHERE name = $1)', [name])) === true;
}

/** One line for whoever reads the output: which engine ran, what passed, what was refused. */
export function summary(engine: string): string {
  const skipped = [...counts.refused.values()].reduce((a, b) => a + b, 0);
  const why = [...counts.refused].map(([name, count]) => (count > 1 ? `${name} ×${count}` : name)).join(', ');
  const failed = counts.failed > 0 ? `, ${counts.failed} failed` : '';
  return `note: truth suite ran on ${engine}: ${counts.passed} passed${failed}, ${skipped} skipped${why && ` (refused: ${why})`}`;
}
