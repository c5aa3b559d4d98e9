import type { Plan } from '#core/model/plan.ts';

/** A plan to take away. What the pgedge CLI has no word for stands in its commands as a comment. */
export function scriptOf(plan: Plan, as: 'psql' | 'pgedge'): { fileName: string; text: string } {
  const blocks = plan.steps.map((step) => {
    const lines = [...step.commands.map((command) => `-- $ ${command}`), ...step.sql];
    const head = `-- ${step.title}, on ${step.node ?? 'this machine'}`;
    return [head, ...lines].join('\n');
  });
  const text = `-- ${plan.title}\n\n${blocks.join('\n\n')}\n`;
  return as === 'psql'
    ? { fileName: `${plan.cluster}-${plan.kind}.sql`, text }
    : {
        fileName: `${plan.cluster}-${plan.kind}.sh`,
        text: text.replaceAll(/^--/gm, '#').replaceAll(/^(?!#)(?=.)/gm, '# '),
      };
}
