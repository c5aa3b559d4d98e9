import type { ObservedFacts } from '#core/model/observed.ts';
import type { Grounds } from './nodes.ts';

/** Blocks where a provider lacks a set that is to be subscribed to: Spock accepts a set that is not there, and the link goes down. */
export function checkSets(
  grounds: Grounds,
  provider: string,
  { sets }: Pick<ObservedFacts, 'sets'>,
  wanted: readonly string[],
  remedy: string,
): void {
  const missing = wanted.filter((set) => !sets.some((each) => each.name === set));
  if (missing.length === 0) {
    grounds.ok(provider, 'Sets', wanted.join(', '));
    return;
  }
  grounds.stop(provider, 'Sets', `lacks ${missing.join(', ')}`, {
    code: 'no-set',
    message: `${provider} has no replication set ${missing.join(', ')}.`,
    remedy,
  });
}
