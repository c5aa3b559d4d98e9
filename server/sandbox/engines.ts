/**
 * What a sandbox can run on, looked for on this machine: a PostgreSQL with the real Spock first (TRICORDER_PG_BIN, then
 * pg_config on the PATH, then the usual folders), else the PostgreSQL from npm with the stand-in.
 */
import { execFile } from 'node:child_process';
import { access, readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { z } from 'zod';
import type { Found } from '#core/contract/system.ts';
import { CONTROL_FILE } from '#core/engines/spock/installed.ts';
import { type Account, serverAccount } from './account.ts';
import { embeddedFolder, embeddedPackage, postgresVersion, prepareEmbedded } from './embedded.ts';

const run = promisify(execFile);

/** A PostgreSQL that a sandbox can run on. */
export interface PgEngine {
  /** Folder with postgres, initdb, pg_ctl. */
  bin: string;
  /** `18.4` */
  serverVersion: string;
  major: number;
  /** Version of the real Spock (spock.control's default_version); null: the stand-in is used. */
  spockVersion: string | null;
  /** Where it was found, in words. */
  from: string;
}

export interface EngineSearch {
  engine: PgEngine | null;
  /** Why there is none; null when there is one. */
  reason: string | null;
  found: z.infer<typeof Found>[];
  account: Account | null;
}

/** `PostgreSQL 15.18 with Spock 5.0.11` */
export function engineText(engine: Pick<PgEngine, 'serverVersion' | 'spockVersion'>): string {
  return engine.spockVersion === null
    ? `Stand-in for Spock on PostgreSQL ${engine.serverVersion}`
    : `PostgreSQL ${engine.serverVersion} with Spock ${engine.spockVersion}`;
}

const PROGRAMS = ['postgres', 'initdb', 'pg_ctl'];
const EARLIEST_MAJOR = 15;

type Verdict =
  | { state: 'usable'; engine: PgEngine }
  | { state: 'not-found' | 'unusable'; note: string; serverVersion: string | null };

/** Where this server keeps its extensions' control files; the folders beside stand in where there is no pg_config. */
async function shareFolders(bin: string, major: number): Promise<string[]> {
  const said = await run(join(bin, 'pg_config'), ['--sharedir'], { timeout: 5000 }).catch(() => null);
  const folders = [
    '../share/postgresql',
    '../share',
    `../share/postgresql/${major}`,
    `../share/pgsql-${major}`,
  ];
  return [
    ...(said === null ? [] : [said.stdout.trim()]),
    ...folders.map((folder) => join(bin, folder)),
    // Debian keeps them apart from the binaries.
    ...(bin === `/usr/lib/postgresql/${major}/bin` ? [`/usr/share/postgresql/${major}`] : []),
  ];
}

async function spockVersionIn(bin: string, major: number): Promise<string | null> {
  for (const folder of await shareFolders(bin, major)) {
    const control = await readFile(join(folder, 'extension', CONTROL_FILE), 'utf8').catch(() => null);
    if (control === null) continue;
    return /^\s*default_version\s*=\s*'([^']+)'/m.exec(control)?.[1] ?? 'of unknown version';
  }
  return null;
}

/** Judges one folder as TRICORDER_PG_BIN or pg_config name it. */
async function judge(named: string, from: string, account: Account | null): Promise<Verdict> {
  for (const program of PROGRAMS) {
    const there = await access(join(named, program)).then(
      () => true,
      () => false,
    );
    if (!there)
      return { state: 'not-found', note: `There is no ${program} in ${named}.`, serverVersion: null };
  }
  // Behind links (/usr/local/bin/postgres), the files that belong to it are beside where it really is.
  const bin = dirname(await realpath(join(named, 'postgres')));
  let serverVersion: string;
  try {
    serverVersion = await postgresVersion(bin, account);
  } catch (error) {
    const whose = account === null ? '' : ` as ${account.name}`;
    const closed = account !== null && (error as NodeJS.ErrnoException).code === 'EACCES';
    const why = closed ? 'the account cannot enter its folder' : (error as Error).message;
    return {
      state: 'unusable',
      note: `${join(bin, 'postgres')} does not run${whose}: ${why}.`,
      serverVersion: null,
    };
  }
  const major = Number.parseInt(serverVersion, 10);
  const spockVersion = await spockVersionIn(bin, major);
  if (spockVersion === null) {
    return {
      state: 'unusable',
      note: `PostgreSQL ${serverVersion} without Spock: no ${CONTROL_FILE} in its share folder.`,
      serverVersion,
    };
  }
  if (major < EARLIEST_MAJOR) {
    return {
      state: 'unusable',
      note: `PostgreSQL ${serverVersion} is too old: Spock needs ${EARLIEST_MAJOR} or later.`,
      serverVersion,
    };
  }
  return { state: 'usable', engine: { bin, serverVersion, major, spockVersion, from } };
}

/** Folders in which packages of PostgreSQL (Debian, PGDG, pgEdge, EDB, Homebrew, Postgres.app) put their binaries. */
async function usualFolders(): Promise<string[]> {
  const below: [string, RegExp, string][] = [
    ['/usr/lib/postgresql', /^\d+$/, 'bin'],
    ['/usr', /^pgsql-\d+$/, 'bin'],
    ['/opt', /^(pgedge|postgres|postgresql|pgsql|edb)[\w.-]*$/i, 'bin'],
    ['/opt/pgedge', /^pg\d+$/, 'bin'],
    ['/opt/homebrew/opt', /^postgresql@\d+$/, 'bin'],
    ['/Applications/Postgres.app/Contents/Versions', /^\d+$/, 'bin'],
  ];
  const lists = await Promise.all(
    below.map(async ([parent, pattern, rest]) =>
      (await readdir(parent).catch(() => []))
        .filter((name) => pattern.test(name))
        .map((name) => join(parent, name, rest)),
    ),
  );
  // The newest major first.
  return lists.flat().sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
}

/** Looks for a PostgreSQL with the real Spock: the first usable one, and what was seen on the way. */
async function findSpock(
  pgBin: string | undefined,
  account: Account | null,
): Promise<{ engine: PgEngine | null; found: z.infer<typeof Found>[] }> {
  if (pgBin !== undefined) {
    const verdict = await judge(pgBin, 'TRICORDER_PG_BIN', account);
    const line = { what: 'Spock, as TRICORDER_PG_BIN says', where: pgBin, state: verdict.state };
    if (verdict.state === 'usable') {
      return { engine: verdict.engine, found: [{ ...line, note: engineText(verdict.engine) }] };
    }
    return { engine: null, found: [{ ...line, note: verdict.note }] };
  }
  const onPath = await run('pg_config', ['--bindir'], { timeout: 5000 }).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
  const candidates = new Map<string, string>();
  if (onPath !== null) candidates.set(onPath, 'pg_config on the PATH');
  for (const folder of await usualFolders()) if (!candidates.has(folder)) candidates.set(folder, folder);
  const without: z.infer<typeof Found>[] = [];
  for (const [bin, from] of candidates) {
    const verdict = await judge(bin, from, account);
    if (verdict.state === 'usable') {
      const found = { what: 'Spock', where: bin, state: 'usable' as const, note: engineText(verdict.engine) };
      return { engine: verdict.engine, found: [found, ...without] };
    }
    if (verdict.serverVersion !== null) {
      without.push({
        what: `PostgreSQL ${verdict.serverVersion}`,
        where: bin,
        state: 'unusable',
        note: verdict.note,
      });
    }
  }
  const found = {
    what: 'Spock',
    where: 'TRICORDER_PG_BIN, PATH, usual folders',
    state: 'not-found' as const,
    note: 'With it the sandbox runs the real one',
  };
  return { engine: null, found: [found, ...without] };
}

async function findEmbedded(
  root: () => Promise<string>,
  account: Account | null,
  needed: boolean,
): Promise<{ engine: PgEngine | null; found: z.infer<typeof Found> }> {
  const folder = embeddedFolder();
  const line = { what: 'PostgreSQL, from this package', where: `node_modules/${embeddedPackage()}` };
  if (folder === null) {
    const note =
      'npm did not install it: it is not made for this platform, or optional packages were left out';
    return { engine: null, found: { ...line, state: 'not-found', note } };
  }
  try {
    const bin = await prepareEmbedded(await root(), account);
    const serverVersion = await postgresVersion(bin, account);
    const engine: PgEngine = {
      bin,
      serverVersion,
      major: Number.parseInt(serverVersion, 10),
      spockVersion: null,
      from: embeddedPackage(),
    };
    const note = needed ? 'The sandbox runs on it, with the stand-in for Spock' : 'Not needed: Spock is here';
    return {
      engine,
      found: { ...line, what: `PostgreSQL ${serverVersion}, from this package`, state: 'usable', note },
    };
  } catch (error) {
    return { engine: null, found: { ...line, state: 'unusable', note: (error as Error).message } };
  }
}

/**
 * Looks at the machine. `root` gives the folder for a copy of the binaries, asked only where one may be needed. When
 * TRICORDER_PG_BIN is set and is no use, there is no engine: it is never passed over in silence.
 */
export async function findEngines(
  root: () => Promise<string>,
  pgBin: string | undefined,
): Promise<EngineSearch> {
  let account: Account | null;
  try {
    account = await serverAccount();
  } catch (error) {
    return { engine: null, reason: (error as Error).message, found: [], account: null };
  }
  const named = pgBin === undefined || pgBin === '' ? undefined : pgBin;
  const spock = await findSpock(named, account);
  const embedded = await findEmbedded(root, account, spock.engine === null && named === undefined);
  const found = [...spock.found, embedded.found];
  if (spock.engine !== null) return { engine: spock.engine, reason: null, found, account };
  if (named !== undefined) {
    const reason = `TRICORDER_PG_BIN cannot be used: ${spock.found[0]?.note ?? ''} Set it to the bin folder of a PostgreSQL with Spock, or unset it to use the stand-in.`;
    return { engine: null, reason, found, account };
  }
  if (embedded.engine !== null) return { engine: embedded.engine, reason: null, found, account };
  const reason = `No PostgreSQL was found to run a sandbox on. ${embedded.found.where}: ${embedded.found.note}.`;
  return { engine: null, reason, found, account };
}
