/** `spock.readonly` left on: it shows nowhere but in the setting. */
import type { Rule, RuleFinding } from '#core/advice/rule.ts';

export const readOnly: Rule = (input) =>
  input.facts.nodes.flatMap((node): RuleFinding[] => {
    if (node.state !== 'up' || node.readOnly !== true) return [];
    const value = input.nodes.get(node.name)?.fast?.value.readOnly?.value ?? '';
    return [
      {
        severity: 'warning',
        subject: { node: node.name },
        title: `${node.name} refuses writes`,
        detail:
          value === 'all'
            ? `spock.readonly is “all” on ${node.name}: applications cannot write there, and changes from the other nodes wait, although its subscriptions report “replicating”.`
            : `spock.readonly is “${value}” on ${node.name}: applications cannot write there.`,
        evidence: [{ name: 'spock.readonly', value }],
        remedy: {
          text: `Reset it on ${node.name} when the work that it was set for is done.`,
          sql: ['ALTER SYSTEM RESET spock.readonly', 'SELECT pg_reload_conf()'],
          plan: {
            kind: 'node-read-only',
            cluster: input.facts.cluster,
            node: node.name,
            readOnly: false,
          },
        },
      },
    ];
  });
