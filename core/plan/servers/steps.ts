/** The steps of a deploy on servers: settings, restart, extension, node, tables, seeds, links, DDL, and the proof. */
import type { Changes } from '#core/engines/changes.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import { type Sql, sql } from '#core/engines/sql.ts';
import { unit, type Wake } from '#core/engines/units.ts';
import type { DeployServers } from '#core/model/deploy.ts';
import { formatNames } from '#core/model/format.ts';
import { alteredNow, alterSystem, isAltered, RELOAD } from '#core/plan/alter-system.ts';
import { type ExecutableStep, step } from '#core/plan/executable.ts';
import { allReplicate, type Pair, wakesOf } from '#core/plan/mesh.ts';
import type { Choices, Server } from './choices.ts';
import { areInForce, formerOf, requirementsOf, wantedOf } from './requirements.ts';
import { sequenceSteps } from './sequences.ts';
import { pairsOn, subscribeSteps } from './subscribe.ts';
import { deltaStep, setsStep } from './table-steps.ts';

export function deploySteps(
  request: DeployServers,
  servers: readonly Server[],
  choices: Choices,
): ExecutableStep[] {
  const { changes } = choices;
  const names = servers.map(({ name }) => name);
  const steps = new Map<string, ExecutableStep>();
  /** Steps that are not there do not hold up others. */
  const add = (each: ExecutableStep | null) => {
    if (each === null) return;
    steps.set(each.id, { ...each, after: each.after.filter((id) => steps.has(id)) });
  };
  for (const server of servers) add(settingsStep(server, servers.length, changes));
  for (const server of servers) add(restartStep(server, servers.length, changes));
  for (const server of servers) add(extensionStep(server, changes));
  for (const server of servers) add(nodeStep(server, locationOf(server, request), changes));
  for (const server of servers) add(deltaStep(server, choices));
  for (const server of servers) {
    if (!choices.structure.includes(server.name)) add(setsStep(server, choices, []));
  }
  const pairs = pairsOn(servers);
  const { holds, copies, holdsAfter, links } = subscribeSteps(servers, pairs, choices);
  for (const each of [...holds, ...copies]) add(each);
  for (const server of servers) {
    if (choices.structure.includes(server.name)) add(setsStep(server, choices, [`seed:${server.name}`]));
  }
  for (const each of [...holdsAfter, ...links]) add(each);
  for (const each of sequenceSteps(servers, choices)) add(each);
  const wakes = servers[0]?.facts.extension.standin ? [] : wakesOf(pairs, changes);
  add(linksStep(names, [...steps.keys()], wakes, changes));
  for (const server of servers) add(ddlStep(server, request, changes));
  const before = ['links', ...names.map((name) => `ddl:${name}`)];
  add(registerStep(request.name, names, before));
  for (const name of names) add(markStep(name, pairs));
  add(compareStep(names, choices));
  add(findingsStep());
  return [...steps.values()];
}

export function settingsStep({ name, facts }: Server, nodes: number, engine: Changes): ExecutableStep | null {
  const changes = requirementsOf(facts, nodes, engine).filter(({ met }) => !met);
  if (changes.length === 0) return null;
  const restart = changes.some(({ needsRestart }) => needsRestart);
  return step({
    id: `settings:${name}`,
    title: 'Set parameters',
    node: name,
    undo: `Restores what ALTER SYSTEM had set before${restart ? '; in force after the next restart' : ''}.`,
    action: {
      type: 'sql',
      node: name,
      timeoutSeconds: 30,
      units: changes.map((change) => {
        const reload = change.needsRestart ? [] : [RELOAD];
        return unit([alterSystem(wantedOf(change)), ...reload], {
          scope: 'catalog',
          already: isAltered(wantedOf(change)),
          identity: alteredNow(change.setting),
          object: `setting ${change.setting}`,
          undo: [alterSystem(formerOf(change, facts)), ...reload],
        });
      }),
    },
  });
}

export function restartStep({ name, facts }: Server, nodes: number, engine: Changes): ExecutableStep | null {
  const changes = requirementsOf(facts, nodes, engine).filter(
    ({ met, needsRestart }) => !met && needsRestart,
  );
  if (changes.length === 0) return null;
  const how =
    facts.dataDirectory === null
      ? 'systemctl restart postgresql'
      : `pg_ctl restart -D ${facts.dataDirectory}   # or systemctl restart postgresql`;
  return step({
    id: `restart:${name}`,
    title: 'Restart PostgreSQL',
    node: name,
    commands: [`on the host of ${facts.address}: ${how}`],
    after: [`settings:${name}`],
    risk: 'restart',
    riskText: `${name} refuses connections while it restarts. You restart it; the run waits until it is back.`,
    action: { type: 'restart', node: name, inForce: areInForce(changes), how },
  });
}

export function extensionStep({ name, facts }: Server, { nodes, words }: Changes): ExecutableStep {
  return step({
    id: `extension:${name}`,
    title: `Create extension ${words.extension}`,
    node: name,
    after: [`restart:${name}`, `settings:${name}`],
    undo: 'Drops the extension, if this run created it.',
    done: facts.extension.installed !== null,
    action: {
      type: 'sql',
      node: name,
      timeoutSeconds: 60,
      units: [nodes.createExtension(facts.extension.standin)],
    },
  });
}

const locationOf = ({ name }: Server, { nodes }: DeployServers): string | null =>
  nodes.find((node) => node.name === name)?.location ?? null;

export function nodeStep(
  { name, facts }: Server,
  location: string | null,
  { nodes }: Changes,
): ExecutableStep {
  return step({
    id: `node:${name}`,
    title: 'Create the node',
    node: name,
    after: [`extension:${name}`],
    undo: 'Drops the node, and with it its replication sets.',
    done: facts.nodeName === name,
    action: {
      type: 'sql',
      node: name,
      timeoutSeconds: 30,
      units: [nodes.create(name, location === '' ? null : location)],
    },
  });
}

function linksStep(
  names: readonly string[],
  after: string[],
  wakes: Wake[],
  changes: Changes,
): ExecutableStep {
  return step({
    id: 'links',
    title: `Wait until all ${names.length * (names.length - 1)} links replicate`,
    node: null,
    after,
    action: { type: 'wait', timeoutSeconds: 120, awaited: allReplicate(names, changes), wakes },
  });
}

/** Last: before, every statement of the deploy itself would travel. The stand-in has none of it. */
export function ddlStep(
  { name, facts }: Server,
  request: Pick<DeployServers, 'ddlReplication'>,
  { settings: { ddl } }: Changes,
): ExecutableStep | null {
  if (!request.ddlReplication || facts.extension.standin || ddl === null) return null;
  const units = ddl.all.map((setting) => {
    const before = facts.settings[setting]?.altered ?? null;
    const back: Sql =
      before === null
        ? sql`ALTER SYSTEM RESET ${setting}`
        : sql`ALTER SYSTEM SET ${setting} = ${quoteLiteral(before)}`;
    return unit([sql`ALTER SYSTEM SET ${setting} = on`, RELOAD], {
      scope: 'catalog',
      // The server's value, whatever this session has set for itself.
      already: sql`SELECT coalesce((SELECT reset_val = 'on' FROM pg_settings WHERE name = ${quoteLiteral(setting)}), false)`,
      identity: alteredNow(setting),
      object: `setting ${setting}`,
      undo: [back, RELOAD],
    });
  });
  return step({
    id: `ddl:${name}`,
    title: 'Turn on DDL replication',
    node: name,
    after: ['links'],
    undo: 'Turns it off again.',
    action: {
      type: 'sql',
      node: name,
      timeoutSeconds: 30,
      units,
    },
  });
}

function registerStep(cluster: string, names: readonly string[], after: string[]): ExecutableStep {
  return step({
    id: 'register',
    title: 'Watch the cluster',
    node: null,
    commands: [`save the DSNs of ${formatNames(names)} for ${cluster}, passwords sealed`],
    after,
    undo: 'Forgets the cluster.',
    action: { type: 'register-cluster', nodes: [...names] },
  });
}

function markStep(name: string, pairs: readonly Pair[]): ExecutableStep {
  return step({
    id: `mark:${name}`,
    title: 'Send a mark to every other node',
    node: name,
    after: ['register'],
    action: {
      type: 'mark',
      node: name,
      to: pairs
        .filter(({ provider }) => provider === name)
        .map(({ receiver, name: subscription }) => ({ node: receiver, subscription })),
    },
  });
}

function compareStep(names: readonly string[], { tables, source }: Choices): ExecutableStep | null {
  if (tables.length === 0) return null;
  return step({
    id: 'compare',
    title: 'Compare the tables on all nodes',
    node: null,
    after: names.map((name) => `mark:${name}`),
    action: {
      type: 'prove',
      nodes: [...names],
      tables: tables.map(({ schema, table, on }) => {
        const like = (source === null ? undefined : on.get(source.name)) ?? [...on.values()][0];
        return { schema, table, columns: like?.columns.map((column) => column.name) ?? [] };
      }),
    },
  });
}

function findingsStep(): ExecutableStep {
  return step({
    id: 'findings',
    title: 'Check for findings',
    node: null,
    after: ['register', 'compare'],
    action: { type: 'ask-findings' },
  });
}
