/** For tests: a console that deploys, in this process or in one of its own that can be killed. */
import { expect } from 'vitest';
import type { PlanRequest, Run } from '#core/model/plan.ts';
import { type ConsoleChildren, end, runUntil } from './console-child.ts';
import { ended, openConsole, type TestConsole } from './test-console.ts';

/** Ends within this, whatever happens: a run that hangs is a failure. */
const ENDS_WITHIN_MS = 150_000;

export interface Going {
  /** Resolves when the run is so, or ended before. */
  reached(wanted: (run: Run) => boolean): Promise<Run>;
  /** The operator's cancel, or kill -9 where the console is a process of its own. */
  stop(): Promise<void>;
  /** The run, when it has ended. */
  ended(): Promise<Run>;
  /** Begins what is asked of it next, by a console that may be a new one. `dropWritten`: the operator's word for a rollback. */
  begin(what: Next, dropWritten?: boolean): Promise<void>;
  /** As `begin`; resolves when it has ended. */
  ask(what: Next, dropWritten?: boolean): Promise<Run>;
  close(): Promise<void>;
}

export type Next = 'rollback' | 'resume';

async function begin({ runner }: TestConsole, id: string, what: Next, dropWritten = false): Promise<void> {
  await (what === 'resume' ? runner.resume(id) : runner.rollback(id, dropWritten));
}

export async function inProcess(request: PlanRequest, dataDir: string): Promise<Going> {
  const tricorder: TestConsole = openConsole(dataDir);
  const plan = await tricorder.runner.plan(request);
  expect(plan.problems).toEqual([]);
  const { id } = await tricorder.runner.start(plan.id);
  return {
    begin: (what, dropWritten) => begin(tricorder, id, what, dropWritten),
    async reached(wanted) {
      for await (const run of tricorder.runner.events(id, AbortSignal.timeout(ENDS_WITHIN_MS))) {
        if (wanted(run) || (run.state !== 'running' && run.state !== 'waiting-for-operator')) return run;
      }
      throw new Error('the run did not get there');
    },
    async stop() {
      await tricorder.runner.cancel(id).catch(() => undefined);
    },
    ended: () => ended(tricorder, id),
    async ask(what, dropWritten) {
      await begin(tricorder, id, what, dropWritten);
      return ended(tricorder, id);
    },
    close: () => tricorder.stop(),
  };
}

/** `what`: a deploy of `request`, or the rollback of the run that is there. */
export async function inChild(
  request: PlanRequest,
  dataDir: string,
  consoles: ConsoleChildren,
  what: 'deploy' | 'rollback' = 'deploy',
): Promise<Going> {
  const child = await consoles.start(dataDir, what, request);
  // Its plan is made and its run begun: what applications write from here on comes during the run.
  await runUntil(child, () => true);
  let second: TestConsole | null = null;
  const opened = () => {
    second ??= openConsole(dataDir);
    return second;
  };
  const id = () => opened().runner.list()[0]?.id ?? '';
  return {
    reached: (wanted) => runUntil(child, wanted),
    stop: () => end(child, 'SIGKILL'),
    ended: () => ended(opened(), id()),
    begin: (next, dropWritten) => begin(opened(), id(), next, dropWritten),
    async ask(next, dropWritten) {
      await begin(opened(), id(), next, dropWritten);
      return ended(opened(), id());
    },
    async close() {
      if (child.process.exitCode === null && child.process.signalCode === null) await end(child, 'SIGKILL');
      await second?.stop();
    },
  };
}
