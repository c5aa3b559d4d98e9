/** For each engine, how a role is made that can only watch: the statements, and what is said beside them. Apart, for its page alone. */
import type { EngineName } from '#core/model/engine-name.ts';
import { guide } from './spock/watching-guide.ts';
import type { WatchingGuide, WatchingPart } from './watching-guide.ts';

const guides: Record<EngineName, WatchingGuide> = { spock: guide };

export const watchingGuideOf = (engine: EngineName): WatchingGuide => guides[engine];

/** The statements of some parts as one script for psql. */
export function asScript(parts: readonly Pick<WatchingPart, 'statements' | 'psql'>[]): string {
  return parts
    .flatMap(({ statements, psql }) => [
      ...statements.map((statement) => `${statement};`),
      ...(psql === null ? [] : [psql]),
    ])
    .join('\n');
}
