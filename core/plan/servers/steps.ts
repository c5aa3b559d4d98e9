/** The steps of a deploy on servers: settings, restart, extension, node, tables, seeds, links, DDL, and the proof. */
import { quoteLiteral } from '#core/engines/quote.ts';
import type { DeployServers } from '#core/model/deploy.ts';
import { formatNames } from '#core/model/format.ts';
import { type DraftStep, step, unit, type Wake } from '#core/plan/draft.ts';
import { allReplicate, extensionUnit, nodeUnit, type Pair, pairsOf, wakesOf } from '#core/plan/mesh.ts';
import { type Sql, sql } from '#core/plan/sql.ts';
import type { Choices, Server } from './choices.ts';
import { alterSystem, areInForce, isAltered, requirementsOf, undoAlterSystem } from './requirements.ts';
import { sequenceSteps } from './sequences.ts';
import { subscribeSteps } from './subscribe.ts';
import { deltaStep, setsStep } from './table-steps.ts';

const RELOAD = sql`SELECT pg_reload_conf()`;

export function deploySteps(
  request: DeployServers,
  servers: readonly Server[],
  choices: Choices,
): DraftStep[] {
  const names = servers.map(({ name }) => name);
  const steps = new Map<string, DraftStep>();
  /** Steps that are not there do not hold up others. */
  const add = (each: DraftStep | null) => {
    if (each === null) return;
    steps.set(each.id, { ...each, after: each.after.filter((id) => steps.has(id)) });
  };
  for (const server of servers) add(settingsStep(server, servers.length));
  for (const server of servers) add(restartStep(server, servers.length));
  for (const server of servers) add(extensionStep(server));
  for (const server of servers) add(nodeStep(server, request));
  for (const server of servers) add(deltaStep(server, choices));
  for (const server of servers) {
    if (!choices.structure.includes(server.name)) add(setsStep(server, choices, []));
  }
  const pairs = pairsOf(names).map((pair) => asSubscribed(pair, servers));
  const { copies, links } = subscribeSteps(servers, pairs, choices);
  for (const each of copies) add(each);
  for (const server of servers) {
    if (choices.structure.includes(server.name)) add(setsStep(server, choices, [`seed:${server.name}`]));
  }
  for (const each of links) add(each);
  for (const each of sequenceSteps(servers, choices)) add(each);
  const wakes = servers[0]?.facts.extension.standin ? [] : wakesOf(pairs);
  add(linksStep(names, [...steps.keys()], wakes));
  for (const server of servers) add(ddlStep(server, request));
  const before = ['links', ...names.map((name) => `ddl:${name}`)];
  add(registerStep(request.name, names, before));
  for (const name of names) add(markStep(name, pairs));
  add(compareStep(names, choices));
  add(findingsStep());
  return [...steps.values()];
}

/** A subscription of an earlier try is gone on with by the name that it has: a second one would bring each row twice. */
function asSubscribed(pair: Pair, servers: readonly Server[]): Pair {
  const receiver = servers.find(({ name }) => name === pair.receiver);
  const there = receiver?.facts.subscriptions.find(({ provider }) => provider === pair.provider);
  return there === undefined ? pair : { ...pair, name: there.name };
}

function settingsStep({ name, facts }: Server, nodes: number): DraftStep | null {
  const changes = requirementsOf(facts, nodes).filter(({ met }) => !met);
  if (changes.length === 0) return null;
  const restart = changes.some(({ needsRestart }) => needsRestart);
  return step({
    id: `settings:${name}`,
    title: 'Set parameters',
    node: name,
    undo: `Sets them back to what ALTER SYSTEM had before${restart ? '; in force after the next restart' : ''}.`,
    action: {
      type: 'sql',
      node: name,
      timeoutSeconds: 30,
      units: changes.map((change) => {
        const reload = change.needsRestart ? [] : [RELOAD];
        return unit([alterSystem(change), ...reload], {
          already: isAltered(change),
          undo: [undoAlterSystem(change, facts), ...reload],
        });
      }),
    },
  });
}

function restartStep({ name, facts }: Server, nodes: number): DraftStep | null {
  const changes = requirementsOf(facts, nodes).filter(({ met, needsRestart }) => !met && needsRestart);
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

function extensionStep({ name, facts }: Server): DraftStep {
  return step({
    id: `extension:${name}`,
    title: 'Create extension spock',
    node: name,
    after: [`restart:${name}`, `settings:${name}`],
    undo: 'Drops the extension, if this run created it.',
    done: facts.extension.installed !== null,
    action: { type: 'sql', node: name, timeoutSeconds: 60, units: [extensionUnit(facts.extension.standin)] },
  });
}

function nodeStep({ name, facts }: Server, request: DeployServers): DraftStep {
  const location = request.nodes.find((node) => node.name === name)?.location ?? null;
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
      units: [nodeUnit(name, location === '' ? null : location)],
    },
  });
}

function linksStep(names: readonly string[], after: string[], wakes: Wake[]): DraftStep {
  return step({
    id: 'links',
    title: `Wait until all ${names.length * (names.length - 1)} links replicate`,
    node: null,
    after,
    action: { type: 'wait', timeoutSeconds: 120, awaited: allReplicate(names), wakes },
  });
}

/** Order matters: tables that are made from now on come into a set by themselves. */
const DDL_SETTINGS = [
  'spock.enable_ddl_replication',
  'spock.include_ddl_repset',
  'spock.allow_ddl_from_functions',
];

/** Last: before, every statement of the deploy itself would travel. The stand-in has none of it. */
function ddlStep({ name, facts }: Server, request: DeployServers): DraftStep | null {
  if (!request.ddlReplication || facts.extension.standin) return null;
  const isOn = DDL_SETTINGS.map((setting) => `current_setting(${quoteLiteral(setting)}, true) = 'on'`);
  const back = DDL_SETTINGS.map((setting): Sql => {
    const before = facts.settings[setting]?.altered ?? null;
    if (before === null) return sql`ALTER SYSTEM RESET ${setting}`;
    return sql`ALTER SYSTEM SET ${setting} = ${quoteLiteral(before)}`;
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
      units: [
        unit([...DDL_SETTINGS.map((setting) => sql`ALTER SYSTEM SET ${setting} = on`), RELOAD], {
          already: sql`SELECT coalesce(${isOn.join(' AND ')}, false)`,
          undo: [...back, RELOAD],
        }),
      ],
    },
  });
}

function registerStep(cluster: string, names: readonly string[], after: string[]): DraftStep {
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

function markStep(name: string, pairs: readonly Pair[]): DraftStep {
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

function compareStep(names: readonly string[], { tables, source }: Choices): DraftStep | null {
  if (tables.length === 0) return null;
  return step({
    id: 'compare',
    title: 'Compare the tables on all nodes',
    node: null,
    after: names.map((name) => `mark:${name}`),
    action: {
      type: 'compare',
      nodes: [...names],
      tables: tables.map(({ schema, table, on }) => {
        const like = (source === null ? undefined : on.get(source.name)) ?? [...on.values()][0];
        return { schema, table, columns: like?.columns.map((column) => column.name) ?? [] };
      }),
    },
  });
}

function findingsStep(): DraftStep {
  return step({
    id: 'findings',
    title: 'Ask for findings',
    node: null,
    after: ['register', 'compare'],
    action: { type: 'ask-findings' },
  });
}
