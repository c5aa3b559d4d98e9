/** A sandbox server's configuration. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OUTPUT_PLUGINS, spockSettings } from '#core/engines/spock/installed.ts';
import type { PgEngine } from './engines.ts';

const run = promisify(execFile);

/** The role that owns a sandbox, and its database. */
export const SANDBOX_USER = 'tricorder';
export const SANDBOX_DATABASE = 'demo';

const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** Whether this server has a setting of that name, by `postgres --describe-config`, which needs no data folder. */
async function knowsSetting(engine: PgEngine, name: string): Promise<boolean> {
  const { stdout } = await run(join(engine.bin, 'postgres'), ['--describe-config'], {
    cwd: '/',
    maxBuffer: 4 << 20,
    timeout: 10_000,
  });
  return stdout.split('\n').some((line) => line.startsWith(`${name}\t`));
}

/**
 * postgresql.conf of one server. `fsync` is off: what was committed outlives a killed server or console, since the
 * kernel holds it, but not a machine that loses power; a sandbox is made anew in seconds.
 */
export async function serverSettings(
  engine: PgEngine,
  port: number,
  extensionFolder: string | null,
): Promise<string> {
  const lines: [string, string][] = [
    ['listen_addresses', "'127.0.0.1'"],
    ['port', String(port)],
    ['unix_socket_directories', "''"],
    ['password_encryption', "'scram-sha-256'"],
    ['max_connections', '100'],
    ['shared_buffers', "'64MB'"],
    ['fsync', 'off'],
    ['full_page_writes', 'off'],
    ['jit', 'off'],
    ['min_wal_size', "'64MB'"],
    ['max_wal_size', "'512MB'"],
    // A node that is down must not fill this disk: after this much its slot is lost, and the console says so before.
    ['max_slot_wal_keep_size', "'4GB'"],
    ['wal_level', "'logical'"],
    ['track_commit_timestamp', 'on'],
    ['max_worker_processes', '24'],
    ['max_replication_slots', '16'],
    ['max_wal_senders', '16'],
    ['max_logical_replication_workers', '16'],
    ['wal_receiver_timeout', "'10s'"],
    ['wal_sender_timeout', "'10s'"],
    ['wal_retrieve_retry_interval', "'1s'"],
    ['timezone', "'UTC'"],
    ['log_timezone', "'UTC'"],
    ['log_line_prefix', "'%m [%p] %q%a '"],
    ['cluster_name', "'tricorder sandbox'"],
  ];
  if (engine.major >= 18) lines.push(['max_active_replication_origins', '16']);
  if (engine.spockVersion !== null) {
    lines.push(...spockSettings);
    // The newest minors load only the output plugins that are listed.
    if (await knowsSetting(engine, 'output_plugin_libraries')) {
      lines.push(['output_plugin_libraries', OUTPUT_PLUGINS]);
    }
  }
  if (extensionFolder !== null) {
    lines.push(['extension_control_path', quoted(`${extensionFolder}:$system`)]);
  }
  const text = lines.map(([name, value]) => `${name} = ${value}`).join('\n');
  return `# Written by Tricorder at each start of this server; put your own settings into sandbox.conf beside it.\n${text}\ninclude_if_exists = 'sandbox.conf'\n`;
}

/** pg_hba.conf: this machine only, with the sandbox's password, for replication as well. */
export const HOST_BASED_ACCESS = `# Written by Tricorder.
host all all 127.0.0.1/32 scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
`;
