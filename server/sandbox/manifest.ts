/** What the console remembers of a sandbox: one JSON file each in `DATADIR/sandboxes`, replaced whole at a change. */
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { causeOf, troubleError } from '#server/store/trouble.ts';

export const Manifest = z.object({
  name: z.string(),
  createdAt: z.string(),
  /** Holds the data folders, logs and the stand-in; the servers' account owns it. */
  folder: z.string(),
  /** Of the role that owns the servers; sealed with the data dir's key. */
  sealedPassword: z.string(),
  engine: z.object({
    bin: z.string(),
    serverVersion: z.string(),
    major: z.number().int(),
    spockVersion: z.string().nullable(),
    from: z.string(),
  }),
  nodes: z.array(z.object({ name: z.string(), port: z.number().int() })),
  /** making: its deploy has not ended; whole: in use; removing: its servers are not started any more. */
  state: z.enum(['making', 'whole', 'removing']),
  traffic: z.object({ on: z.boolean(), transactionsPerSecond: z.number() }),
});
export type Manifest = z.infer<typeof Manifest>;

const SUFFIX = '.json';
const fileOf = (dataDir: string, manifest: Manifest): string =>
  join(dataDir, 'sandboxes', `${manifest.folder.split('/').at(-1)}${SUFFIX}`);

/** All sandboxes of a data dir. A file that cannot be read is told to `report` and left alone. */
export function readManifests(dataDir: string, report: (problem: string) => void): Manifest[] {
  const folder = join(dataDir, 'sandboxes');
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith(SUFFIX));
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const parsed = (() => {
      try {
        return Manifest.parse(JSON.parse(readFileSync(join(folder, name), 'utf8')));
      } catch (error) {
        report(`${join(folder, name)} cannot be read: ${(error as Error).message}`);
        return null;
      }
    })();
    return parsed === null ? [] : [parsed];
  });
}

/** On disk when it returns: a kill afterwards finds it, one before finds the old one. Throws StorageError. */
export function writeManifest(dataDir: string, manifest: Manifest): void {
  try {
    write(dataDir, manifest);
  } catch (error) {
    const cause = causeOf(error);
    throw cause === null ? error : troubleError(dataDir, cause, '', error);
  }
}

function write(dataDir: string, manifest: Manifest): void {
  const file = fileOf(dataDir, manifest);
  mkdirSync(join(dataDir, 'sandboxes'), { recursive: true });
  const fd = openSync(`${file}.new`, 'w', 0o600);
  try {
    writeSync(fd, `${JSON.stringify(manifest, null, 2)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  chmodSync(`${file}.new`, 0o600);
  renameSync(`${file}.new`, file);
}

export function deleteManifest(dataDir: string, manifest: Manifest): void {
  rmSync(fileOf(dataDir, manifest), { force: true });
}
