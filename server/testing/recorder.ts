/**
 * A server that speaks just enough of the protocol to be told user, database and (in clear) the password, and then
 * refuses: what a client makes of a DSN, seen from the other side.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

export interface Said {
  user: string | undefined;
  database: string | undefined;
  options: string | undefined;
  password: string;
  encrypted: boolean;
}

export interface RecorderOptions {
  /** Null: answers a wish for TLS with no. */
  tls: { cert: Buffer; key: Buffer } | null;
  /** As pg_hba.conf with `hostssl` (only) or `hostnossl` (never) would. */
  encryption?: 'any' | 'only' | 'never';
}

const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;

export function recordingServer(options: RecorderOptions, said: (what: Said) => void): Server {
  return createServer((socket) => serve(socket, options, said, false));
}

function serve(
  socket: Socket,
  options: RecorderOptions,
  said: (what: Said) => void,
  encrypted: boolean,
): void {
  const { tls, encryption = 'any' } = options;
  let buffer = Buffer.alloc(0);
  let startup: Map<string, string> | null = null;
  socket.on('error', () => {});
  const onData = (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      const head = startup === null ? 0 : 1;
      if (buffer.length < head + 4) return;
      const length = buffer.readInt32BE(head);
      if (buffer.length < head + length) return;
      const body = buffer.subarray(head + 4, head + length);
      buffer = buffer.subarray(head + length);
      const code = startup === null ? body.readInt32BE(0) : 0;
      if (code === SSL_REQUEST && tls !== null) {
        socket.off('data', onData);
        socket.write('S');
        serve(new TLSSocket(socket, { isServer: true, ...tls }), options, said, true);
        return;
      }
      if (code === SSL_REQUEST || code === GSS_REQUEST) socket.write('N');
      else if (startup === null) {
        startup = parameters(body.subarray(4).toString('utf8'));
        if (encryption !== 'any' && (encryption === 'only') !== encrypted) {
          socket.end(error('28000', 'no pg_hba.conf entry for host'));
          return;
        }
        // AuthenticationCleartextPassword
        socket.write(message('R', Buffer.from([0, 0, 0, 3])));
      } else {
        said({
          user: startup.get('user'),
          database: startup.get('database'),
          options: startup.get('options'),
          password: body.toString('utf8').replace(/\0$/, ''),
          encrypted,
        });
        socket.end(error('28P01', 'that will do'));
      }
    }
  };
  socket.on('data', onData);
}

function parameters(text: string): Map<string, string> {
  const words = text.split('\0');
  const found = new Map<string, string>();
  for (let i = 0; i + 1 < words.length && words[i] !== ''; i += 2) {
    found.set(words[i] as string, words[i + 1] as string);
  }
  return found;
}

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const error = (sqlstate: string, text: string) =>
  message('E', Buffer.from(`SFATAL\0VFATAL\0C${sqlstate}\0M${text}\0\0`));
