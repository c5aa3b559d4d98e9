/** `npm start`: reads the options, starts the console, ends it on SIGTERM and SIGINT. */
import { createLog } from './log.ts';
import { HELP, readOptions } from './options.ts';
import { projectVersion } from './project-root.ts';
import { StartError } from './start-error.ts';
import { watchEnter } from './terminal.ts';

/** A stop that takes longer is cut off: whoever sent SIGTERM waits 5 s. */
const STOP_WITHIN_MS = 4800;

function checkNode(): void {
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new StartError(`Tricorder needs Node 20.19 or later, and this is ${process.versions.node}.`);
  }
}

/** The store is a native module: where npm has none for this platform, loading it is what fails. */
async function loaded<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (/libsql|neon|Unsupported|Cannot find module/i.test(String(error))) {
      throw new StartError(
        `Tricorder does not run on ${process.platform} ${process.arch}, or its packages are not installed for it. Run npm ci on Linux or macOS, x64 or arm64.`,
      );
    }
    throw error;
  }
}

/** Whatever is made from here on is for this account alone; what the servers of a sandbox have to read is opened to them. */
const UMASK = 0o077;

/** Output that nobody takes any more (a closed terminal, a full disk under a log) is no reason to end. */
function outlive(stream: NodeJS.WriteStream): void {
  stream.on('error', () => undefined);
}

function say(text: string): void {
  try {
    process.stdout.write(`${text}\n`);
  } catch {
    // To a file on a full disk. The console is there all the same.
  }
}

async function main(): Promise<void> {
  checkNode();
  process.umask(UMASK);
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === 'help') {
    say(HELP);
    return;
  }
  if (options === 'version') {
    say(projectVersion());
    return;
  }
  if (options.newLink) {
    const { newLink } = await loaded(() => import('./new-link.ts'));
    say(newLink(options.dataDir));
    return;
  }
  outlive(process.stdout);
  outlive(process.stderr);
  const log = createLog();
  const { startConsole } = await loaded(() => import('./console.ts'));
  const running = await startConsole(options, log);
  let signals = 0;
  const stop = (signal: string) => {
    // Ctrl-C twice: the one who waits has had enough.
    if (++signals > 1) process.exit(1);
    setTimeout(() => {
      log.error(`${signal}: not all had ended after ${STOP_WITHIN_MS / 1000} s`);
      process.exit(1);
    }, STOP_WITHIN_MS).unref();
    void running.stop().then(() => process.exit(0));
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
  process.on('unhandledRejection', (error) => log.error(`unhandled: ${(error as Error)?.stack ?? error}`));
  say(`Tricorder ${running.services.console.version} is at ${running.createLink('start')}`);
  for (const url of running.elsewhere) say(`From other machines it is at ${url}`);
  const terminal = await watchEnter(process.stdin, () =>
    say(`Another link: ${running.createLink('terminal')}`),
  );
  say(
    `The link signs in one browser, once, within ${running.linkMinutes} minutes. ${terminal ? 'Enter prints another. ' : ''}Ctrl-C ends the console.`,
  );
}

main().catch((error: unknown) => {
  console.error(error instanceof StartError ? `tricorder: ${error.message}` : error);
  process.exit(1);
});
