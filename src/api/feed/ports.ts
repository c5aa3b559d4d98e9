/**
 * The two ends between a tab and the worker that holds the stream for all tabs of a browser. A tab says what it follows as a whole
 * each time, so that no message can be lost between; one that answers no more (crashed, frozen) is let go, and asks again when it
 * lives.
 */
import type { Topic } from '#core/feed/topics.ts';
import type { Feed, Follower, TopicStatus } from './feed.ts';

export type ToWorker = { type: 'follow'; topics: Topic[] } | { type: 'here' } | { type: 'bye' };
export type ToTab =
  | { type: 'event'; topic: Topic; data: string }
  | { type: 'status'; topic: Topic; status: TopicStatus }
  | { type: 'there?' }
  | { type: 'let-go' };

/** What of a MessagePort is used. */
export interface Port<Out> {
  postMessage(message: Out): void;
  close(): void;
}

/** How often each tab is asked whether it is there, and after how long without an answer it is let go. */
export const ASK_MS = 15_000;
const LET_GO_MS = 60_000;

interface Tab {
  follows: Map<Topic, () => void>;
  follower: Follower;
  heardAt: number;
}

export class Ports {
  readonly #feed: Feed;
  readonly #tabs = new Map<Port<ToTab>, Tab>();
  readonly #now: () => number;

  constructor(feed: Feed, now: () => number = Date.now) {
    this.#feed = feed;
    this.#now = now;
  }

  /** To be called for each message of a port, in their order. */
  hear(port: Port<ToTab>, message: ToWorker): void {
    if (message.type === 'bye') {
      this.#drop(port);
      port.close();
      return;
    }
    const tab = this.#tab(port);
    tab.heardAt = this.#now();
    if (message.type === 'here') return;
    const wanted = new Set(message.topics);
    for (const topic of wanted) {
      if (!tab.follows.has(topic)) tab.follows.set(topic, this.#feed.follow(topic, tab.follower));
    }
    for (const [topic, stop] of tab.follows) {
      if (wanted.has(topic)) continue;
      stop();
      tab.follows.delete(topic);
    }
  }

  /** Every ASK_MS. */
  ask(): void {
    for (const [port, { heardAt }] of [...this.#tabs]) {
      if (this.#now() - heardAt > LET_GO_MS) {
        // What waits for a frozen tab would fill the memory.
        this.#drop(port);
        port.postMessage({ type: 'let-go' });
      } else port.postMessage({ type: 'there?' });
    }
  }

  #tab(port: Port<ToTab>): Tab {
    const there = this.#tabs.get(port);
    if (there !== undefined) return there;
    const tab: Tab = {
      follows: new Map(),
      heardAt: this.#now(),
      follower: {
        onEvent: (topic, data) => port.postMessage({ type: 'event', topic, data }),
        onStatus: (topic, status) => port.postMessage({ type: 'status', topic, status }),
      },
    };
    this.#tabs.set(port, tab);
    return tab;
  }

  #drop(port: Port<ToTab>): void {
    for (const stop of this.#tabs.get(port)?.follows.values() ?? []) stop();
    this.#tabs.delete(port);
  }
}
