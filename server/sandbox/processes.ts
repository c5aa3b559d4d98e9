/**
 * Processes of a server, told by what the system says of them and not by a number that may have been given to another
 * process since: a PostgreSQL process has its data folder as working directory (Linux), or in its command line.
 */
import { execFile } from 'node:child_process';
import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface ProcessInfo {
  pid: number;
  parent: number;
  /** The program's own name, which a changed title leaves alone: `postgres`. */
  program: string;
  /** Working directory; null when it may not be read or the system has no /proc. */
  cwd: string | null;
  command: string;
}

async function readProcess(pid: number): Promise<ProcessInfo | null> {
  try {
    const [status, cwd, command] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readlink(`/proc/${pid}/cwd`).catch(() => null),
      readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
    ]);
    // `pid (name) state ppid …`; the name may hold spaces and parentheses.
    const program = status.slice(status.indexOf('(') + 1, status.lastIndexOf(')'));
    const rest = status.slice(status.lastIndexOf(')') + 2).split(' ');
    // A zombie is no process any more: nobody has asked for its exit code, that is all.
    if (rest[0] === 'Z' || rest[0] === 'X') return null;
    return { pid, parent: Number(rest[1]), program, cwd, command: command.replaceAll('\0', ' ').trim() };
  } catch {
    return null;
  }
}

/** All processes that may be read. */
export async function listProcesses(): Promise<ProcessInfo[]> {
  if (process.platform === 'linux') {
    const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
    const all = await Promise.all(pids.map((pid) => readProcess(Number(pid))));
    return all.filter((info) => info !== null);
  }
  const { stdout } = await run('ps', ['-axo', 'pid=,ppid=,stat=,command='], { maxBuffer: 16 << 20 });
  return stdout.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line);
    if (match === null || match[3]?.startsWith('Z')) return [];
    const command = match[4] ?? '';
    const program = basename(command.split(' ')[0] ?? '').replace(/:$/, '');
    return [{ pid: Number(match[1]), parent: Number(match[2]), program, cwd: null, command }];
  });
}

const PROGRAMS = new Set(['postgres', 'initdb']);

/** PostgreSQL's own processes only: an editor or a `tail -f` in that folder is none of ours. */
function belongsTo(info: ProcessInfo, folder: string): boolean {
  if (!PROGRAMS.has(info.program)) return false;
  if (info.cwd !== null && (info.cwd === folder || info.cwd.startsWith(`${folder}/`))) return true;
  return info.command.split(' ').some((word) => word === folder || word.startsWith(`${folder}/`));
}

/** PostgreSQL's processes (servers, their children, initdb) that work in `folder` or below. */
export async function processesIn(folder: string): Promise<ProcessInfo[]> {
  const real = await realpath(folder).catch(() => folder);
  return (await listProcesses()).filter((info) => belongsTo(info, real));
}

export interface Postmaster {
  pid: number;
  /** `starting`, `ready`, `stopping`, `standby`; as pg_ctl reads it. */
  status: string;
}

/** The server that owns `dataFolder`, by its postmaster.pid and checked against the process; null: none runs. */
export async function postmasterOf(dataFolder: string): Promise<Postmaster | null> {
  const lines = (await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1) return null;
  const real = await realpath(dataFolder).catch(() => dataFolder);
  const info =
    process.platform === 'linux'
      ? await readProcess(pid)
      : ((await listProcesses()).find((entry) => entry.pid === pid) ?? null);
  if (info === null || !belongsTo(info, real)) return null;
  return { pid, status: lines[7]?.trim() ?? 'starting' };
}

/** False when there is no such process; any other error is thrown. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** Ends every PostgreSQL process of a folder at once: what a killed server or console has left. Returns how many there were. */
export async function killAllIn(folder: string): Promise<number> {
  let killed = 0;
  for (let round = 0; round < 20; round++) {
    const left = await processesIn(folder);
    if (left.length === 0) return killed;
    for (const info of left) if (signal(info.pid, 'SIGKILL')) killed++;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return killed;
}
