/** For tests: Debian's pgbouncer in transaction mode, with one server connection, in front of one node. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, chownSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseDsn } from '#core/dsn/parse.ts';
import { asAccount, serverAccount } from '#server/sandbox/account.ts';
import { freePorts } from '#server/sandbox/ports.ts';
import { ask, until } from './mesh.ts';

/** Where it is; null: nowhere. */
export function findPgbouncer(): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  for (const folder of folders) {
    const file = join(folder, 'pgbouncer');
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not there.
    }
  }
  return null;
}

export interface Pgbouncer {
  port: number;
  stop(): Promise<void>;
}

/** All clients share one server connection, made by the role of `dsn`: what one leaves behind the next one finds. */
export async function startPgbouncer(file: string, dsn: string): Promise<Pgbouncer> {
  const to = parseDsn(dsn).values;
  const account = await serverAccount();
  const folder = mkdtempSync(join(tmpdir(), 'tricorder-pgbouncer-'));
  const [port] = await freePorts(1, new Set(), folder);
  if (port === undefined) throw new Error('no free port');
  const user = to.get('user') ?? '';
  const password = to.get('password') ?? '';
  writeFileSync(
    join(folder, 'pgbouncer.ini'),
    `[databases]
demo = host=${to.get('host')} port=${to.get('port')} dbname=${to.get('dbname')} user=${user} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 1
log_connections = 0
log_disconnections = 0
`,
  );
  if (account !== null) {
    chownSync(folder, account.uid, account.gid);
    chownSync(join(folder, 'pgbouncer.ini'), account.uid, account.gid);
  }
  const child: ChildProcess = spawn(file, ['-q', join(folder, 'pgbouncer.ini')], {
    ...asAccount(account),
    cwd: '/',
    stdio: 'ignore',
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const exit = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await exit;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until('pgbouncer answers', async () => {
      if (child.exitCode !== null) throw new Error(`pgbouncer ended with ${child.exitCode}`);
      return ask(`host=127.0.0.1 port=${port} dbname=demo user=app`, 'SELECT 1').catch(() => null);
    });
    return { port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
