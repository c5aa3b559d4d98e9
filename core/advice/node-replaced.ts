/** The server that answers at a node's address is another than the one that was registered: nothing it says is said of the node. */
import type { Rule, RuleFinding } from './rule.ts';

export const nodeReplaced: Rule = (input) =>
  input.facts.nodes.flatMap((node): RuleFinding[] => {
    const { error } = node;
    if (error?.code !== 'replaced') return [];
    return [
      {
        severity: 'critical',
        subject: { node: node.name },
        title: `Another server answers at the address of ${node.name}`,
        detail: `${error.message} Its links are unknown, and no plan can run there.`,
        evidence: [
          { name: 'address', value: node.address },
          { name: 'system identifier before', value: node.systemIdentifier ?? 'not known' },
          {
            name: 'last answer of the node itself',
            value: node.observedAt ?? 'none since the console started',
          },
          { name: 'polls in a row', value: String(error.tries) },
        ],
        sinceAt: Date.parse(error.since),
        remedy: {
          text: `Check where ${node.address} leads: DNS, a proxy, a restored backup. If that server is now ${node.name} (recreated, or upgraded with pg_upgrade), save its address again under Settings.`,
        },
      },
    ];
  });
