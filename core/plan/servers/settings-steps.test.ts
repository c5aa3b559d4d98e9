import { describe, expect, test } from 'vitest';
import {
  alike,
  BARE,
  ids,
  observed,
  plannedFor,
  READY,
  request,
  server,
  setting,
  sqlOf,
  stepOf,
  undoOf,
} from '#core/testing/servers.ts';
import { planDeployServers } from './deploy-servers.ts';

describe('settings', () => {
  test('go by ALTER SYSTEM, lists as lists, and back to what was there', () => {
    const settings = {
      ...BARE,
      shared_preload_libraries: setting('pg_stat_statements, "auto explain"', {
        altered: 'pg_stat_statements',
      }),
      output_plugin_libraries: setting('pgoutput'),
    };
    const planned = plannedFor(alike({ settings }));
    expect(sqlOf(planned, 'settings:n1')).toEqual([
      "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements', 'auto explain', 'spock';",
      "ALTER SYSTEM SET wal_level = 'logical';",
      "ALTER SYSTEM SET track_commit_timestamp = 'on';",
      "ALTER SYSTEM SET output_plugin_libraries = 'pgoutput', 'spock_output';",
      'SELECT pg_reload_conf();',
    ]);
    expect(undoOf(planned, 'settings:n1')).toEqual([
      'ALTER SYSTEM RESET output_plugin_libraries;',
      'SELECT pg_reload_conf();',
      'ALTER SYSTEM RESET track_commit_timestamp;',
      'ALTER SYSTEM RESET wal_level;',
      "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements';",
    ]);
    expect(stepOf(planned, 'restart:n1')).toMatchObject({ risk: 'restart', after: ['settings:n1'] });
    expect(sqlOf(planned, 'restart:n1')[0]).toContain("current_setting('wal_level') = 'logical'");
  });

  test('that need no restart ask for none', () => {
    const planned = plannedFor(alike({ settings: { ...READY, output_plugin_libraries: setting('') } }));
    expect(ids(planned)).toContain('settings:n1');
    expect(ids(planned)).not.toContain('restart:n1');
  });

  test('grow with the nodes, and with PostgreSQL 18', () => {
    const names = Array.from({ length: 12 }, (_, index) => `n${index + 1}`);
    const settings = {
      ...READY,
      max_worker_processes: setting('10'),
      max_active_replication_origins: setting('10'),
    };
    const planned = planDeployServers(
      request({}, names),
      observed(names.map((name) => server(name, { settings }))),
    );
    expect(sqlOf(planned, 'settings:n1')).toEqual([
      "ALTER SYSTEM SET max_worker_processes = '14';",
      "ALTER SYSTEM SET max_active_replication_origins = '14';",
    ]);
    expect(sqlOf(planned, 'restart:n1')[0]).toContain("current_setting('max_worker_processes')::int >= 14");
  });

  test('the stand-in needs neither its library nor commit times, and replicates no DDL', () => {
    const planned = plannedFor(
      alike({ settings: BARE, extension: { available: '1.0-standin', installed: null, standin: true } }),
    );
    expect(sqlOf(planned, 'settings:n1')).toEqual(["ALTER SYSTEM SET wal_level = 'logical';"]);
    expect(sqlOf(planned, 'extension:n1')).toEqual(['CREATE EXTENSION spock CASCADE;']);
    expect(ids(planned).some((id) => id.startsWith('ddl:'))).toBe(false);
  });

  test('DDL replication comes back to what it was, or is left alone', () => {
    const settings = { ...READY, 'spock.include_ddl_repset': setting('off', { altered: 'off' }) };
    const planned = plannedFor(alike({ settings }));
    expect(sqlOf(planned, 'ddl:n1').filter((text) => text.startsWith('ALTER'))).toEqual(
      ['enable_ddl_replication', 'include_ddl_repset', 'allow_ddl_from_functions'].map(
        (name) => `ALTER SYSTEM SET spock.${name} = on;`,
      ),
    );
    expect(undoOf(planned, 'ddl:n1')).toContain("ALTER SYSTEM SET spock.include_ddl_repset = 'off';");
    expect(undoOf(planned, 'ddl:n1')).toContain('ALTER SYSTEM RESET spock.enable_ddl_replication;');
    expect(ids(plannedFor(alike({ settings }), { ddlReplication: false }))).not.toContain('ddl:n1');
  });
});
