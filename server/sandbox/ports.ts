/** Free ports for servers, low enough that the system gives them to no outgoing connection of its own. */
import { connect, createServer } from 'node:net';

const FIRST = 5501;
const LAST = 5999;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ host: '127.0.0.1', port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** The first `count` free ports from 5501 on that are not in `taken`; fewer when there are no more. */
export async function freePorts(count: number, taken: ReadonlySet<number>): Promise<number[]> {
  const ports: number[] = [];
  for (let port = FIRST; port <= LAST && ports.length < count; port++) {
    if (!taken.has(port) && (await isFree(port))) ports.push(port);
  }
  return ports;
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
