/** A pair of nodes that the wanted topology has and the catalogs have not. */
import { countOf, formatLink } from '#core/model/format.ts';
import { groupBeyond } from './group.ts';
import type { Rule, RuleFinding } from './rule.ts';

export const missingLink: Rule = (input) => {
  // While a plan makes or removes subscriptions, a missing one is no news.
  if (input.topology !== 'full-mesh' || input.runUnderWay) return [];
  const { words } = input.engineOf(input.facts.engine);
  const findings = input.facts.links
    .filter(({ state }) => state === 'missing')
    .map(
      ({ provider, receiver }): RuleFinding => ({
        severity: 'critical',
        subject: { provider, receiver },
        title: `${receiver} does not subscribe to ${provider}`,
        detail: `What is written on ${provider} does not reach ${receiver} directly. The cluster is expected to be a full mesh.`,
        evidence: [
          { name: 'link', value: formatLink(provider, receiver) },
          { name: `${words.subscriptions} on ${receiver}`, value: `no row with origin ${provider}` },
        ],
        remedy: {
          text: `Subscribe ${receiver} to ${provider}. If no full mesh is wanted, set the topology to As found under Settings.`,
          plan: { kind: 'subscription-create', cluster: input.facts.cluster, provider, receiver },
        },
      }),
    );
  return groupBeyond(12, findings, (count) => ({
    title: `${countOf(count, 'link')} of the mesh are missing`,
    detail:
      'What is written on the providers does not reach these receivers directly. The cluster is expected to be a full mesh.',
    remedy: {
      plan: { kind: 'mesh-complete', cluster: input.facts.cluster },
      text: 'Create the subscriptions. If no full mesh is wanted, set the topology to As found under Settings.',
    },
  }));
};
