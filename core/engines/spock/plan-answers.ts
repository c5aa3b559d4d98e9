/** The answers to core/engines/spock/plan-questions.ts as what a planner observes. */
import type { Row } from '#core/engines/engine.ts';
import type { ClusterQuestions, PartQuestion, PartsWanted } from '#core/engines/observing.ts';
import type {
  ObservedApplied,
  ObservedException,
  ObservedFacts,
  ObservedInterface,
  ObservedPlace,
  ObservedRole,
  ObservedSubscription,
} from '#core/model/observed.ts';
import { copyStateOf } from './meanings.ts';
import * as ask from './plan-questions.ts';

const textOrNull = (value: unknown): string | null => (value == null ? null : String(value));
const numberOrNull = (value: unknown): number | null => (value == null ? null : Number(value));

const decodeNode = (row: Row): ObservedFacts => ({
  engineVersion: String(row.extversion),
  standin: /standin/.test(String(row.extversion)),
  database: String(row.database),
  recovery: row.recovery === true,
  readOnly: textOrNull(row.read_only),
  slotKeepBytes: numberOrNull(row.slot_keep),
  nodeName: textOrNull(row.node_name),
  knows: row.knows as string[],
  nodeIds: (row.node_ids ?? {}) as Record<string, string>,
  keepsProgress: row.progress === 'r',
  altersOptions: row.alters_options === true,
  marksFailover: row.marks_failover === true,
  serverVersion: Number(row.server_version),
  subscriptions: [],
  sets: [],
  slots: [],
  table: null,
});

const decodeRole = (row: Row): ObservedRole => ({
  name: String(row.role),
  superuser: row.superuser === true,
  replication: row.replication === true,
  refused: row.refused as string[],
});

const decodeSubscription = (row: Row): ObservedSubscription => ({
  name: String(row.sub_name),
  provider: textOrNull(row.provider),
  enabled: row.sub_enabled === true,
  status: textOrNull(row.status) ?? 'unknown',
  worker: textOrNull(row.worker),
  slot: String(row.sub_slot_name),
  sets: row.sets as string[],
  forwardOrigins: row.forwards as string[],
  skipLsn: textOrNull(row.skip_lsn),
  ...(row.delay != null && {
    options: {
      applyDelaySeconds: Number(row.delay),
      skipSchema: (row.skip_schema as string[] | null) ?? null,
    },
  }),
});

const decodeSet = (row: Row): ObservedFacts['sets'][number] => ({
  name: String(row.set_name),
  insert: row.replicate_insert === true,
  update: row.replicate_update === true,
  delete: row.replicate_delete === true,
  truncate: row.replicate_truncate === true,
  tables: Number(row.tables),
});

const decodeApplied = (row: Row): ObservedApplied => ({
  subscription: String(row.subscription),
  provider: String(row.provider),
  lsn: textOrNull(row.lsn),
  lastCommitAt: textOrNull(row.last_commit),
});

const decodeException = (row: Row): ObservedException => ({
  lsn: textOrNull(row.lsn),
  message: String(row.message),
  commitAt: textOrNull(row.commit_at),
  rows: row.rows as ObservedException['rows'],
});

const decodeInterface = (row: Row): ObservedInterface => ({
  node: String(row.node),
  name: String(row.name),
  usedBy: row.used_by as string[],
  own: row.own === true,
});

const decodePlace = (row: Row): ObservedPlace => ({
  node: String(row.node),
  location: textOrNull(row.location),
  country: textOrNull(row.country),
});

const capable = (row: Row): ask.Capable => ({
  hasWorkers: row.has_workers === true,
  hasSkip: row.has_skip === true,
  hasProgress: row.progress != null,
  options: (row.options ?? []) as string[],
  status: row.has_status === true ? 'spock' : row.tells_status === true ? 'told' : null,
});

function parts(row: Row, wanted: PartsWanted): PartQuestion[] {
  const asked: PartQuestion[] = [
    {
      part: 'subscriptions',
      sql: ask.subscriptions(capable(row)),
      put: (facts, rows) => {
        facts.subscriptions = rows.map(decodeSubscription);
      },
    },
    {
      part: 'sets',
      sql: ask.SETS,
      put: (facts, rows) => {
        facts.sets = rows.map(decodeSet);
      },
    },
  ];
  if (wanted.applied) {
    asked.push({
      part: 'applied',
      sql: ask.applied(capable(row)),
      put: (facts, rows) => {
        facts.applied = rows.map(decodeApplied);
      },
    });
  }
  if (wanted.interfaces) {
    asked.push({
      part: 'interfaces',
      sql: ask.INTERFACES,
      put: (facts, rows) => {
        facts.interfaces = rows.map(decodeInterface);
      },
    });
  }
  if (wanted.places) {
    asked.push({
      part: 'places',
      sql: ask.PLACES,
      put: (facts, rows) => {
        facts.places = rows.map(decodePlace);
      },
    });
  }
  if (wanted.exceptionOf !== null) {
    asked.push({
      part: 'exceptions',
      sql: ask.exceptionOf(wanted.exceptionOf),
      put: (facts, rows) => {
        facts.exception = rows[0] === undefined ? null : decodeException(rows[0]);
      },
    });
  }
  return asked;
}

export const cluster: ClusterQuestions = {
  node: ask.NODE,
  decodeNode,
  parts,
  role: ask.ROLE,
  decodeRole,
  copies: ask.COPIES,
  memberships: ask.memberships,
  allMemberships: ask.ALL_MEMBERSHIPS,
  sequenceSets: ask.SEQUENCE_SETS,
  syncs: ask.syncs,
  decodeSyncs: (value) =>
    (value as { subscription: string; status: string }[]).map((each) => ({
      ...each,
      state: copyStateOf(each.status),
    })),
  filtersAreQuiet: ask.filtersAreQuiet,
  interfaceDsns: ask.INTERFACE_DSNS,
  interfaceDsn: ask.interfaceDsn,
  slotNames: ask.slotNames,
  slotEndings: ask.slotEndings,
};
