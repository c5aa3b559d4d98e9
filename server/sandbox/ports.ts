/** Free ports for servers, low enough that the system gives them to no outgoing connection of its own. */
import { createHash } from 'node:crypto';
import { connect, createServer, type Server } from 'node:net';
import { StartError } from '#server/start-error.ts';

const FIRST = 5501;
const LAST = 5980;
const STRIDE = 3;

/** First and last port, both of them meant: TRICORDER_SANDBOX_PORTS as `FIRST-LAST`. Throws StartError. */
export function portRange(env: NodeJS.ProcessEnv = process.env): { first: number; last: number } {
  const given = env.TRICORDER_SANDBOX_PORTS;
  if (given === undefined || given === '') return { first: FIRST, last: LAST };
  const [, first, last] = (/^(\d{1,5})-(\d{1,5})$/.exec(given) ?? []).map(Number);
  if (first === undefined || last === undefined || first < 1024 || last > 65_535 || last - first < STRIDE) {
    throw new StartError(
      `TRICORDER_SANDBOX_PORTS is ${JSON.stringify(given)}: give a first and a last port above 1023, such as ${FIRST}-${LAST}.`,
    );
  }
  return { first, last };
}

/** Null when the port is taken, else a listener that keeps it from others. */
function hold(port: number): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(null));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(server));
    server.unref();
  });
}

const release = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

/**
 * The first `count` free ports that are not in `taken`; fewer when there are no more. Each data dir (`seed`) begins to look
 * elsewhere, so that a server of one console that is down for a moment does not lose its port to another console.
 */
export async function freePorts(count: number, taken: ReadonlySet<number>, seed: string): Promise<number[]> {
  const { first, last } = portRange();
  const span = last - first + 1;
  const start =
    (createHash('sha256').update(seed).digest().readUInt32BE() % Math.floor(span / STRIDE)) * STRIDE;
  const ports: number[] = [];
  for (let step = 0; step < span && ports.length < count; step++) {
    const port = first + ((start + step) % span);
    if (taken.has(port)) continue;
    const server = await hold(port);
    if (server === null) continue;
    await release(server);
    ports.push(port);
  }
  return ports;
}

/** Ports that are to be a server's in a moment, kept from other programs until then. */
export class Reservations {
  readonly #held = new Map<number, Server>();

  /** The ports that were taken by another program in the meantime. */
  async reserve(ports: number[]): Promise<number[]> {
    const lost: number[] = [];
    for (const port of ports) {
      if (this.#held.has(port)) continue;
      const server = await hold(port);
      if (server === null) lost.push(port);
      else this.#held.set(port, server);
    }
    return lost;
  }

  async release(port: number): Promise<void> {
    const server = this.#held.get(port);
    this.#held.delete(port);
    if (server !== undefined) await release(server);
  }

  async releaseAll(): Promise<void> {
    await Promise.all([...this.#held.keys()].map((port) => this.release(port)));
  }
}

/** Whether something takes TCP connections there. */
export function answers(port: number, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.setTimeout(withinMs, () => end(false));
  });
}
