/** The console itself: its data dir takes nothing, or what stands there is lost or damaged. No fault of the cluster. */
import { isBroken } from '#core/model/broken-storage.ts';
import type { Rule, RuleFinding } from './rule.ts';

export const consoleStorage: Rule = ({ storage }): RuleFinding[] => {
  const { state, since, message, remedy } = storage;
  if (state === 'ok' || message === null) return [];
  return [
    {
      // What was kept is in danger, or only what comes is not kept.
      severity: isBroken(state) || state === 'key-removed' ? 'critical' : 'warning',
      subject: {},
      title: 'The console cannot store its data',
      detail: `${message} The console still watches the nodes.`,
      evidence: [{ name: 'storage', value: state }],
      remedy: remedy === null ? null : { text: remedy },
      ...(since !== null && { sinceAt: Date.parse(since) }),
    },
  ];
};
