/** Asks a cluster's nodes what a planner needs to know: read-only, each question for itself, with time-outs. */
import { readDsn } from '#core/dsn/read.ts';
import type { Changes } from '#core/engines/changes.ts';
import type { Row } from '#core/engines/engine.ts';
import type { PartsWanted } from '#core/engines/observing.ts';
import type {
  ObservedFacts,
  ObservedInterfaceRole,
  ObservedNode,
  ObservedPart,
} from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { replacedText } from '#core/model/replaced.ts';
import { alteredSetting } from '#core/plan/alter-system.ts';
import { decodeSummed, summedQuestion } from '#core/plan/delta/questions.ts';
import { subscriptionName } from '#core/plan/mesh.ts';
import { missingLinks } from '#core/plan/missing-links.ts';
import { decodeRoom, decodeSlot, decodeTable } from '#core/plan/node-answers.ts';
import { ROOM, SLOTS, SYSTEM, tableQuestion } from '#core/plan/node-questions.ts';
import { decodeExtension, extensionQuestion } from '#core/plan/records/extension-update.ts';
import { decodeRecords } from '#core/plan/records/records-trim.ts';
import { decodeSchema, schemaQuestion } from '#core/plan/schema/questions.ts';
import { decodeSession, sessionQuestion } from '#core/plan/session-questions.ts';
import {
  decodeSequence,
  decodeSetTable,
  sequencesQuestion,
  tablesQuestion,
} from '#core/plan/sets/questions.ts';
import { wantedOf } from '#core/plan/sets/wanted.ts';
import { roleQuestion } from '#core/plan/settings/peer-password.ts';
import { decodeSettings, putFiles, settingsInFiles, settingsNow } from '#core/plan/settings/questions.ts';
import { comparedSettings, settingsOf } from '#core/plan/settings/wanted.ts';
import type { Connection } from '#server/postgres/connection.ts';
import type { NodeRecord } from '#server/store/registry.ts';
import { question, withNode } from './node-question.ts';
import { countLacked } from './observe-dead-rows.ts';
import { tryInterfaces } from './observe-interfaces.ts';
import { readCopied } from './observe-resync.ts';
import { countRows, oneOf } from './observe-rows.ts';

/** Names of a subscription that is to be made, in the order in which they are tried. */
const NAMES = 9;
/** Names that a subscription usually has: `sub_n3n1`, and with a number where that was taken. */
const USUAL_NAMES = 3;

/** Every node of the cluster, all at once; one that does not answer is an entry with its error. */
export async function observeNodes(
  nodes: NodeRecord[],
  request: PlanRequest,
  changes: Changes,
): Promise<ObservedNode[]> {
  const observed = await Promise.all(
    nodes.map(async (node): Promise<ObservedNode> => {
      const { name, dsn } = node;
      try {
        const read = await withNode(dsn, (connection) => readNode(connection, name, request, changes));
        return { name, read: ofTheSameServer(node, read) };
      } catch (error) {
        // A DSN that cannot be read.
        return { name, read: { ok: false, error: (error as Error).message } };
      }
    }),
  );
  await Promise.all([
    countRows(nodes, observed, request, changes),
    nameSlots(nodes, observed, request, changes),
    endSlots(nodes, observed, request, changes),
    nameJoin(nodes, observed, request, changes),
    countLacked(nodes, observed, request, changes),
    tryInterfaces(nodes, observed, request, changes),
    readCopied(nodes, observed, request, changes),
  ]);
  return observed;
}

/** What another server says at the node's address is nothing to plan by. */
function ofTheSameServer(node: NodeRecord, read: ObservedNode['read']): ObservedNode['read'] {
  if (!read.ok) return read;
  const { systemId, nodeName, where } = read.facts;
  const error = replacedText(where ?? 'its address', node.name, node.systemIdentifier, systemId, nodeName);
  return error === null ? read : { ok: false, error, answered: true };
}

async function readNode(
  connection: Connection,
  name: string,
  request: PlanRequest,
  changes: Changes,
): Promise<ObservedNode['read']> {
  const { cluster, settings, words } = changes;
  const none = `no extension ${words.extension} in this database`;
  const first = await question(connection, cluster.node);
  if (!first.ok) {
    const { message, sqlstate } = first.error;
    const noEngine = sqlstate === '3F000' || sqlstate === '42P01';
    const error = noEngine ? `${none} (${message})` : message;
    // It has let the console in.
    return { ok: false, error, answered: true };
  }
  const row = first.value[0];
  if (row === undefined) return { ok: false, error: none, answered: true };
  const facts: ObservedFacts = {
    ...cluster.decodeNode(row),
    where: connection.where,
    pooled: connection.isPooled(row.pid),
    unread: {},
  };
  const ask: Ask = async (part, text, put) => {
    const answer = await question(connection, text);
    if (answer.ok) put(answer.value);
    else if (facts.unread !== undefined) facts.unread[part] = answer.error.message;
  };
  for (const { part, sql, put } of cluster.parts(row, wantedFor(request, name))) {
    await ask(part, sql, (rows) => put(facts, rows));
  }
  await ask('slots', SLOTS, (rows) => {
    facts.slots = rows.map(decodeSlot);
  });
  await ask('slots', cluster.copies, (rows) => {
    facts.copies = rows.map(({ name }) => String(name));
  });
  await ask('room', ROOM, (rows) => {
    if (rows[0] !== undefined) Object.assign(facts, decodeRoom(rows[0]));
  });
  const role = await question(connection, cluster.role);
  if (role.ok && role.value[0] !== undefined) facts.role = cluster.decodeRole(role.value[0]);
  const system = await question(connection, SYSTEM);
  facts.systemId = system.ok ? String(system.value[0]?.system_id) : null;
  if (request.kind !== 'node-add' || request.source === name) await askSets(request, changes, facts, ask);
  if (settings.readOnly !== null && isMadeReadOnly(request, name)) {
    await ask('settings', alteredSetting(settings.readOnly.name), (rows) => {
      facts.readOnlyAltered = rows[0] === undefined ? null : String(rows[0].value);
    });
  }
  if (request.kind === 'schema-align' && [request.from, request.to].includes(name)) {
    await ask('schema', schemaQuestion(changes.servers.extensions, comparedSettings(changes)), (rows) => {
      if (rows[0] !== undefined) facts.schema = decodeSchema(rows[0]);
    });
  }
  if (request.kind === 'delta-columns' && changes.sums !== null) {
    await ask('table', summedQuestion(request, changes.sums.isSummed), (rows) => {
      facts.summed = rows.map(decodeSummed);
    });
  }
  const names = settingsOf(request, changes);
  if (names.length > 0) {
    await ask('settings', settingsNow(names), (rows) => {
      facts.settings = decodeSettings(rows);
    });
    await ask('settings', settingsInFiles(names), (rows) => putFiles(facts, rows));
  }
  if (request.kind === 'peer-password') {
    await ask('interfaces', cluster.interfaceDsns, (rows) => {
      facts.interfaceRoles = rows.map(interfaceRole);
    });
    await ask('interfaces', roleQuestion(request.role), ([found]) => {
      facts.hasRole = found !== undefined;
    });
  }
  if (request.kind === 'records-trim' && changes.records !== null) {
    await ask('records', changes.records.count(request.records, request.before), ([counted]) => {
      if (counted !== undefined) facts.records = decodeRecords(counted);
    });
  }
  if (request.kind === 'extension-update') {
    await ask('extension', extensionQuestion(words.extension), ([found]) => {
      facts.extension = decodeExtension(found);
    });
    await ask('extension', changes.servers.library, ([loaded]) => {
      if (facts.extension) facts.extension.library = String(loaded?.version);
    });
  }
  if (request.kind === 'session-cancel' && request.node === name) {
    facts.session = null;
    await ask('session', sessionQuestion(request.pid), (rows) => {
      if (rows[0] !== undefined) facts.session = decodeSession(rows[0]);
    });
  }
  const table = oneOf(request);
  if (table !== null) {
    await ask('table', tableQuestion(table, cluster), (rows) => {
      facts.table = rows[0] === undefined ? null : decodeTable(rows[0], cluster.decodeSyncs);
    });
  }
  return { ok: true, facts };
}

/** Of its DSN no more is kept than the role. */
function interfaceRole({ node, name, dsn }: Row): ObservedInterfaceRole {
  const { values, fault } = readDsn(String(dsn));
  return {
    node: String(node),
    name: String(name),
    role: fault === null ? (values.get('user') ?? null) : null,
  };
}

type Ask = (part: ObservedPart, text: string, put: (rows: Row[]) => void) => Promise<void>;

/** Tables and sequences of a request about sets, all of them in one question each. */
async function askSets(
  request: PlanRequest,
  { cluster, servers }: Changes,
  facts: ObservedFacts,
  ask: Ask,
): Promise<void> {
  const wanted = wantedOf(request);
  if (wanted === null) return;
  const { allMemberships, sequenceSets } = cluster;
  const tables = tablesQuestion(wanted, { allMemberships, ownSchemas: servers.extensions });
  facts.tables = [];
  if (tables !== null) {
    await ask('tables', tables, (rows) => {
      facts.tables = rows.map(decodeSetTable);
    });
  }
  const sequences = sequencesQuestion(wanted, sequenceSets);
  if (sequences !== null) {
    await ask('sequences', sequences, (rows) => {
      facts.sequences = rows.map(decodeSequence);
    });
  }
}

/** Plans that set a node read-only go by what ALTER SYSTEM has set before. */
const isMadeReadOnly = (request: PlanRequest, node: string): boolean =>
  (request.kind === 'node-read-only' || request.kind === 'node-remove') && request.node === node;

/** What is asked of the node that has this name. */
const wantedFor = (request: PlanRequest, node: string): PartsWanted => ({
  applied: request.kind === 'node-remove',
  interfaces: request.kind === 'subscription-interface' || request.kind === 'node-interface',
  places: request.kind === 'node-location',
  exceptionOf:
    request.kind === 'subscription-skip' && request.receiver === node ? request.subscription : null,
});

/** What the engine would call the slots of subscriptions that are to be made, by the names that the providers' nodes have. */
async function nameSlots(
  nodes: readonly NodeRecord[],
  observed: readonly ObservedNode[],
  request: PlanRequest,
  changes: Changes,
): Promise<void> {
  const factsOf = (name: string) => {
    const read = observed.find((each) => each.name === name)?.read;
    return read?.ok === true ? read.facts : null;
  };
  const pairs =
    request.kind === 'subscription-create'
      ? [request]
      : request.kind === 'mesh-complete'
        ? missingLinks(observed)
        : [];
  await Promise.all(
    [...new Set(pairs.map(({ receiver }) => receiver))].map(async (receiver) => {
      const facts = factsOf(receiver);
      const dsn = nodes.find((each) => each.name === receiver)?.dsn;
      if (facts === null || dsn === undefined) return;
      await withNode(dsn, async (connection) => {
        for (const { provider } of pairs.filter((each) => each.receiver === receiver)) {
          const from = factsOf(provider);
          if (from === null) continue;
          const names: string[] = [];
          while (names.length < NAMES) names.push(subscriptionName(provider, receiver, names));
          const text = changes.cluster.slotNames(from.nodeName ?? provider, names);
          const answer = await question(connection, text);
          if (answer.ok) facts.slotNames = { ...facts.slotNames, [provider]: answer.value.map(slotName) };
          else facts.unread = { ...facts.unread, slots: answer.error.message };
        }
        return { ok: true, facts };
      });
    }),
  );
}

const slotName = ({ subscription, slot }: Row) => ({
  subscription: String(subscription),
  slot: String(slot),
});

/** How the slots of a node that is to be removed, or added, end on the others, by the names that its subscriptions usually have. */
async function endSlots(
  nodes: readonly NodeRecord[],
  observed: readonly ObservedNode[],
  request: PlanRequest,
  changes: Changes,
): Promise<void> {
  if (request.kind !== 'node-remove' && request.kind !== 'node-add') return;
  const of = request.kind === 'node-add' ? request.node.name : request.node;
  await Promise.all(
    observed.map(async ({ name, read }) => {
      const dsn = nodes.find((each) => each.name === name)?.dsn;
      if (name === of || !read.ok || dsn === undefined) return;
      const { facts } = read;
      const provider = facts.nodeName ?? name;
      const usual: string[] = [];
      while (usual.length < USUAL_NAMES) usual.push(subscriptionName(provider, of, usual));
      await withNode(dsn, async (connection) => {
        const answer = await question(connection, changes.cluster.slotEndings(provider, usual));
        if (answer.ok) facts.slotEndings = answer.value.map(({ ending }) => String(ending));
        else facts.unread = { ...facts.unread, slots: answer.error.message };
        return read;
      });
    }),
  );
}

/** What each node would call the slots by which it reads from a node that is to be added, and its origins: an earlier one may have left some. */
async function nameJoin(
  nodes: readonly NodeRecord[],
  observed: readonly ObservedNode[],
  request: PlanRequest,
  changes: Changes,
): Promise<void> {
  if (request.kind !== 'node-add') return;
  const provider = request.node.name;
  await Promise.all(
    observed.map(async ({ name, read }) => {
      const dsn = nodes.find((each) => each.name === name)?.dsn;
      if (!read.ok || dsn === undefined) return;
      const { facts } = read;
      const usual: string[] = [];
      while (usual.length < USUAL_NAMES) usual.push(subscriptionName(provider, name, usual));
      await withNode(dsn, async (connection) => {
        const answer = await question(connection, changes.cluster.slotNames(provider, usual));
        if (answer.ok) facts.slotNames = { ...facts.slotNames, [provider]: answer.value.map(slotName) };
        else facts.unread = { ...facts.unread, slots: answer.error.message };
        return read;
      });
    }),
  );
}
