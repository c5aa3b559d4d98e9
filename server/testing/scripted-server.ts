/** For tests: a server that says what a script has it say, byte for byte, to real sockets. */
import { createServer, type Server, type Socket } from 'node:net';
import { letIn } from './wire-messages.ts';

/** What is sent, or does what it likes with the socket. */
export type Say = Buffer | ((socket: Socket) => void);

export interface Script {
  /** To an SSLRequest. No, unless it is given. */
  tls?: Say;
  /** To the startup message. Lets everybody in, unless it is given. */
  startup?: Say;
  /** To each "p": a password, or a step of SASL; `turn` counts from 0. */
  password?: (message: Buffer, turn: number) => Say;
  /** To each question, simple or extended; `turn` counts from 0. Silence, unless it is given. */
  question?: (text: string, turn: number) => Say;
}

export interface ScriptedServer {
  port: number;
  /** libpq text for it, `more` added. */
  dsn(more?: string): string;
  /** Connections that were made. */
  readonly connections: number;
  /** Connections that stand now. */
  readonly open: number;
  close(): Promise<void>;
}

const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
const NO = Buffer.from('N');

/** `scriptOf`: by the user that a client gives; asked for the answer to an SSLRequest with null, before there is one. */
export async function scriptedServer(scriptOf: (user: string | null) => Script): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    serve(socket, scriptOf);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  return {
    port,
    dsn: (more = 'user=u password=p') => `host=127.0.0.1 port=${port} dbname=d ${more}`,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

function serve(socket: Socket, scriptOf: (user: string | null) => Script): void {
  let held = Buffer.alloc(0);
  let script: Script | null = null;
  let passwords = 0;
  let questions = 0;
  let parsed = '';
  const say = (what: Say) => {
    if (typeof what === 'function') what(socket);
    else if (socket.writable) socket.write(what);
  };
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    for (;;) {
      const head = script === null ? 0 : 1;
      if (held.length < head + 4) return;
      const length = held.readUInt32BE(head);
      if (held.length < head + length) return;
      const type = head === 0 ? '' : String.fromCharCode(held[0] as number);
      const whole = held.subarray(0, head + length);
      const body = whole.subarray(head + 4);
      held = held.subarray(head + length);
      if (script === null) {
        const code = body.readUInt32BE(0);
        if (code === SSL_REQUEST || code === GSS_REQUEST) say(scriptOf(null).tls ?? NO);
        else {
          script = scriptOf(userOf(body));
          say(script.startup ?? letIn);
        }
      } else if (type === 'p') say(script.password?.(Buffer.from(whole), passwords++) ?? NOTHING);
      else if (type === 'P') parsed = textOf(body.subarray(body.indexOf(0) + 1));
      else if (type === 'Q' || type === 'S') {
        say(script.question?.(type === 'Q' ? textOf(body) : parsed, questions++) ?? NOTHING);
      } else if (type === 'X') socket.end();
    }
  });
}

const NOTHING = Buffer.alloc(0);

const textOf = (body: Buffer): string => body.subarray(0, Math.max(body.indexOf(0), 0)).toString('utf8');

function userOf(body: Buffer): string {
  const words = body.subarray(4).toString('utf8').split('\0');
  return words[words.indexOf('user') + 1] ?? '';
}
