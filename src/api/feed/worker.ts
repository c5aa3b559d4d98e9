/** The shared worker: one for all tabs of a browser that have the same version of the page, with the one stream. */
import { Feed } from './feed.ts';
import { openFeed } from './open.ts';
import { ASK_MS, Ports, type ToTab, type ToWorker } from './ports.ts';

const ports = new Ports(new Feed({ open: openFeed(`${location.origin}/api/v1`) }));

// The types of a worker's own scope are not among those of the page.
const scope = globalThis as unknown as { onconnect: (event: MessageEvent) => void };

scope.onconnect = ({ ports: [port] }) => {
  if (port === undefined) return;
  port.onmessage = ({ data }: MessageEvent<ToWorker>) =>
    ports.hear(port as { postMessage(message: ToTab): void; close(): void }, data);
};

setInterval(() => ports.ask(), ASK_MS);
