/** Preflight of what is replicated: the same structure everywhere, rows on one node only, keys, room for a copy. */

import type { DeployServers } from '#core/model/deploy.ts';
import { countOf, formatBytes, formatNames } from '#core/model/format.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import {
  type Choices,
  type Chosen,
  DEFAULT_SET,
  deltaCandidatesOf,
  differencesOf,
  hasKey,
  INSERT_ONLY_SET,
  type Server,
  shownName,
} from './choices.ts';

/** Of more faults than this the rest is counted. */
const SAID = 5;

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
      'Choose one of the tables that are there, or create it first.',
    );
  }
  for (const table of choices.tables) {
    if (table.set === DEFAULT_SET || table.set === INSERT_ONLY_SET) continue;
    grounds.problem(
      null,
      'no-set',
      `${shownName(table)} is to be in set ${table.set}, which a deploy neither makes nor subscribes to.`,
      `Choose ${DEFAULT_SET} or ${INSERT_ONLY_SET}.`,
    );
  }
  if (request.dataFrom !== null && !request.nodes.some(({ name }) => name === request.dataFrom)) {
    grounds.problem(
      null,
      'no-source',
      `${request.dataFrom} is none of the nodes, so its data cannot seed the others.`,
      `Choose one of ${formatNames(request.nodes.map(({ name }) => name))}, or none.`,
    );
  }
  for (const server of servers) {
    checkStructure(grounds, server, choices);
    checkRows(grounds, server, servers, choices);
    checkKeys(grounds, server, choices);
    checkDisk(grounds, server, choices);
  }
  checkSequences(grounds, servers, choices);
}

const some = (said: string[]): string =>
  said.length > SAID ? `${said.slice(0, SAID).join('; ')}; and ${said.length - SAID} more` : said.join('; ');

function checkStructure(grounds: Grounds, { name, facts }: Server, choices: Choices): void {
  const { tables, source } = choices;
  if (choices.structure.includes(name) && source !== null) {
    if (facts.extension.standin) {
      grounds.stop(name, 'Structure', 'empty', {
        code: 'standin-structure',
        message: `${name} has no tables, and the stand-in for Spock cannot copy structure.`,
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

function checkRows(
  grounds: Grounds,
  { name, facts }: Server,
  servers: readonly Server[],
  choices: Choices,
): void {
  const { tables, source } = choices;
  const filled = tables.filter(({ on }) => on.get(name)?.hasRows === true);
  const bytes = filled.reduce((sum, { on }) => sum + (on.get(name)?.bytes ?? 0), 0);
  if (source?.name === name) {
    grounds.ok(name, 'Rows', `source of the data, ${formatBytes(bytes)}`);
    return;
  }
  if (source !== null) {
    const subscribed = facts.subscriptions.some(({ provider }) => provider === source.name);
    if (subscribed) grounds.ok(name, 'Rows', `from ${source.name}, of an earlier try`);
    else if (filled.length === 0 && !choices.structure.includes(name) && !choices.rowsOnly.includes(name)) {
      grounds.ok(name, 'Rows', 'none');
    } else if (filled.length === 0) {
      grounds.todo(name, 'Rows', `none: from ${source.name}`, `seed:${name}`);
    } else {
      grounds.stop(name, 'Rows', countOf(filled.length, 'table with rows', 'tables with rows'), {
        code: 'rows-on-both',
        message: `${name} has rows of its own in ${some(filled.map(shownName))}: a copy from ${source.name} would meet them.`,
        remedy: `Empty them on ${name} (TRUNCATE), leave ${name} out, or copy nothing where both have the same rows.`,
      });
    }
    return;
  }
  const elsewhere = tables.filter(
    ({ on }) =>
      on.get(name)?.hasRows !== true && servers.some((other) => on.get(other.name)?.hasRows === true),
  );
  if (elsewhere.length > 0) {
    const holder = servers.find((other) => elsewhere[0]?.on.get(other.name)?.hasRows === true)?.name;
    grounds.stop(name, 'Rows', `none in ${countOf(elsewhere.length, 'table')} that ${holder} has filled`, {
      code: 'rows-differ',
      message: `${some(elsewhere.map(shownName))} has rows on ${holder} and none on ${name}; without a copy the nodes would differ.`,
      remedy: `Choose ${holder} as the node whose data seeds the others.`,
    });
  } else if (filled.length === 0) grounds.ok(name, 'Rows', 'none');
  else grounds.todo(name, 'Rows', `${formatBytes(bytes)}, compared at the end`, 'compare');
}

function checkKeys(grounds: Grounds, { name, facts }: Server, { tables }: Choices): void {
  const own = tables.flatMap((table) => {
    const there = table.on.get(name);
    return there === undefined ? [] : [{ table, there }];
  });
  if (own.length === 0) return;
  const keyless = own.filter(({ there }) => !hasKey(there));
  const refused = keyless.filter(({ table }) => table.set !== INSERT_ONLY_SET);
  if (refused.length > 0) {
    const names = refused.map(({ table }) => shownName(table));
    grounds.stop(name, 'Keys', `${refused.length} without`, {
      code: 'no-replica-identity',
      message: `${some(names)} has no primary key on ${name}, and its set replicates UPDATE and DELETE.`,
      remedy: `Add a primary key, or put it into ${INSERT_ONLY_SET}.`,
    });
  } else if (keyless.length > 0) {
    grounds.ok(name, 'Keys', `${keyless.length} without, in ${INSERT_ONLY_SET}`);
  } else grounds.ok(name, 'Keys', 'all have one');
  for (const { table, there } of own) checkDeltas(grounds, name, table, there);
  const summed = own.filter(({ table }) => table.deltaColumns.length > 0);
  if (!facts.extension.standin || summed.length === 0) return;
  grounds.problem(
    name,
    'standin-delta',
    `The stand-in for Spock on ${name} cannot add up columns: ${some(summed.map(({ table }) => shownName(table)))}.`,
    'Leave out the delta-apply columns.',
  );
}

function checkDeltas(
  grounds: Grounds,
  name: string,
  table: Chosen,
  there: Parameters<typeof deltaCandidatesOf>[0],
): void {
  const fit = new Set(deltaCandidatesOf(there).map((candidate) => candidate.name));
  for (const column of table.deltaColumns) {
    if (fit.has(column)) continue;
    grounds.problem(
      name,
      'no-delta',
      `Column ${column} of ${shownName(table)} on ${name} cannot be added up: it must be numeric, NOT NULL and outside the key.`,
      'Leave it out of the delta-apply columns, or change the column.',
    );
  }
}

/** No function of SQL tells a server's free disk. */
function checkDisk(
  grounds: Grounds,
  { name }: Server,
  { source, structure, rowsOnly, tables }: Choices,
): void {
  if (source === null || !(structure.includes(name) || rowsOnly.includes(name))) return;
  const bytes = tables.reduce((sum, { on }) => sum + (on.get(source.name)?.bytes ?? 0), 0);
  if (bytes === 0) return;
  grounds.todo(
    name,
    'Disk',
    `${formatBytes(bytes)} come; PostgreSQL cannot tell what is free`,
    `seed:${name}`,
  );
}

function checkSequences(grounds: Grounds, servers: readonly Server[], choices: Choices): void {
  const { sequences, source } = choices;
  if (sequences.length === 0) return;
  for (const { name, facts } of servers) {
    // A structure that is copied brings them along.
    const from = choices.structure.includes(name) ? (source?.facts ?? facts) : facts;
    const missing = sequences.filter(
      (one) => !from.sequences.some((own) => own.schema === one.schema && own.sequence === one.sequence),
    );
    if (missing.length > 0) {
      const said = some(missing.map(({ schema, sequence }) => `${schema}.${sequence}`));
      grounds.stop(name, 'Sequences', `lacks ${missing.length}`, {
        code: 'no-sequence',
        message: `${name} lacks ${said}.`,
        remedy: 'Create what is missing there, or leave it out.',
      });
    } else if (facts.snowflake)
      grounds.todo(name, 'Sequences', `${sequences.length} to snowflake`, `sequences:${name}`);
    else {
      grounds.stop(name, 'Sequences', 'no extension snowflake', {
        code: 'no-snowflake',
        message: `The server of ${name} has no extension snowflake, so sequences there would give the same numbers as elsewhere.`,
        remedy:
          "Install it (pgEdge's packages have it), or leave the sequences as they are and give each node a range of its own.",
      });
    }
  }
}
