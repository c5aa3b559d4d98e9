/** Nodes that cannot tell which of two changes was later, or keep no record of conflicts. */

import type { AdviceInput, Rule, RuleFinding } from '#core/advice/rule.ts';
import { countOf, formatNames } from '#core/model/format.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { settingOf } from '#core/model/settings.ts';

export const conflictsUnseen: Rule = (input) => {
  const undated = nodesWith(input, 'track_commit_timestamp', 'off');
  const unkept = nodesWith(input, 'spock.save_resolutions', 'off');
  const findings: RuleFinding[] = [];
  if (undated.length > 0) {
    findings.push({
      severity: 'warning',
      subject: undated.length === 1 ? { node: undated[0] } : {},
      part: 'track_commit_timestamp',
      title: `${formatNames(undated)} ${undated.length === 1 ? 'does' : 'do'} not record commit timestamps`,
      detail:
        'Without commit timestamps Spock cannot tell which of two changes was made last: which one is kept is left to chance.',
      evidence: undated.map((node) => ({ name: node, value: 'track_commit_timestamp = off' })),
      remedy: {
        text: `Turn it on and restart ${formatNames(undated)}.`,
        sql: ['ALTER SYSTEM SET track_commit_timestamp = on'],
        plan: turnOn(input, undated, 'track_commit_timestamp'),
      },
    });
  }
  if (unkept.length > 0) {
    const counts = unkept.map((node) => conflictsOf(input, node));
    const sum = counts.reduce<number>((total, count) => total + (count ?? 0), 0);
    const one = unkept.length === 1;
    findings.push({
      severity: 'info',
      subject: one ? { node: unkept[0] } : {},
      part: 'spock.save_resolutions',
      title: `${formatNames(unkept)} ${one ? 'keeps' : 'keep'} no record of conflicts`,
      detail: `${sum === 0 ? 'Conflicts that are resolved there are written' : `${countOf(sum, 'conflict')} ${sum === 1 ? 'was' : 'were'} resolved there since ${one ? 'its' : 'their'} counters started, and ${sum === 1 ? 'one row' : 'rows'} of another node may have been overwritten. They were written`} to the server log only: the console cannot show them.`,
      evidence: unkept.map((node, index) => ({
        name: node,
        value: `spock.save_resolutions = off${counts[index] == null ? '' : `, ${countOf(counts[index] ?? 0, 'conflict')} counted`}`,
      })),
      remedy: {
        text: 'Turn it on; a reload is enough.',
        sql: ['ALTER SYSTEM SET spock.save_resolutions = on', 'SELECT pg_reload_conf()'],
        plan: turnOn(input, unkept, 'spock.save_resolutions'),
      },
    });
  }
  return findings;
};

const turnOn = ({ facts }: AdviceInput, nodes: string[], name: string): PlanRequest => ({
  kind: 'node-settings',
  cluster: facts.cluster,
  nodes,
  settings: [{ name, value: 'on' }],
});

/** What its subscriptions have counted (spock.channel_summary_stats, n_conflict); null: it cannot be read. */
function conflictsOf({ nodes }: AdviceInput, node: string): number | null {
  const counters = nodes.get(node)?.slow?.value.counters ?? null;
  return counters?.reduce((total, { conflicts }) => total + conflicts, 0) ?? null;
}

/** The stand-in has no conflict handling, and writes no resolutions whatever the setting. */
function nodesWith(input: AdviceInput, name: string, value: string): string[] {
  return [...input.nodes.values()]
    .filter(
      ({ slow }) => slow !== null && !slow.value.standin && settingOf(slow.value, name)?.value === value,
    )
    .map((node) => node.name);
}
