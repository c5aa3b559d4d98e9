/** Versions that do not go together: on one node between extension and library, between nodes in their protocols. */

import type { AdviceInput, Rule, RuleFinding } from '#core/advice/rule.ts';
import { formatNames } from '#core/model/format.ts';
import { pairKey } from '#core/model/keys.ts';
import { mismatchOf } from './extension.ts';

export const versionSkew: Rule = (input) => [
  ...withinNodes(input),
  ...protocols(input),
  ...betweenNodes(input),
];

function withinNodes(input: AdviceInput): RuleFinding[] {
  return [...input.nodes.values()].flatMap((node): RuleFinding[] => {
    const mismatch = mismatchOf(node);
    if (mismatch === null) return [];
    const { catalogs, library, updatePath } = mismatch;
    const stuck = updatePath === false;
    return [
      {
        severity: stuck ? 'critical' : 'warning',
        ...(stuck && { effect: 'stops-data' as const }),
        subject: { node: node.name },
        title: `${node.name} runs Spock ${library} with the catalogs of ${catalogs}`,
        detail: stuck
          ? `There is no update path from ${catalogs} to the installed version. Spock updates its catalogs before it starts a worker, and exits if it cannot: after the next start, no subscription of ${node.name} is applied.`
          : 'The library was replaced but the extension was not updated: functions may be missing or take other arguments.',
        evidence: [
          { name: 'pg_extension.extversion', value: catalogs },
          { name: 'spock.spock_version()', value: library },
          ...(updatePath === null
            ? []
            : [{ name: 'pg_extension_update_paths', value: updatePath ? 'there is one' : 'none' }]),
        ],
        remedy: stuck
          ? {
              text: `Install the files of a version of Spock on ${node.name} that has an update script from ${catalogs} (spock--${catalogs}--….sql), or the library of ${catalogs}, and restart it.`,
            }
          : {
              text: `Update the extension on ${node.name}.`,
              sql: ['ALTER EXTENSION spock UPDATE'],
              plan: { kind: 'extension-update', cluster: input.facts.cluster, nodes: [node.name] },
            },
      },
    ];
  });
}

/** Two nodes that have no protocol in common cannot replicate to each other. */
function protocols(input: AdviceInput): RuleFinding[] {
  const seen = new Set<string>();
  const findings: RuleFinding[] = [];
  for (const { provider, receiver } of input.facts.links) {
    const pair = pairKey(...([provider, receiver].sort() as [string, string]));
    const a = input.nodes.get(provider)?.slow?.value.protocol;
    const b = input.nodes.get(receiver)?.slow?.value.protocol;
    if (seen.has(pair) || !a || !b || (a.min <= b.max && b.min <= a.max)) continue;
    seen.add(pair);
    findings.push({
      severity: 'critical',
      subject: { provider, receiver },
      part: 'protocol',
      title: `${provider} and ${receiver} have no protocol version in common`,
      detail: 'Neither can read what the other sends.',
      evidence: [
        { name: provider, value: `protocols ${a.min} to ${a.max}` },
        { name: receiver, value: `protocols ${b.min} to ${b.max}` },
      ],
      remedy: { text: 'Install versions of Spock on both that have a protocol version in common.' },
    });
  }
  return findings;
}

/** By their libraries: those that merely have old catalogs have a finding of their own. */
function betweenNodes(input: AdviceInput): RuleFinding[] {
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
      compares: { nodes: [...versions.values()].flat(), what: [...versions.keys()].join(' ') },
      title: `The nodes run ${versions.size} versions of Spock`,
      detail:
        'That is fine during an upgrade. A new node can be added only if all nodes run the same version.',
      evidence: [...versions].map(([version, nodes]) => ({ name: version, value: formatNames(nodes, 8) })),
      remedy: { text: 'Finish the upgrade.' },
    },
  ];
}
