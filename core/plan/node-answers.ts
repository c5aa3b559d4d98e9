/** The answers to node-questions.ts as what a planner observes. */
import type { Row } from '#core/engines/engine.ts';
import type { ObservedFacts, ObservedSlot, ObservedTable } from '#core/model/observed.ts';

const textOrNull = (value: unknown): string | null => (value == null ? null : String(value));
const numberOrNull = (value: unknown): number | null => (value == null ? null : Number(value));

export const decodeSlot = (row: Row): ObservedSlot => ({
  name: String(row.slot_name),
  plugin: textOrNull(row.plugin),
  database: textOrNull(row.database),
  active: row.active === true,
  walHeldBytes: numberOrNull(row.wal_held),
  unconfirmedBytes: numberOrNull(row.unconfirmed),
  walStatus: textOrNull(row.wal_status),
  physical: row.physical === true,
  decodedBytes: numberOrNull(row.decoded),
  failover: row.failover == null ? null : row.failover === true,
  begun: row.begun === true,
  answeredSecondsAgo: numberOrNull(row.answered_ago),
});

export function decodeRoom(row: Row): Pick<ObservedFacts, 'origins' | 'room'> {
  const limit = (setting: string, what: string) => ({
    setting,
    used: Number(row[what]),
    max: Number(row[`max_${what}`]),
  });
  return {
    origins: (row.origin_names ?? []) as string[],
    room: {
      slots: limit('max_replication_slots', 'slots'),
      senders: limit('max_wal_senders', 'senders'),
      workers: limit('max_worker_processes', 'workers'),
      origins: limit(String(row.origins_setting), 'origins'),
    },
  };
}

/** `syncs`: of the engine, ClusterQuestions. */
export function decodeTable(
  row: Row,
  syncsOf: (value: unknown) => NonNullable<ObservedTable['syncs']>,
): ObservedTable {
  const triggers = row.triggers as { name: string; table: string }[];
  return {
    hasKey: row.has_key === true,
    keyTrouble: textOrNull(row.key_trouble),
    memberships: row.memberships as ObservedTable['memberships'],
    referencedBy: row.referenced_by as string[],
    kind: String(row.kind),
    persistence: String(row.persistence),
    partitionOf: textOrNull(row.partition_of),
    children: row.children as string[],
    partitions: row.partitions as NonNullable<ObservedTable['partitions']>,
    columns: row.columns as NonNullable<ObservedTable['columns']>,
    rules: row.rules as NonNullable<ObservedTable['rules']>,
    triggers: triggers.map(({ name, table }) => `${name} of ${table}`),
    syncs: syncsOf(row.syncs),
    rows: null,
  };
}
