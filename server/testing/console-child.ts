/** For tests: consoles as processes of their own (crash-console.ts, built), which can be killed in the midst of a run. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'vite';
import type { PlanRequest, Run } from '#core/model/plan.ts';

export interface Child {
  process: ChildProcess;
  /** State of the last run when it started. */
  found: string | null;
  lines: AsyncIterator<string>;
}

/** Reads on until the run is as wanted, or has ended. */
export async function runUntil(child: Child, wanted: (run: Run) => boolean): Promise<Run> {
  for (;;) {
    const line = await child.lines.next();
    if (line.done) throw new Error('the console ended before');
    const run = JSON.parse(line.value) as Run;
    if (run.state !== 'running' || wanted(run)) return run;
  }
}

export const isRunning = (id: string) => (run: Run) =>
  run.steps.some((step) => step.id === id && step.state === 'running');

export async function end(child: Child, signal: NodeJS.Signals): Promise<void> {
  const exit = new Promise((resolve) => child.process.once('exit', resolve));
  child.process.kill(signal);
  await exit;
}

/** Built once for a test file; `close` kills what is left and deletes the build. */
export class ConsoleChildren {
  /** Inside the project, so that packages are found. */
  readonly #built = join(process.cwd(), 'build', `crash-test-${process.pid}`);
  readonly #children = new Set<ChildProcess>();

  async build(): Promise<void> {
    await build({
      configFile: false,
      logLevel: 'error',
      publicDir: false,
      build: {
        ssr: 'server/testing/crash-console.ts',
        outDir: this.#built,
        target: 'node20',
        emptyOutDir: true,
      },
    });
  }

  /** `request`: what it deploys; the sandbox demo unless given. */
  async start(
    dataDir: string,
    what: 'deploy' | 'resume' | 'rollback',
    request?: PlanRequest,
  ): Promise<Child> {
    const file = readdirSync(this.#built).find((name) => /^crash-console\.m?js$/.test(name)) ?? '';
    const child = spawn(process.execPath, [join(this.#built, file), dataDir, what], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...(request && { REQUEST: JSON.stringify(request) }) },
    });
    this.#children.add(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await lines.next();
    return { process: child, found: JSON.parse(first.value ?? '{}').found, lines };
  }

  killAll(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    this.#children.clear();
  }

  close(): void {
    this.killAll();
    rmSync(this.#built, { recursive: true, force: true });
  }
}
