/**
 * What this tab follows, by whatever way there is: the shared worker's stream, or, where a browser has no shared workers, one of its
 * own while the tab is seen. A page that is put away for Back holds neither: it says goodbye, and asks anew when it comes back
 * (docs/decisions/012).
 */
import type { Topic } from '#core/feed/topics.ts';
import type { Feed, Follower, TopicStatus } from './feed.ts';
import { LateFeed } from './late-feed.ts';
import { ASK_MS, type Port, type ToTab, type ToWorker } from './ports.ts';

/** After this long without a word of the worker another one is asked for. */
const SILENT_MS = 3 * ASK_MS;

/** A page that was about to go and is still there after so long stays: a download, a navigation that was stopped. */
const STAYS_MS = 2000;

/** Connects to the worker; null: this browser has none to offer. `onFailed`: it could not be started. */
export type ConnectWorker = (hear: (message: ToTab) => void, onFailed: () => void) => Port<ToWorker> | null;

const connectShared: ConnectWorker = (hear, onFailed) => {
  if (typeof SharedWorker === 'undefined') return null;
  const worker = new SharedWorker(new URL('./worker.ts', import.meta.url), {
    type: 'module',
    name: 'tricorder-feed',
  });
  worker.onerror = onFailed;
  worker.port.onmessage = ({ data }: MessageEvent<ToTab>) => hear(data);
  return worker.port;
};

export class TabFeed {
  readonly #followers = new Map<Topic, Set<Follower>>();
  readonly #statuses = new Map<Topic, TopicStatus>();
  readonly #connect: ConnectWorker;
  readonly #own: Pick<Feed, 'follow'>;
  readonly #ownStops = new Map<Topic, () => void>();
  #way: 'shared' | 'own' = 'shared';
  #port: Port<ToWorker> | null = null;
  #heardAt = 0;
  /** The page is put away, or (with a stream of its own) not seen. */
  #away = false;

  constructor(connect: ConnectWorker, own: Pick<Feed, 'follow'>) {
    this.#connect = connect;
    this.#own = own;
  }

  /** This tab alone: nobody else's stream may speak for it. */
  alone(): void {
    this.#way = 'own';
  }

  follow(topic: Topic, follower: Follower): () => void {
    const followers = this.#followers.get(topic) ?? new Set();
    const begins = followers.size === 0;
    this.#followers.set(topic, followers.add(follower));
    const status = this.#statuses.get(topic);
    if (status !== undefined) follower.onStatus(topic, status);
    // A second one for the same topic has nothing of it: all is asked for again.
    if (!begins) this.#leave(topic);
    this.#say();
    return () => {
      if (!followers.delete(follower) || followers.size > 0) return;
      this.#followers.delete(topic);
      this.#statuses.delete(topic);
      this.#say();
    };
  }

  /** The page goes, or is frozen: nothing is held for it. */
  putAway(): void {
    this.#away = true;
    this.#say();
  }

  comeBack(): void {
    this.#away = false;
    this.#say();
  }

  /** Every now and then: a worker that has died is no more heard of. */
  look(now = Date.now()): void {
    if (this.#port === null || this.#away || now - this.#heardAt < SILENT_MS) return;
    this.#forget();
    this.#say();
  }

  get isOwn(): boolean {
    return this.#way === 'own';
  }

  #forget(): void {
    this.#port?.postMessage({ type: 'bye' });
    this.#port?.close();
    this.#port = null;
  }

  /** So that the next `#say` asks for it anew. */
  #leave(topic: Topic): void {
    this.#ownStops.get(topic)?.();
    this.#ownStops.delete(topic);
    this.#port?.postMessage({
      type: 'follow',
      topics: [...this.#followers.keys()].filter((each) => each !== topic),
    });
  }

  #say(): void {
    const topics = this.#away ? [] : [...this.#followers.keys()];
    if (this.#way === 'own') {
      this.#sayOwn(new Set(topics));
      return;
    }
    if (topics.length === 0) {
      // The port goes too: a page that holds one cannot be put away in every browser.
      this.#forget();
      return;
    }
    if (this.#port === null) {
      this.#heardAt = Date.now();
      const port = this.#connect(
        (message) => this.#hear(message),
        () => this.#fallBack(),
      );
      if (port === null) {
        this.#fallBack();
        return;
      }
      this.#port = port;
    }
    this.#port.postMessage({ type: 'follow', topics });
  }

  #fallBack(): void {
    this.#port = null;
    this.#way = 'own';
    this.#away ||= document.visibilityState === 'hidden';
    this.#say();
  }

  #sayOwn(topics: Set<Topic>): void {
    for (const topic of topics) {
      if (this.#ownStops.has(topic)) continue;
      this.#ownStops.set(topic, this.#own.follow(topic, this.#spread));
    }
    for (const [topic, stop] of this.#ownStops) {
      if (topics.has(topic)) continue;
      stop();
      this.#ownStops.delete(topic);
    }
  }

  readonly #spread: Follower = {
    onEvent: (topic, data) => {
      for (const { onEvent } of [...(this.#followers.get(topic) ?? [])]) onEvent(topic, data);
    },
    onStatus: (topic, status) => {
      if (!this.#followers.has(topic)) return;
      this.#statuses.set(topic, status);
      for (const { onStatus } of [...(this.#followers.get(topic) ?? [])]) onStatus(topic, status);
    },
  };

  #hear(message: ToTab): void {
    this.#heardAt = Date.now();
    if (message.type === 'event') this.#spread.onEvent(message.topic, message.data);
    else if (message.type === 'status') this.#spread.onStatus(message.topic, message.status);
    else if (message.type === 'there?') this.#port?.postMessage({ type: 'here' });
    // Let go while it was frozen: all that it follows is asked for again.
    else this.#say();
  }
}

export const tabFeed = new TabFeed(
  connectShared,
  new LateFeed(async () => {
    const [{ Feed }, { openFeed }] = await Promise.all([import('./feed.ts'), import('./open.ts')]);
    return new Feed({ open: (request) => openFeed(`${location.origin}/api/v1`)(request) });
  }),
);

export function watchTab(feed: TabFeed): void {
  // By `pagehide` it may be too late: with its last page Chromium stops the worker at once, and what that was told lies unread.
  addEventListener('beforeunload', () => {
    feed.putAway();
    // Does not come to pass in a page that is put away.
    setTimeout(() => feed.comeBack(), STAYS_MS);
  });
  addEventListener('pagehide', () => feed.putAway());
  addEventListener('pageshow', (event) => event.persisted && feed.comeBack());
  document.addEventListener('freeze', () => feed.putAway());
  document.addEventListener('resume', () => feed.comeBack());
  // Six connections to a host are all that a browser opens: what nobody sees gives its own back.
  document.addEventListener('visibilitychange', () => {
    if (!feed.isOwn) return;
    if (document.visibilityState === 'hidden') feed.putAway();
    else feed.comeBack();
  });
  setInterval(() => feed.look(), ASK_MS);
}
