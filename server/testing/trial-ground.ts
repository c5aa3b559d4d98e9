/** For tests: what every trial has: servers that go with it, how it went, and what is kept of one that failed. */
import type { Run } from '#core/model/plan.ts';
import { type Ground, lay } from './deploy-ground.ts';
import { deleteDataDir, newDataDir } from './test-console.ts';

/** How a trial went, for the report. */
export interface DeployTrialEnd {
  /** State of the step when the fault came. */
  struck: string;
  /** State of the run when the fault had done its work. */
  stopped: Run['state'];
  /** Further tries until it was over. */
  tries: number;
}

/** What went wrong, with what is needed to understand it. */
export class TrialFailure extends Error {
  override name = 'TrialFailure';
  /** By file name. */
  readonly notes: Record<string, string>;
  constructor(cause: unknown, notes: Record<string, string>) {
    super((cause as Error).message, { cause });
    this.stack = (cause as Error).stack ?? '';
    this.notes = notes;
  }
}

/** Runs `work` on servers and a data dir of its own. Throws TrialFailure, with the runs and both servers' logs. */
export async function onGround(
  { tables }: { tables: boolean },
  work: (ground: Ground, dataDir: string, runs: Run[]) => Promise<DeployTrialEnd>,
): Promise<DeployTrialEnd & { seconds: number }> {
  const began = performance.now();
  const ground = await lay({ tables });
  const dataDir = newDataDir();
  const runs: Run[] = [];
  try {
    const end = await work(ground, dataDir, runs);
    return { ...end, seconds: Math.round((performance.now() - began) / 1000) };
  } catch (error) {
    const logs = await Promise.all([1, 2].map((n) => ground.servers.logOf(n).catch(String)));
    throw new TrialFailure(error, {
      'runs.json': JSON.stringify(runs, null, 1),
      'n1.log': logs[0] ?? '',
      'n2.log': logs[1] ?? '',
    });
  } finally {
    await ground.close();
    await deleteDataDir(dataDir);
  }
}
