/**
 * For tests: ends the PostgreSQL servers of a folder when the process that started them is gone, whatever ended it. A
 * handler of 'exit' would not do: a test runner kills its workers.
 */
import { spawn } from 'node:child_process';

/**
 * Waits for the end of its input, which the system brings about when the other side dies; then kills each server of the
 * folder with its children, which leave their parent's process group. A server is known by its command line: the number
 * in a killed server's postmaster.pid may be another process's.
 */
const SCRIPT = `
folder=$1
while read -r line; do [ "$line" = done ] && exit 0; done
for file in "$folder"/*/postmaster.pid "$folder"/new/*/postmaster.pid; do
  [ -f "$file" ] || continue
  pid=$(head -n 1 "$file")
  case "$(ps -o command= -p "$pid")" in *"$folder"/*) ;; *) continue ;; esac
  kill -STOP "$pid"
  children=$(ps -A -o pid= -o ppid= | awk -v p="$pid" '$2 == p { print $1 }')
  kill -KILL "$pid" $children
done
rm -rf "$folder"
`;

/** Guards until the returned function is called, or this process ends. */
export function guardFolder(folder: string): () => void {
  const guard = spawn('sh', ['-c', SCRIPT, 'guard', folder], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // A guard that could not be started is no reason for a test to fail.
  guard.once('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  return () => guard.stdin.end('done\n');
}
