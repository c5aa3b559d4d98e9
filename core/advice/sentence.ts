import type { Finding } from '#core/model/finding.ts';
import type { Health } from '#core/model/scalars.ts';
import type { SentencePart } from '#core/model/sentence.ts';
import type { AdviceInput, SnapshotFacts } from './rule.ts';

/** `unknown` until every node was asked once; then the worst of the findings. */
export function healthOf(facts: SnapshotFacts, findings: readonly Finding[]): Health {
  if (findings.some(({ severity }) => severity === 'critical')) return 'critical';
  if (
    facts.nodes.length === 0 ||
    facts.nodes.some((node) => node.observedAt === null && node.error === null)
  ) {
    return 'unknown';
  }
  return findings.some(({ severity }) => severity === 'warning') ? 'warning' : 'ok';
}

export function sentenceOf(input: AdviceInput, _findings: readonly Finding[]): SentencePart[] {
  const up = input.facts.nodes.filter(({ state }) => state === 'up').length;
  return [{ text: `${up} nodes up.` }];
}
