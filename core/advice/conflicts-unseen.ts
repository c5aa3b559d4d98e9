/** Nodes that cannot tell which of two changes was later, or keep no record of conflicts. */
import { formatNames } from '#core/model/format.ts';
import { settingOf } from '#core/model/settings.ts';
import type { AdviceInput, FindingDraft, Rule } from './rule.ts';

export const conflictsUnseen: Rule = (input) => {
  const undated = nodesWith(input, 'track_commit_timestamp', 'off');
  const unkept = nodesWith(input, 'spock.save_resolutions', 'off');
  const drafts: FindingDraft[] = [];
  if (undated.length > 0) {
    drafts.push({
      severity: 'warning',
      subject: undated.length === 1 ? { node: undated[0] } : {},
      part: 'track_commit_timestamp',
      title: `${formatNames(undated)} ${undated.length === 1 ? 'does' : 'do'} not date ${undated.length === 1 ? 'its' : 'their'} commits`,
      detail: 'Without commit timestamps the last update cannot win: which of two changes stays is chance.',
      evidence: undated.map((node) => ({ name: node, value: 'track_commit_timestamp = off' })),
      remedy: {
        text: `Turn it on and restart ${formatNames(undated)}.`,
        sql: ['ALTER SYSTEM SET track_commit_timestamp = on'],
      },
    });
  }
  if (unkept.length > 0) {
    drafts.push({
      severity: 'info',
      subject: unkept.length === 1 ? { node: unkept[0] } : {},
      part: 'spock.save_resolutions',
      title: `${formatNames(unkept)} ${unkept.length === 1 ? 'keeps' : 'keep'} no record of conflicts`,
      detail: 'Conflicts are resolved there and go to the server log only: the console cannot show them.',
      evidence: unkept.map((node) => ({ name: node, value: 'spock.save_resolutions = off' })),
      remedy: {
        text: 'Turn it on; a reload is enough.',
        sql: ['ALTER SYSTEM SET spock.save_resolutions = on', 'SELECT pg_reload_conf()'],
      },
    });
  }
  return drafts;
};

/** The stand-in has no conflict handling, and writes no resolutions whatever the setting. */
function nodesWith(input: AdviceInput, name: string, value: string): string[] {
  return [...input.nodes.values()]
    .filter(
      ({ slow }) => slow !== null && !slow.value.standin && settingOf(slow.value, name)?.value === value,
    )
    .map((node) => node.name);
}
