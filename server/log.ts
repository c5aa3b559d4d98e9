/** One-line log on stderr. Whatever is logged goes without the passwords of DSNs in it, and with what a server chose made visible. */
import { maskSecrets } from '#core/dsn/free-text.ts';
import { shownText } from '#core/model/shown-text.ts';

export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** `write` takes one finished line without its newline. */
export function createLog(write: (line: string) => void = toStandardError): Log {
  const line = (level: string, message: string) =>
    write(`${new Date().toISOString()} ${level} ${onOneLine(maskSecrets(message))}`);
  return {
    info: (message) => line('info', message),
    warn: (message) => line('warn', message),
    error: (message) => line('error', message),
  };
}

const onOneLine = (text: string): string =>
  shownText(
    text
      .split(/[\r\n]+/)
      .map((line) => line.trim())
      .join(' '),
  );

/** A log that cannot be written, as to a file on a full disk, ends nothing. */
function toStandardError(line: string): void {
  try {
    process.stderr.write(`${line}\n`);
  } catch {
    // There is nowhere to say it.
  }
}

/** For tests and tools that have nobody to tell. */
export const silentLog: Log = { info() {}, warn() {}, error() {} };
