/** A DSN that leads to a physical standby: after a switchover, or by a mistake. What it says is not said of the node. */
import { formatNames } from '#core/model/format.ts';
import type { Rule, RuleFinding } from './rule.ts';

export const standby: Rule = (input) =>
  input.facts.nodes.flatMap((node): RuleFinding[] => {
    if (node.state !== 'up' || node.standby !== true) return [];
    const touched = input.facts.links.filter(
      ({ provider, receiver }) => provider === node.name || receiver === node.name,
    );
    return [
      {
        severity: 'critical',
        subject: { node: node.name },
        title: `${node.name} at ${node.address} is a standby (in recovery)`,
        detail: `The server that answers is a copy of the primary of ${node.name}, and takes no part in replication itself. The state of ${node.name} and its ${touched.length === 1 ? 'link' : 'links'} is unknown, and no plan can run there.`,
        evidence: [
          { name: 'address', value: node.address },
          { name: 'pg_is_in_recovery()', value: 't' },
          { name: 'timeline', value: node.timeline === null ? 'not visible' : String(node.timeline) },
          {
            name: 'unknown links',
            value: formatNames(
              touched.map(({ provider, receiver }) => `${provider} → ${receiver}`),
              8,
            ),
          },
        ],
        remedy: {
          text: `Give ${node.name} the DSN of its primary, or both hosts with target_session_attrs=read-write, so that the console follows a switchover.`,
        },
      },
    ];
  });
