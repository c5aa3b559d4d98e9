/** The last look of a deploy: what the console finds in the cluster that was made. */
import { setTimeout as sleep } from 'node:timers/promises';
import { steadyMs } from '#core/lag/worker-book.ts';
import { countOf } from '#core/model/format.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import type { Executor } from './step-context.ts';
import { StepCancelled, StepFailure } from './step-failure.ts';

/** Workers that have just been started pass through states that would be critical if they stayed. */
const SETTLES_WITHIN_MS = 20_000;

/** How long the cluster may take to be well: a link whose worker ended again and again is well once it has stood for a minute. */
export const settlesWithin = ({ links }: Pick<Snapshot, 'links'>): number =>
  SETTLES_WITHIN_MS + (links.some(({ failing }) => failing) ? steadyMs : 0);

const LOOK_MS = 500;

export const askFindings: Executor<'ask-findings'> = {
  async run(_action, context) {
    const begin = Date.now();
    for (;;) {
      const snapshot = await context.refreshed();
      if (context.signal.aborted) throw new StepCancelled();
      if (snapshot === null) throw notWatched(context.cluster);
      const critical = snapshot.findings.filter(({ severity }) => severity === 'critical');
      const links = snapshot.links.filter(({ state }) => state === 'replicating').length;
      if (critical.length === 0 && links === snapshot.links.length) {
        context.fact('links', `${links} of ${snapshot.links.length} replicating`);
        for (const { severity, title } of snapshot.findings) context.fact(title, severity);
        context.note(snapshot.findings.length === 0 ? 'none' : countOf(snapshot.findings.length, 'finding'));
        return { skipped: false };
      }
      if (Date.now() - begin > settlesWithin(snapshot)) {
        const said = critical.map(({ title }) => title);
        throw new StepFailure({
          code: 'not-well',
          message:
            said.length > 0
              ? `The cluster has problems: ${said.join('; ')}.`
              : `${links} of ${snapshot.links.length} links replicate.`,
          sqlstate: null,
          statement: null,
          cause: null,
          remedy: 'Fix the findings on the overview, then resume: they are checked again.',
        });
      }
      await sleep(LOOK_MS, undefined, { signal: context.signal }).catch(() => undefined);
    }
  },
  async undo() {},
};

function notWatched(cluster: string): StepFailure {
  return new StepFailure({
    code: 'changed',
    message: `${cluster} is no longer watched.`,
    sqlstate: null,
    statement: null,
    cause: 'Somebody forgot the cluster while the run was under way.',
    remedy: 'Connect it again, then resume.',
  });
}
