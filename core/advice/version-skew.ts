/** Versions that do not go together: on one node between extension and library, between nodes in their protocols. */
import { formatNames } from '#core/model/format.ts';
import { pairKey } from '#core/model/keys.ts';
import type { AdviceInput, FindingDraft, Rule } from './rule.ts';

export const versionSkew: Rule = (input) => [
  ...withinNodes(input),
  ...protocols(input),
  ...betweenNodes(input),
];

function withinNodes(input: AdviceInput): FindingDraft[] {
  return [...input.nodes.values()].flatMap((node): FindingDraft[] => {
    const slow = node.slow?.value;
    if (!slow?.engineVersion || !slow.libraryVersion || slow.standin) return [];
    // 6.0.0 and 6.0.0-devel are of one make.
    if (slow.libraryVersion.startsWith(slow.engineVersion)) return [];
    return [
      {
        severity: 'warning',
        subject: { node: node.name },
        title: `${node.name} runs Spock ${slow.libraryVersion} with the catalogs of ${slow.engineVersion}`,
        detail:
          'The library was replaced and the extension not updated: functions may be missing or take other arguments.',
        evidence: [
          { name: 'pg_extension.extversion', value: slow.engineVersion },
          { name: 'spock.spock_version()', value: slow.libraryVersion },
        ],
        remedy: { text: `Update the extension on ${node.name}.`, sql: ['ALTER EXTENSION spock UPDATE'] },
      },
    ];
  });
}

/** Two nodes that have no protocol in common cannot replicate to each other. */
function protocols(input: AdviceInput): FindingDraft[] {
  const seen = new Set<string>();
  const drafts: FindingDraft[] = [];
  for (const { provider, receiver } of input.facts.links) {
    const pair = pairKey(...([provider, receiver].sort() as [string, string]));
    const a = input.nodes.get(provider)?.slow?.value.protocol;
    const b = input.nodes.get(receiver)?.slow?.value.protocol;
    if (seen.has(pair) || !a || !b || (a.min <= b.max && b.min <= a.max)) continue;
    seen.add(pair);
    drafts.push({
      severity: 'critical',
      subject: { provider, receiver },
      part: 'protocol',
      title: `${provider} and ${receiver} speak no protocol in common`,
      detail: 'Neither can take what the other sends.',
      evidence: [
        { name: provider, value: `protocols ${a.min} to ${a.max}` },
        { name: receiver, value: `protocols ${b.min} to ${b.max}` },
      ],
      remedy: { text: 'Bring both to neighbouring versions of Spock.' },
    });
  }
  return drafts;
}

/** By their libraries: those that merely have old catalogs have a finding of their own. */
function betweenNodes(input: AdviceInput): FindingDraft[] {
  const versions = new Map<string, string[]>();
  for (const { name, engineVersion } of input.facts.nodes) {
    const version = input.nodes.get(name)?.slow?.value.libraryVersion ?? engineVersion;
    if (version !== null) versions.set(version, [...(versions.get(version) ?? []), name]);
  }
  if (versions.size < 2) return [];
  return [
    {
      severity: 'info',
      subject: {},
      part: 'nodes',
      title: `The nodes run ${versions.size} versions of Spock`,
      detail: 'That is well during an upgrade. A new node can be added only among nodes of one version.',
      evidence: [...versions].map(([version, nodes]) => ({ name: version, value: formatNames(nodes, 8) })),
      remedy: { text: 'Finish the upgrade.' },
    },
  ];
}
