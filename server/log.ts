/** One-line log on stderr. Whatever is logged passes `withoutPasswords`, so a DSN in a driver's message does no harm. */

export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Replaces the passwords of DSNs (URI and `key=value`) and `PASSWORD '…'` in free text. Errs on the side of hiding too much. */
export function withoutPasswords(text: string): string {
  return text
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@?]*):[^\s]*@/gi, '$1:••••@')
    .replace(
      /((?:^|[\s?&'"(,{])(?:\w*password|passwd|pwd)\s*[=:]\s*)('(?:\\.|[^'\\])*'?|[^\s&'"]+)/gi,
      '$1••••',
    )
    .replace(/(\bpassword\s+)(E?'(?:''|\\.|[^'])*'?)/gi, '$1••••');
}

/** `write` takes one finished line without its newline. */
export function createLog(write: (line: string) => void = (line) => process.stderr.write(`${line}\n`)): Log {
  const line = (level: string, message: string) =>
    write(`${new Date().toISOString()} ${level} ${withoutPasswords(message).replace(/\s*[\r\n]+\s*/g, ' ')}`);
  return {
    info: (message) => line('info', message),
    warn: (message) => line('warn', message),
    error: (message) => line('error', message),
  };
}

/** For tests and tools that have nobody to tell. */
export const silentLog: Log = { info() {}, warn() {}, error() {} };
