/** Facts of all nodes → the snapshot of the cluster, with what is concluded from it. */
import type { Snapshot } from '#core/model/snapshot.ts';
import { type AssembleInput, assemble } from '#core/snapshot/assemble.ts';
import type { AdvisingEngine } from './rule.ts';
import { advise } from './rules.ts';
import { healthOf, sentenceOf } from './sentence.ts';

/** Called once a second for each cluster. Never throws for what a node said. */
export function assess(input: AssembleInput<AdvisingEngine>): Snapshot {
  const assembled = assemble(input);
  const { facts } = assembled;
  const { previous } = input;
  const findings = advise(assembled, previous?.findings ?? []);
  const health = healthOf(assembled, findings);
  const since = health === 'unknown' ? null : facts.observedAt;
  return {
    ...facts,
    findings,
    health,
    healthSince: previous?.health === health ? previous.healthSince : since,
    sentence: sentenceOf(assembled, findings),
  };
}
