/** What the nodes run, in one line: `Spock 5.0.11 · PostgreSQL 17.10`. Pure. */
import { wordsOf } from '#core/engines/words.ts';
import type { EngineName } from '#core/model/engine-name.ts';
import type { NodeSnapshot } from '#core/model/snapshot.ts';

export function engineFacts(
  engine: EngineName,
  nodes: Pick<NodeSnapshot, 'serverVersion' | 'engineVersion' | 'standin'>[],
): {
  text: string;
  standin: boolean;
} {
  const engines = versions(nodes.map((node) => node.engineVersion));
  const servers = versions(nodes.map((node) => node.serverVersion));
  return {
    standin: nodes.some((node) => node.standin),
    text: [engines && `${wordsOf(engine).name} ${engines}`, servers && `PostgreSQL ${servers}`]
      .filter(Boolean)
      .join(' · '),
  };
}

function versions(all: (string | null)[]): string {
  const known = [...new Set(all.filter((version) => version !== null))].sort((a, b) =>
    a.localeCompare(b, 'en', { numeric: true }),
  );
  return known.length > 3 ? `${known[0]} to ${known.at(-1)}` : known.join(', ');
}
