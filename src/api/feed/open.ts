/** Opens the one stream. Knows no client library: it runs in a worker too, where each kB would come a second time. */
import { readEvents, type ServerEvent } from '#src/api/event-stream.ts';

export interface FeedRequest {
  clusters: string;
  runs: string;
  lastEventId: string | null;
  signal: AbortSignal;
  /** Called for every piece that comes, of comments too: the console is there. */
  onBytes: () => void;
}

export type OpenFeed = (request: FeedRequest) => Promise<AsyncIterable<ServerEvent>>;

/** The console answered, and not with a stream. */
export class FeedRefused extends Error {
  override name = 'FeedRefused';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** `base`: where the API stands, without a slash at its end. Throws FeedRefused, or a TypeError where nobody answers. */
export const openFeed =
  (base: string, send: typeof fetch = fetch): OpenFeed =>
  async ({ clusters, runs, lastEventId, signal, onBytes }) => {
    const query = new URLSearchParams(
      Object.entries({ clusters, runs }).filter(([, names]) => names !== ''),
    ).toString();
    const response = await send(`${base}/events?${query}`, {
      headers: lastEventId === null ? {} : { 'last-event-id': lastEventId },
      signal,
      credentials: 'same-origin',
      cache: 'no-store',
    });
    if (!response.ok || response.body === null) {
      const said: { message?: string } = await response.json().catch(() => ({}));
      throw new FeedRefused(
        response.status,
        said.message ?? `The console answered with status ${response.status}.`,
      );
    }
    return readEvents(response.body, onBytes);
  };
