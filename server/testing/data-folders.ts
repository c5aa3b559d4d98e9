/**
 * For tests: data folders of servers as copies of one that is made once for all test files of a run: an initdb takes several times the
 * processor time of a copy, and a run starts servers more than a hundred times. Where nothing is kept (trials), each start makes its own.
 */
import { createHash } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { giveTo } from '#server/sandbox/account.ts';
import { copyFolder, type InitOptions, initialise } from '#server/sandbox/initdb.ts';

/** The environment's name of the folder in which they are kept; `kept-folders.setup.ts` makes and removes it. */
export const KEPT_FOLDERS = 'TRICORDER_TEST_DATA_FOLDERS';

/**
 * As `initialise`, which leaves what is there already; but the folders of all calls of a run have one system identifier, as those
 * of one call have. A test of another server at the same address needs `renew`.
 */
export async function makeDataFolders(options: InitOptions): Promise<void> {
  const kept = process.env[KEPT_FOLDERS];
  if (kept === undefined) return initialise(options);
  const { engine, account, folder, nodes } = options;
  // The binaries from npm are copied for each test that may not run them in place.
  const which = engine.spockVersion === null ? engine.from : engine.bin;
  const key = createHash('sha256').update(`${which} ${engine.serverVersion} ${options.password}`);
  const template = join(kept, key.digest('hex').slice(0, 12));
  if (!(await isThere(template))) {
    const part = `${template}.${process.pid}`;
    await mkdir(part, { mode: 0o711 });
    await giveTo(account, part);
    await initialise({ ...options, folder: part, nodes: ['n'] });
    // Another test file may have been quicker; its own is as good.
    await rename(part, template).catch(() => rm(part, { recursive: true, force: true }));
  }
  await Promise.all(
    nodes.map(async (node) => {
      const target = join(folder, node);
      if (!(await isThere(target))) await copyFolder(join(template, 'n'), target, account);
    }),
  );
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
