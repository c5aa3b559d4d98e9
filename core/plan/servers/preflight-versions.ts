/** Preflight of versions: of each server, of the extension against its library, and of every two servers in both directions. */
import { formatNames } from '#core/model/format.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import type { Choices, Server } from './choices.ts';

export function checkVersion(grounds: Grounds, { name, facts }: Server): void {
  const { versions, words } = grounds.changes;
  const { name: product, extension } = words;
  if (facts.serverVersionNum >= versions.oldestServer) grounds.ok(name, 'PostgreSQL', facts.serverVersion);
  else {
    grounds.stop(name, 'PostgreSQL', facts.serverVersion, {
      code: 'too-old',
      message: `${name} runs PostgreSQL ${facts.serverVersion}; ${product} needs ${versions.oldestServerText} or later.`,
      remedy: 'Upgrade the server.',
    });
  }
  const { available, installed, library = null, standin } = facts.extension;
  if (!standin && library !== null && available !== null && !versions.isSame(library, available)) {
    grounds.stop(name, product, `${library} loaded, ${available} on disk`, {
      code: 'version-skew',
      message: `The server of ${name} runs the library of ${product} ${library}, and ${available} is on its disk.`,
      remedy: `Restart PostgreSQL on ${name}, so that it loads ${available}, then check again.`,
    });
  } else if (installed !== null && available !== null && installed !== available) {
    grounds.stop(name, product, `${installed} installed, ${available} on disk`, {
      code: 'version-skew',
      message: `The extension in ${facts.database} on ${name} is ${installed}, its library ${available}.`,
      remedy: `Run ALTER EXTENSION ${extension} UPDATE there, then check again.`,
    });
  } else if (installed !== null) grounds.ok(name, product, installed);
  else if (available !== null) {
    grounds.todo(name, product, `${available}, not yet in ${facts.database}`, `extension:${name}`);
  } else {
    grounds.stop(name, product, 'not on this server', {
      code: 'no-spock',
      message: `The server of ${name} has no extension ${extension} to install.`,
      remedy: versions.install,
    });
  }
}

/** Of the engine; empty: it is not there. */
export const versionOf = ({ facts }: Server): string =>
  facts.extension.installed ?? facts.extension.available ?? '';

/** Every ordered pair: all receive from all. */
export function checkLanguage(grounds: Grounds, servers: readonly Server[]): void {
  const { versions, words } = grounds.changes;
  const { name: product } = words;
  const having = servers.filter((server) => versionOf(server) !== '');
  if (having.length === 0) return;
  const standins = having.filter(({ facts }) => facts.extension.standin);
  if (standins.length > 0 && standins.length < having.length) {
    grounds.stop(null, 'Versions', `${product} and its stand-in`, {
      code: 'version-skew',
      message: `${standins.map(({ name }) => name).join(', ')} would run the stand-in, the others ${product}: these are not compatible.`,
      remedy: `Use ${product} on all of them.`,
    });
    return;
  }
  const shown = `${product} ${[...new Set(having.map(versionOf))].join(', ')}`;
  const pairs = having.flatMap((receiver) =>
    having.flatMap((provider) => {
      const of = { receiver: versionOf(receiver), provider: versionOf(provider) };
      if (versions.isOneSeries(of.receiver, of.provider)) return [];
      return [{ receiver, provider, refusal: versions.refusal(of.receiver, of.provider) }];
    }),
  );
  const deaf = pairs.find(({ refusal }) => typeof refusal === 'string');
  if (deaf !== undefined) {
    const { receiver, provider, refusal } = deaf;
    grounds.stop(null, 'Versions', shown, {
      code: 'version-skew',
      message: `${receiver.name} with ${product} ${versionOf(receiver)} cannot subscribe to ${provider.name} with ${versionOf(provider)}: ${refusal}.`,
      remedy: `Upgrade the older one first; all nodes of a deploy need the same series of ${product}.`,
    });
    return;
  }
  const untried = pairs.filter(({ refusal }) => refusal === undefined);
  if (untried.length > 0) {
    const series = new Set(
      untried.flatMap(({ receiver, provider }) => [versionOf(receiver), versionOf(provider)]),
    );
    grounds.know(null, 'Versions', `${shown}: not tested whether ${formatNames([...series])} are compatible`);
    return;
  }
  grounds.ok(null, 'Versions', pairs.length === 0 ? shown : `${shown}: tested in both directions`);
}

const majorOf = ({ facts }: Server): number => Math.floor(facts.serverVersionNum / 10_000);

/** A structure is read by the pg_dump beside the receiver's server (spock_sync.c, dump_structure); it refuses a newer server. */
export function checkDumpVersion(grounds: Grounds, servers: readonly Server[], choices: Choices): void {
  const { source, structure } = choices;
  if (source === null) return;
  for (const server of servers) {
    if (!structure.includes(server.name)) continue;
    if (majorOf(server) >= majorOf(source)) continue;
    grounds.stop(server.name, 'pg_dump', `${majorOf(server)}, ${source.name} has ${majorOf(source)}`, {
      code: 'pg-dump-older',
      message: `${server.name} would read the structure of ${source.name} (PostgreSQL ${majorOf(source)}) with its own pg_dump ${majorOf(server)}, which refuses a newer server.`,
      remedy: `Choose a node with the oldest PostgreSQL as the source, or create the tables on ${server.name} first: pg_dump --schema-only of version ${majorOf(source)}, psql into ${server.name}.`,
    });
  }
}
