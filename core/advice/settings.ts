/** Settings that the engine cannot do without, or that are lower than a cluster of this size needs. */
import type { Rule, RuleFinding } from './rule.ts';

export const settings: Rule = (input) => {
  const { settings: needs, words } = input.engineOf(input.facts.engine);
  const nodes = input.facts.nodes.length;
  return input.facts.nodes.flatMap((node) =>
    node.settings.flatMap((setting): RuleFinding[] => {
      if (setting.ok !== false || needs.spokenOfElsewhere.has(setting.name)) {
        return setting.pendingRestart ? [pending(node.name, setting.name)] : [];
      }
      const demand = needs.demandOf(setting.name, nodes, node.standin);
      return [
        {
          severity: needs.indispensable.has(setting.name) ? 'warning' : 'info',
          subject: { node: node.name },
          part: setting.name,
          title: `${setting.name} is ${setting.value === '' ? 'empty' : setting.value} on ${node.name}`,
          detail: `${words.name} needs ${setting.wanted}. The change requires a restart of ${node.name}.`,
          evidence: [
            { name: setting.name, value: setting.value ?? '' },
            { name: 'wanted', value: setting.wanted ?? '' },
          ],
          remedy: {
            text: `Set ${setting.name} to ${setting.wanted} and restart ${node.name}.`,
            sql: [`ALTER SYSTEM SET ${setting.name} = …`],
            ...(demand && {
              plan: {
                kind: 'node-settings',
                cluster: input.facts.cluster,
                nodes: [node.name],
                settings: [{ name: setting.name, value: demand.fulfilled(setting.value ?? '') }],
              },
            }),
          },
        },
      ];
    }),
  );
};

function pending(node: string, name: string): RuleFinding {
  return {
    severity: 'info',
    subject: { node },
    part: `pending ${name}`,
    title: `${name} was changed on ${node} and takes effect after a restart`,
    detail: 'The server still runs with the old value.',
    evidence: [{ name: 'pending_restart', value: 't' }],
    remedy: { text: `Restart ${node} when convenient.` },
  };
}
