import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const standinVersion = '6.0.0-standin';

/** The texts of `sql/`, taken into the bundle, so that a built server needs no source folder. */
const texts = import.meta.glob<string>('./sql/*.sql', { query: '?raw', import: 'default', eager: true });

/** In the order in which they build on one another. */
const parts = [
  'header',
  'support',
  'catalog',
  'nodes',
  'replication-sets',
  'members',
  'subscriptions',
  'subscription-changes',
  'sync',
  'status',
  'ddl',
  'repair-mode',
  'refused',
].map((name) => `./sql/${name}.sql`);

const control = `comment = 'stand-in for Spock 6.0.0: for trials and tests, never for production'
default_version = '${standinVersion}'
schema = spock
relocatable = false
superuser = true
`;

/**
 * Writes the stand-in extension under `targetFolder` and returns the folder to name in the server's settings:
 * `extension_control_path = '<folder>:$system'` (PostgreSQL 18), after which `CREATE EXTENSION spock` finds it.
 * Whatever the umask, the account that runs the server can read the files; the folders above are the caller's affair.
 */
export async function buildStandin(targetFolder: string): Promise<string> {
  const extension = join(targetFolder, 'extension');
  await mkdir(extension, { recursive: true });
  const script = [
    '\\echo Use "CREATE EXTENSION spock" to load this file. \\quit',
    ...parts.map((part) => texts[part]),
  ];
  await writeReadable(join(extension, `spock--${standinVersion}.sql`), script.join('\n'));
  await writeReadable(join(extension, 'spock.control'), control);
  await chmod(targetFolder, 0o755);
  await chmod(extension, 0o755);
  return targetFolder;
}

async function writeReadable(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  await chmod(path, 0o644);
}
