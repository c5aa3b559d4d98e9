/**
 * Under which account the servers run, and where they can stand. PostgreSQL refuses to run as root, so root's console
 * runs them as an account without rights, in folders that this account can enter.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Account {
  name: string;
  uid: number;
  gid: number;
}

/**
 * Accounts without rights that systems have. `tricorder` is one that somebody made for this, so that no other service can
 * read the servers' files; `postgres` is the last: it may own a database of the machine.
 */
const UNPRIVILEGED = ['tricorder', 'nobody', 'daemon', 'postgres'];

/** The account for servers; null: the console's own (it is not root). Throws when root has no such account. */
export async function serverAccount(): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  for (const name of UNPRIVILEGED) {
    const line = passwd.split('\n').find((entry) => entry.startsWith(`${name}:`));
    if (line !== undefined) {
      const [, , uid, gid] = line.split(':');
      if (Number(uid) > 0) return { name, uid: Number(uid), gid: Number(gid) };
      continue;
    }
    // Systems with a directory service have no line in the file.
    const ids = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]).catch(() => null);
    if (ids !== null && Number(ids[0].stdout) > 0) {
      return { name, uid: Number(ids[0].stdout), gid: Number(ids[1].stdout) };
    }
  }
  throw new Error(
    `PostgreSQL does not run as root, and this machine has none of the accounts ${UNPRIVILEGED.join(', ')}. Start Tricorder as an ordinary user.`,
  );
}

/** The account that a sandbox's folder was given to, which its servers go on with; null: none, or the console's own. */
export async function ownerOf(folder: string): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  const found = await stat(folder).catch(() => null);
  return found === null || found.uid === 0
    ? null
    : { name: String(found.uid), uid: found.uid, gid: found.gid };
}

/** What of the console's rights a child process is to have; for `spawn`'s options. */
export function asAccount(account: Account | null): { uid?: number; gid?: number } {
  return account === null ? {} : { uid: account.uid, gid: account.gid };
}

/** Gives a folder or file to the account; nothing where the console is not root. */
export async function giveTo(account: Account | null, path: string): Promise<void> {
  if (account !== null) await chown(path, account.uid, account.gid);
}

/** Whether the account may enter this one folder, by its mode bits. */
async function mayEnter(account: Account, folder: string): Promise<boolean> {
  const { uid, gid, mode } = await stat(folder);
  if (uid === account.uid) return (mode & 0o100) !== 0;
  if (gid === account.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}

/** The first folder on the way from `/` to `folder`, both included, that the account may not enter; null: none. */
export async function closedAt(account: Account | null, folder: string): Promise<string | null> {
  if (account === null) return null;
  const way: string[] = [];
  for (let at = await realpath(folder); ; at = dirname(at)) {
    way.unshift(at);
    if (dirname(at) === at) break;
  }
  for (const at of way) if (!(await mayEnter(account, at))) return at;
  return null;
}

/**
 * The folder under which servers of this data dir stand, made if it is not there: `DATADIR/sandboxes`. Where the servers'
 * account cannot enter it: a data dir that is itself closed is opened for passing through (0711, its files kept to
 * 0600); one under a closed folder, as root's home is, has its servers in `/var/lib/tricorder/HASH` instead.
 */
export async function serversRoot(dataDir: string, account: Account | null): Promise<string> {
  const inside = join(dataDir, 'sandboxes');
  await mkdir(inside, { recursive: true, mode: account === null ? 0o700 : 0o711 });
  if (account === null) return realpath(inside);
  const real = await realpath(dataDir);
  if ((await closedAt(account, dirname(real))) === null) {
    for (const entry of await readdir(real, { withFileTypes: true })) {
      // Passing through lets one open a file whose name one knows.
      if (entry.isFile()) await chmod(join(real, entry.name), 0o600).catch(() => undefined);
    }
    if (!(await mayEnter(account, real))) await chmod(real, 0o711);
    await chmod(inside, 0o711);
    return realpath(inside);
  }
  const outside = join('/var/lib/tricorder', createHash('sha256').update(real).digest('hex').slice(0, 12));
  await mkdir(outside, { recursive: true, mode: 0o711 });
  await chmod('/var/lib/tricorder', 0o711);
  await chmod(outside, 0o711);
  return outside;
}
