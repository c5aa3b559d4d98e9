/** Preflight of what is replicated: tables that are there, in sets that are there, with the same structure everywhere. */

import type { DeployServers } from '#core/model/deploy.ts';
import { countOf, formatNames } from '#core/model/format.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import { type Choices, type Chosen, differencesOf, type Server, shownName, some } from './choices.ts';
import { checkCopies } from './preflight-copies.ts';
import { checkKeys } from './preflight-keys.ts';
import { checkRows } from './preflight-rows.ts';
import { checkSequences } from './preflight-sequences.ts';
import { checkStructureCopy } from './preflight-structure.ts';

export function checkTables(
  grounds: Grounds,
  request: DeployServers,
  servers: readonly Server[],
  choices: Choices,
): void {
  for (const table of choices.unknown) {
    grounds.problem(
      null,
      'no-table',
      `No server has a table ${shownName(table)}.`,
      'Choose a table that exists, or create it first.',
    );
  }
  const { sets } = choices.changes;
  for (const table of choices.tables) {
    if (table.set === sets.default || table.set === sets.insertOnly) continue;
    grounds.problem(
      null,
      'no-set',
      `${shownName(table)} is to be in set ${table.set}, which a deploy neither creates nor subscribes to.`,
      `Choose ${sets.default} or ${sets.insertOnly}.`,
    );
  }
  if (request.dataFrom !== null && !request.nodes.some(({ name }) => name === request.dataFrom)) {
    grounds.problem(
      null,
      'no-source',
      `${request.dataFrom} is not one of the nodes, so its data cannot seed the others.`,
      `Choose one of ${formatNames(request.nodes.map(({ name }) => name))}, or none.`,
    );
  }
  for (const server of servers) {
    checkStructure(grounds, server, servers, choices);
    checkRows(grounds, server, servers, choices);
    checkKeys(grounds, server, choices);
  }
  checkCopies(grounds, servers, choices);
  checkStructureCopy(grounds, servers, choices);
  checkSequences(grounds, servers, choices);
}

function checkStructure(
  grounds: Grounds,
  { name, facts }: Server,
  servers: readonly Server[],
  choices: Choices,
): void {
  const { tables, source } = choices;
  if (choices.structure.includes(name) && source !== null) {
    if (facts.extension.standin) {
      grounds.stop(name, 'Structure', 'empty', {
        code: 'standin-structure',
        message: `${name} has no tables, and the stand-in for ${choices.changes.words.name} cannot copy structure.`,
        remedy: `Create the same tables there first: pg_dump --schema-only of ${source.name}, psql into ${name}.`,
      });
    } else grounds.todo(name, 'Structure', `empty: from ${source.name}`, `seed:${name}`);
    return;
  }
  const missing: string[] = [];
  const differing: string[] = [];
  for (const table of tables) {
    const own = table.on.get(name);
    if (own === undefined) {
      missing.push(shownName(table));
      continue;
    }
    const [node, first] = [...table.on][0] as [string, typeof own];
    if (node === name) continue;
    differing.push(
      ...differencesOf({ node, table: first }, { node: name, table: own }).map(
        (text) => `${shownName(table)}: ${text}`,
      ),
    );
  }
  differing.push(...typeDifferences({ name, facts }, servers, tables));
  if (missing.length === 0 && differing.length === 0) {
    grounds.ok(name, 'Structure', tables.length === 0 ? 'no tables chosen' : countOf(tables.length, 'table'));
    return;
  }
  const parts = [
    ...(missing.length > 0 ? [`lacks ${missing.length}`] : []),
    ...(differing.length > 0 ? [`${differing.length} differ`] : []),
  ];
  grounds.stop(name, 'Structure', parts.join(', '), {
    code: 'schema-drift',
    message: [
      ...(missing.length > 0 ? [`${name} lacks ${some(missing)}.`] : []),
      ...(differing.length > 0 ? [`${some(differing)}.`] : []),
    ].join(' '),
    remedy:
      source?.name === name
        ? `Make the structure the same, or leave the tables out: the others get theirs from ${name}.`
        : source === null
          ? `Make the structure the same, or empty ${name} of tables and choose the node that seeds it; or leave the tables out.`
          : `Make the structure the same, or empty ${name} of all tables, so that ${source.name}'s is copied; or leave the tables out.`,
  });
}

/** `public.mood[]` and `public.code(3)` are made as `public.mood` and `public.code` are. */
const bareType = (type: string): string => type.replace(/\[\]$/, '').replace(/\(.*\)$/, '');

/** Types of users by which the same column would take other values: enum labels, what a domain checks, fields. */
function typeDifferences(
  { name, facts }: Server,
  servers: readonly Server[],
  tables: readonly Chosen[],
): string[] {
  const said = new Map<string, string>();
  for (const table of tables) {
    const own = table.on.get(name);
    const [node, first] = [...table.on][0] ?? [];
    if (own === undefined || first === undefined || node === name) continue;
    const theirs = servers.find((server) => server.name === node)?.facts.structure.types ?? {};
    for (const { type } of own.columns) {
      const bare = bareType(type);
      const made = facts.structure.types[bare];
      const other = theirs[bare];
      if (made === undefined || other === undefined || made === other) continue;
      said.set(bare, `type ${bare} is ${made} on ${name}, ${other} on ${node}`);
    }
  }
  return [...said.values()];
}
