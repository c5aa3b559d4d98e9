/**
 * What real clusters answered (`fixtures/`, node-postgres's own values as JSON), as the rows that the engine's sections
 * would have got. For tests: a recording that lacks what a section asks for fails here, not silently.
 */
import type { Capabilities, Row, RowsBySection } from '#core/engines/engine.ts';
import { capabilityStatements, decodeCapabilities } from '#core/engines/spock/capabilities.ts';
import { fastStatements } from '#core/engines/spock/fast.ts';
import { slowStatements } from '#core/engines/spock/slow.ts';

export const versions = ['4.0.11', '5.0.11', '6.0.0'] as const;
export type Version = (typeof versions)[number];

type Answer = Row[] | { error: string; code: string };
interface Scenario {
  at: string;
  nodes: Record<string, Record<string, Answer>>;
}

const files: Record<string, unknown> = import.meta.glob('../engines/spock/fixtures/*/*.json', {
  eager: true,
  import: 'default',
});

function file<T>(version: Version, name: string): T {
  const found = files[`../engines/spock/fixtures/spock-${version}/${name}.json`];
  if (found === undefined) throw new Error(`Spock ${version} has no recording ${name}.`);
  return found as T;
}

export function scenariosOf(version: Version): string[] {
  return Object.keys(files).flatMap(
    (path) => path.match(`^\\.\\./engines/spock/fixtures/spock-${version}/scenario-(.*)\\.json$`)?.[1] ?? [],
  );
}

export interface RecordedNode {
  name: string;
  capabilities: Capabilities;
  fast: RowsBySection;
  slow: RowsBySection;
  /** Where it was recorded: when the fast batch was sent and answered, milliseconds. */
  times: { sentAt: number; receivedAt: number } | null;
}

export interface Recording {
  /** When it was made, milliseconds. */
  at: number;
  nodes: RecordedNode[];
}

/** What our own sections were answered by real servers, word for word (`fixtures/sections-*`). */
interface SectionsFile {
  at: string;
  nodes: Record<
    string,
    {
      capabilities: RowsBySection;
      fast: { sentAt: number; receivedAt: number; rows: RowsBySection };
      slow: RowsBySection;
    }
  >;
}

export function recording(version: Version, scenario: string): Recording {
  const sections = files[`../engines/spock/fixtures/sections-${version}/${scenario}.json`];
  return sections === undefined ? ofCatalogs(version, scenario) : ofSections(sections as SectionsFile);
}

function ofSections({ at, nodes }: SectionsFile): Recording {
  return {
    at: Date.parse(at),
    nodes: Object.entries(nodes).map(([name, { capabilities, fast, slow }]) => ({
      name,
      capabilities: decodeCapabilities(capabilities),
      fast: fast.rows,
      slow,
      times: { sentAt: fast.sentAt, receivedAt: fast.receivedAt },
    })),
  };
}

function ofCatalogs(version: Version, scenario: string): Recording {
  const { at, nodes } = file<Scenario>(version, `scenario-${scenario}`);
  return {
    at: Date.parse(at),
    nodes: Object.entries(nodes).map(([name, answers]) => {
      const capabilities = capabilitiesOf(version, answers);
      const given = { ...systemRows(version, name, at, answers), ...answers };
      return {
        name,
        capabilities,
        fast: sectionsOf(fastStatements(capabilities), { ...given, ...fastRows(given) }),
        slow: sectionsOf(slowStatements(capabilities, null), { ...given, ...slowRows(given) }),
        times: null,
      };
    }),
  };
}

const isRows = (answer: Answer | undefined): answer is Row[] => Array.isArray(answer);
const rowsOf = (answers: Record<string, Answer>, name: string): Row[] => {
  const answer = answers[name];
  return isRows(answer) ? answer : [];
};

/** 55000: no node was made here, which our statement guards against with a WHERE. */
const isEmpty = (answer: Answer | undefined) =>
  answer !== undefined && !isRows(answer) && answer.code === '55000';

function sectionsOf(sections: { name: string }[], given: Record<string, Answer>): RowsBySection {
  return Object.fromEntries(
    sections.map(({ name }) => {
      const answer = given[name];
      if (isRows(answer)) return [name, answer];
      if (isEmpty(answer)) return [name, []];
      throw new Error(`The recording does not say what ${name} would answer: ${JSON.stringify(answer)}`);
    }),
  );
}

/** What the capability query would have said: all that is there, but for what the recording was refused. */
function capabilitiesOf(version: Version, answers: Record<string, Answer>): Capabilities {
  const refused = (name: string) => {
    const answer = answers[name];
    return answer !== undefined && !isRows(answer) && answer.code === '42501';
  };
  const noUsage = refused('node');
  const relations = Object.entries(file<Record<string, string[]>>(version, 'relations'));
  const columns = relations.flatMap(([relation, described]) =>
    described.map((column) => ({
      schema: 'spock',
      relation,
      column: column.split(' ')[0],
      allowed: !noUsage && !refused(relation),
    })),
  );
  const functions = file<{ name: string }[]>(version, 'functions').map(({ name }) => ({
    schema: 'spock',
    function: name,
    allowed: !noUsage,
  }));
  const system = (relation: string, names: string[], allowed: boolean) =>
    names.map((column) => ({ schema: 'pg_catalog', relation, column, allowed }));
  const slotColumns = Object.keys(slotsOfPostgres15);
  return decodeCapabilities({
    server: [
      {
        server_version_num: '150018',
        server_version: '15.18 (Debian 15.18-1)',
        database: 'demo',
        user: 'watcher',
        superuser: false,
        reads_all_stats: true,
        extension_version: version,
      },
    ],
    columns: [
      ...columns,
      ...system('pg_replication_slots', slotColumns, true),
      ...system('pg_replication_origin_status', ['local_id'], !refused('pg_replication_origin_status')),
    ],
    functions: [
      ...functions,
      ...['pg_current_wal_lsn', 'pg_walfile_name', 'pg_control_system', 'pg_stat_get_activity'].map(
        (name) => ({
          schema: 'pg_catalog',
          function: name,
          allowed: true,
        }),
      ),
    ],
  });
}

/** Kept honest: the names of the sections are those that the capability query asks for. */
if (capabilityStatements().length !== 3) throw new Error('The capabilities are asked in other sections now.');

const slotsOfPostgres15 = {
  slot_name: '',
  plugin: '',
  slot_type: '',
  database: '',
  temporary: false,
  active: false,
  active_pid: null,
  restart_lsn: null,
  confirmed_flush_lsn: null,
  wal_status: '',
  safe_wal_size: null,
  two_phase: false,
};

const protocols: Record<Version, [number, number]> = { '4.0.11': [2, 2], '5.0.11': [3, 4], '6.0.0': [4, 5] };

/** What was not recorded, as these servers had it. */
function systemRows(
  version: Version,
  name: string,
  at: string,
  answers: Record<string, Answer>,
): Record<string, Row[]> {
  const [min, max] = protocols[version];
  return {
    server: [
      {
        database: 'demo',
        encoding: 'UTF8',
        collation: 'C',
        server_version: '15.18 (Debian 15.18-1)',
        extension_version: version,
        library_version: version,
        min_protocol: min,
        max_protocol: max,
        slots_used: String(rowsOf(answers, 'pg_replication_slots').length),
        system_identifier: name,
      },
    ],
    catalog_mark: [{ mark: at }],
    tables_end: [],
    settings: [],
    channel_summary_stats: [],
    replication_set_seq: [],
    blocked: [],
  };
}

function fastRows(given: Record<string, Answer>): Record<string, Answer> {
  const wal: Row = rowsOf(given, 'wal')[0] ?? {};
  const readonly = rowsOf(given, 'settings').find(({ name }) => name === 'spock.readonly')?.setting ?? 'off';
  const server = rowsOf(given, 'server')[0] ?? {};
  return {
    wal: [
      {
        now: null,
        standby: false,
        wal_file: '000000010000000000000001',
        ...wal,
        readonly,
      },
    ],
    identity: [{ system_identifier: server.system_identifier }],
    exception_log: newestOfEach(given, 1),
    resolutions: [{ id: Math.max(0, ...rowsOf(given, 'resolutions').map(({ id }) => Number(id))) || null }],
    // The statement asks for those that are not done.
    local_sync_status: isRows(given.local_sync_status)
      ? given.local_sync_status.filter(({ sync_status }) => sync_status !== 'y' && sync_status !== 'r')
      : (given.local_sync_status ?? []),
  };
}

function newestOfEach(given: Record<string, Answer>, most: number): Row[] {
  const key = (row: Row) =>
    `${row.remote_commit_ts} ${String(row.command_counter).padStart(9, '0')} ${row.retry_errored_at}`;
  const sorted = [...rowsOf(given, 'exception_log')].sort((a, b) => (key(a) < key(b) ? 1 : -1));
  const counts = new Map<unknown, number>();
  return sorted.filter(({ remote_origin }) => {
    const count = (counts.get(remote_origin) ?? 0) + 1;
    counts.set(remote_origin, count);
    return count <= most;
  });
}

function slowRows(given: Record<string, Answer>): Record<string, Answer> {
  const names = new Map(rowsOf(given, 'replication_set').map((set) => [set.set_id, set.set_name]));
  const exceptions = rowsOf(given, 'exception_log');
  return {
    tables: tableRows(given),
    // Older recordings have the memberships in the view only.
    replication_set_table: rowsOf(given, 'tables').flatMap((row) => {
      if (row.set_name === null) return [];
      const member = rowsOf(given, 'replication_set_table').find(
        (candidate) => candidate.reloid === row.relid && names.get(candidate.set_id) === row.set_name,
      );
      return [
        {
          reloid: row.relid,
          set_name: row.set_name,
          set_att_list: member?.set_att_list ?? null,
          row_filter: member?.row_filter ?? null,
        },
      ];
    }),
    resolutions: [...rowsOf(given, 'resolutions')].sort((a, b) => Number(b.id) - Number(a.id)),
    exception_log: newestOfEach(given, 20),
    exception_counts: [...new Set(exceptions.map((row) => row.remote_origin))].map((origin) => ({
      remote_origin: origin,
      count: String(exceptions.filter((row) => row.remote_origin === origin).length),
    })),
  };
}

/** Columns were not recorded, and of keys only whether there is a primary one (where nothing was, there is). */
function tableRows(given: Record<string, Answer>): Row[] {
  const identities = new Map(
    rowsOf(given, 'replica_identity').map((row) => [unquoted(String(row.relation)), row]),
  );
  const byOid = new Map(rowsOf(given, 'tables').map((row) => [row.relid, row]));
  return [...byOid.values()].map(({ relid, nspname, relname }) => {
    const identity = identities.get(String(relname));
    return {
      oid: relid,
      nspname,
      relname,
      relkind: identity?.relkind ?? 'r',
      relreplident: identity?.relreplident ?? 'd',
      reltuples: -1,
      partition_of: identity?.relispartition === true ? `${nspname}.${String(relname).split('_')[0]}` : null,
      columns: null,
      key_columns: identity?.has_primary_key === false ? null : ['id'],
      delta_columns: rowsOf(given, 'attoptions').flatMap((row) =>
        unquoted(String(row.relation)) === relname ? [row.attname] : [],
      ),
    };
  });
}

const unquoted = (name: string) => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name);
