/** A feed whose code is loaded when it is first followed: nearly every browser has shared workers, and never needs it. */
import type { Topic } from '#core/feed/topics.ts';
import type { Feed, Follower } from './feed.ts';

/** What could not be loaded is asked for again after so long. */
const AGAIN_MS = 2000;

export class LateFeed {
  readonly #load: () => Promise<Pick<Feed, 'follow'>>;
  #feed: Promise<Pick<Feed, 'follow'>> | null = null;

  constructor(load: () => Promise<Pick<Feed, 'follow'>>) {
    this.#load = load;
  }

  /** As the feed's own, from the moment on at which it is there; the answer stops it, then as before. */
  follow(topic: Topic, follower: Follower): () => void {
    let stop: (() => void) | null = null;
    let isStopped = false;
    const begin = async (): Promise<void> => {
      this.#feed ??= this.#load();
      try {
        const feed = await this.#feed;
        if (!isStopped) stop = feed.follow(topic, follower);
      } catch {
        this.#feed = null;
        if (!isStopped) setTimeout(() => void begin(), AGAIN_MS);
      }
    };
    void begin();
    return () => {
      isStopped = true;
      stop?.();
    };
  }
}
