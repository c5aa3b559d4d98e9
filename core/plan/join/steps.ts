/** The steps by which a node joins. Until step `links` is done nobody but the new node knows that it is there. */
import type { SubscribeWay } from '#core/engines/changes.ts';
import { unit } from '#core/engines/units.ts';
import { formatNames } from '#core/model/format.ts';
import { type ExecutableStep, type JoinLink, step } from '#core/plan/executable.ts';
import { type Pair, subscribeStep } from '#core/plan/mesh.ts';
import type { Server } from '#core/plan/servers/choices.ts';
import { extensionStep, nodeStep, restartStep, settingsStep } from '#core/plan/servers/steps.ts';
import { wayOn } from '#core/plan/servers/subscribe.ts';
import type { ComparedTable } from '#core/rows/compared-table.ts';
import type { Join } from './join.ts';
import {
  backStep,
  compareStep,
  ddlOf,
  findingsStep,
  linksStep,
  marks,
  tracesStep,
  watchStep,
} from './known-steps.ts';
import { comparedTables, setsStep } from './sets.ts';

const COPY = 'copy';
const STATEMENT_SECONDS = 30;

export function joinSteps(join: Join): ExecutableStep[] {
  const { grounds, request, members, links, added, source } = join;
  const { changes } = grounds;
  const [first] = members;
  if (first === undefined) return [];
  const name = added.name;
  const way = wayOn([added], changes);
  const nodes = members.length + 1;
  const steps = new Map<string, ExecutableStep>();
  /** Steps that are not there do not hold up others. */
  const add = (each: ExecutableStep | null) => {
    if (each !== null) steps.set(each.id, { ...each, after: each.after.filter((id) => steps.has(id)) });
  };
  const tables = comparedTables(grounds, source, first.facts, links.copy.sets);
  add(settingsStep(added, nodes, changes));
  add(restartStep(added, nodes, changes));
  add(extensionStep(added, changes));
  add(nodeStep(added, request.node.location || null, changes));
  for (const [index, pair] of links.kept.entries()) {
    const before = links.kept[index - 1];
    add(keepStep(pair, way, before === undefined ? `node:${name}` : keepId(before), join));
  }
  add(passedStep(join));
  add(copyStep(join, way, [`node:${name}`, 'passed', ...links.kept.map(keepId)]));
  add(originsStep(join));
  add(setsStep(grounds, added, first, [COPY]));
  for (const pair of links.kept) add(startStep(pair, name, join, ['origins', `sets:${name}`]));
  add(caughtUpStep(join, [COPY, `sets:${name}`, ...links.kept.map(startId)]));
  add(suspectsStep(join, plainColumns(tables, source)));
  for (const member of members) add(tracesStep(member, name, ['caught-up', 'suspects'], join));
  for (const pair of links.back) {
    add(backStep(pair, way, ['caught-up', 'suspects', `traces:${pair.receiver}`], join));
  }
  add(linksStep(links.back, join));
  add(ddlOf(added, source, grounds));
  add(watchStep(name, request.cluster, ['links', `ddl:${name}`]));
  for (const step of marks(links, members, name)) add(step);
  add(compareStep([...members.map((each) => each.name), name], tables));
  add(findingsStep());
  return [...steps.values()];
}

const keepId = ({ provider }: Pair): string => `keep:${provider}`;
const startId = ({ provider }: Pair): string => `start:${provider}`;

/** The slot, and the subscription that will go on from it, disabled. */
function keepStep(
  pair: Pair,
  way: SubscribeWay,
  after: string,
  { grounds, added, source }: Join,
): ExecutableStep {
  const { provider, name } = pair;
  const whole = subscribeStep(
    pair,
    {
      id: keepId(pair),
      title: `Keep ${provider}’s changes for ${added.name}`,
      way,
      after: [after],
      undo: `Drops ${name} and its slot on ${provider}.`,
      commands: [
        `${provider} keeps its WAL for ${added.name} from now on, while ${added.name} is copied from ${source.name}`,
      ],
    },
    grounds.changes,
  );
  if (whole.action.type !== 'subscribe') return whole;
  return { ...whole, action: { ...whole.action, units: whole.action.units.slice(0, 1) } };
}

/** Then whatever the slots do not hold is in the source's rows. */
function passedStep({ links, source, added }: Join): ExecutableStep | null {
  if (links.ofSource.length === 0) return null;
  const others = othersText(links.ofSource.map(({ provider }) => provider));
  return step({
    id: 'passed',
    title: `Wait until ${source.name} has applied what ${others} wrote before`,
    node: source.name,
    after: links.kept.map(keepId),
    commands: [`what is older than the slots for ${added.name} has to be in the rows of ${source.name}`],
    action: { type: 'catch-up', node: source.name, links: links.ofSource },
  });
}

function copyStep(
  { grounds, links, source, added }: Join,
  { plugin }: SubscribeWay,
  after: string[],
): ExecutableStep {
  const { subscriptions } = grounds.changes;
  const { copy, ofSource } = links;
  const others = othersText(ofSource.map(({ provider }) => provider));
  return step({
    id: COPY,
    title:
      ofSource.length === 0
        ? `Copy structure and rows from ${source.name}`
        : `Note where ${source.name} stands with ${others}, then copy structure and rows from it`,
    node: added.name,
    after,
    commands:
      ofSource.length === 0
        ? []
        : [
            `${source.name} applies nothing from ${others} for about a second, 10 s at most, while the snapshot of the copy is taken`,
          ],
    undo: `Drops the subscription and its slot on ${source.name}, and the copied tables, unless others have written to them since.`,
    action: {
      type: 'join-copy',
      node: added.name,
      provider: source.name,
      subscription: copy.name,
      unit: subscriptions.create(copy, { structure: true, rows: true }),
      tables: source.facts.tables.map(({ schema, table }) => ({ schema, table })),
      structure: true,
      sequences: source.facts.sequences.map(({ schema, sequence }) => ({ schema, sequence })),
      plugin,
      peers: ofSource,
    },
  });
}

/** As a sentence names them. */
const othersText = (names: readonly string[]): string =>
  formatNames([...names].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })));

const joinLink = ({ provider, name }: Pair): JoinLink => ({ provider, subscription: name });

function originsStep({ links, added, source }: Join): ExecutableStep | null {
  if (links.kept.length === 0) return null;
  return step({
    id: 'origins',
    title: `Set ${added.name} to where ${source.name} stood`,
    node: added.name,
    after: [COPY],
    commands: ['so that nothing is missed, and nothing done twice'],
    action: { type: 'join-origins', node: added.name, copy: COPY, links: links.kept.map(joinLink) },
  });
}

function startStep(pair: Pair, name: string, { grounds }: Join, after: string[]): ExecutableStep {
  const { subscriptions } = grounds.changes;
  return step({
    id: startId(pair),
    title: `Start the link from ${pair.provider}`,
    node: name,
    after,
    undo: `Disables ${pair.name} again.`,
    action: {
      type: 'sql',
      node: name,
      timeoutSeconds: STATEMENT_SECONDS,
      units: [
        unit(subscriptions.enable(pair.name), {
          scope: 'catalog',
          already: subscriptions.isEnabled(pair.name, true),
          undo: [subscriptions.disable(pair.name)],
        }),
      ],
    },
  });
}

function caughtUpStep({ links, added }: Join, after: string[]): ExecutableStep {
  return step({
    id: 'caught-up',
    title: `Wait until ${added.name} has applied what was kept for it`,
    node: added.name,
    after,
    action: { type: 'catch-up', node: added.name, links: [links.copy, ...links.kept].map(joinLink) },
  });
}

/** Changes of columns that are added up come out right in any order; generated ones follow from the others. */
const plainColumns = (tables: readonly ComparedTable[], source: Server): ComparedTable[] =>
  tables.map((each) => {
    const own = source.facts.tables.find(
      ({ schema, table }) => schema === each.schema && table === each.table,
    );
    const others = own?.columns.filter(({ delta, generated }) => delta || generated !== null) ?? [];
    const left = new Set(others.map(({ name }) => name));
    return { ...each, columns: each.columns.filter((column) => !left.has(column)) };
  });

function suspectsStep({ links, added, source }: Join, tables: ComparedTable[]): ExecutableStep | null {
  if (links.kept.length === 0 || tables.length === 0) return null;
  return step({
    id: 'suspects',
    title: 'Compare the rows that two nodes have written about the time of the copy',
    node: added.name,
    after: ['caught-up'],
    commands: [
      `a copied row has no time of its own, so that an older change of another node may have replaced it on ${added.name}: the version of ${source.name} is taken there, and not sent on`,
    ],
    action: {
      type: 'join-suspects',
      node: added.name,
      source: source.name,
      peers: links.kept.map(({ provider }) => provider),
      copy: COPY,
      tables,
    },
  });
}
