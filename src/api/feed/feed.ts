/**
 * One stream for all that is followed, by whatever number of followers. It is opened anew when that changes, picks up where it
 * left off after a break, and says of each cluster and run since when it is lost.
 */
import { followedBy, listText, positionsIn, positionsText, type Topic } from '#core/feed/topics.ts';
import type { ServerEvent } from '#src/api/event-stream.ts';
import { FeedRefused, type OpenFeed } from './open.ts';

export interface TopicStatus {
  /** gone: there is no such cluster or run any more. */
  state: 'connecting' | 'open' | 'lost' | 'gone';
  /** Milliseconds since the epoch: since when the stream is lost; null while it is not. */
  lostSince: number | null;
  /** Why, in the API's or the browser's words. */
  reason: string | null;
}

export interface Follower {
  /** `data`: the frame as JSON (core/feed/frame.ts). */
  onEvent: (topic: Topic, data: string) => void;
  onStatus: (topic: Topic, status: TopicStatus) => void;
}

export interface FeedOptions {
  open: OpenFeed;
  /** Milliseconds to wait before the n-th try in a row (from 1). */
  backoff?: (tries: number) => number;
  /** Milliseconds without an event of a cluster, or without any sign of the console, after which the stream counts as broken. */
  silence?: number;
  /** Milliseconds in which further changes of what is followed are waited for: tabs are opened together. */
  settle?: number;
}

interface Followed {
  followers: Set<Follower>;
  status: TopicStatus;
  /** Id of the last event; null: there is none to go on from. */
  position: string | null;
  /** Somebody has come since who has nothing of it: the next stream begins with all of it. */
  whole: boolean;
  lastEventAt: number | null;
}

const defaultBackoff = (tries: number): number => Math.min(10_000, 500 * 2 ** (tries - 1));
const CONNECTING: TopicStatus = { state: 'connecting', lostSince: null, reason: null };
export const NO_ANSWER =
  'The console did not answer. It may have been stopped, or the network between may be down.';

export class Feed {
  readonly #options: Required<FeedOptions>;
  readonly #topics = new Map<Topic, Followed>();
  #attempt: AbortController | null = null;
  #wakePause = (): void => {};
  #settling: ReturnType<typeof setTimeout> | null = null;
  #running = false;

  constructor(options: FeedOptions) {
    this.#options = { backoff: defaultBackoff, silence: 12_000, settle: 25, ...options };
  }

  /** Begins with a whole snapshot, or the whole run; the answer ends it. */
  follow(topic: Topic, follower: Follower): () => void {
    const followed: Followed = this.#topics.get(topic) ?? {
      followers: new Set(),
      status: CONNECTING,
      position: null,
      whole: true,
      lastEventAt: null,
    };
    this.#topics.set(topic, followed);
    followed.followers.add(follower);
    followed.whole = true;
    if (followed.status.state === 'gone') followed.status = CONNECTING;
    follower.onStatus(topic, followed.status);
    this.#changed();
    return () => {
      if (!followed.followers.delete(follower) || followed.followers.size > 0) return;
      if (this.#topics.get(topic) !== followed) return;
      this.#topics.delete(topic);
      // A worker whose last page is put away is stopped at once, and would hold the stream in its sleep.
      if (this.#topics.size === 0) this.#open();
      else this.#changed();
    };
  }

  #changed(): void {
    if (this.#settling !== null) clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#open(), this.#options.settle);
  }

  /** Anew, for what is followed now. */
  #open(): void {
    if (this.#settling !== null) clearTimeout(this.#settling);
    this.#settling = null;
    this.#attempt?.abort(CHANGED);
    this.#wakePause();
    if (!this.#running) void this.#run();
  }

  #wanted(): Map<Topic, Followed> {
    return new Map([...this.#topics].filter(([, { status }]) => status.state !== 'gone'));
  }

  async #run(): Promise<void> {
    this.#running = true;
    let tries = 0;
    for (let wanted = this.#wanted(); wanted.size > 0; wanted = this.#wanted()) {
      const attempt = new AbortController();
      this.#attempt = attempt;
      let heard = false;
      let reason = 'The console ended the stream.';
      try {
        await this.#receive(wanted, attempt, () => {
          heard = true;
        });
      } catch (error) {
        if (error instanceof FeedRefused) {
          reason = error.message;
          // What was kept to go on from may be what it refuses.
          if (error.status < 500) for (const followed of wanted.values()) followed.position = null;
        } else if (attempt.signal.reason !== CHANGED) reason = NO_ANSWER;
      }
      if (attempt.signal.reason === CHANGED) continue;
      tries = heard ? 1 : tries + 1;
      const now = Date.now();
      for (const [topic, followed] of wanted) {
        if (followed.status.state === 'gone') continue;
        const lostSince = followed.status.lostSince ?? followed.lastEventAt ?? now;
        this.#say(topic, followed, { state: 'lost', lostSince, reason });
      }
      await this.#pause(this.#options.backoff(tries));
    }
    this.#attempt = null;
    this.#running = false;
  }

  /** Until the stream ends, is silent for too long, or `attempt` is aborted. */
  async #receive(wanted: Map<Topic, Followed>, attempt: AbortController, heard: () => void): Promise<void> {
    const { open, silence } = this.#options;
    const begunAt = Date.now();
    let bytesAt = begunAt;
    const watchdog = setInterval(
      () => {
        const oldest = [...wanted]
          .filter(([topic, { status }]) => topic.startsWith('cluster:') && status.state !== 'gone')
          .map(([, { lastEventAt }]) => Math.max(lastEventAt ?? 0, begunAt));
        if (Date.now() - Math.min(bytesAt, ...oldest) > silence) attempt.abort(SILENT);
      },
      Math.max(5, silence / 10),
    );
    const positions = new Map<string, string>();
    const anew = new Set<Topic>();
    for (const [topic, { position, whole }] of wanted) {
      if (whole) anew.add(topic);
      else if (position !== null) positions.set(topic.slice('cluster:'.length), position);
    }
    const { clusters, runs } = followedBy(wanted.keys());
    try {
      const events = await open({
        clusters: listText(clusters),
        runs: listText(runs),
        lastEventId: positions.size === 0 ? null : positionsText(positions),
        signal: attempt.signal,
        onBytes: () => {
          bytesAt = Date.now();
        },
      });
      for await (const event of events) {
        if (attempt.signal.aborted) return;
        heard();
        this.#take(wanted, event, anew);
      }
    } finally {
      clearInterval(watchdog);
    }
  }

  /** `anew`: what this stream sends whole, and has not sent yet. */
  #take(wanted: Map<Topic, Followed>, { event, id, data }: ServerEvent, anew: Set<Topic>): void {
    if (event !== 'message') return;
    const topic = topicOf(data);
    const followed = topic && wanted.get(topic);
    if (!topic || !followed) return;
    followed.lastEventAt = Date.now();
    if (anew.delete(topic)) followed.whole = false;
    const error = errorOf(data);
    if (error !== null) {
      followed.position = null;
      if (error.code === 'NOT_FOUND')
        this.#say(topic, followed, { state: 'gone', lostSince: null, reason: error.message });
      else {
        const lostSince = followed.status.lostSince ?? Date.now();
        this.#say(topic, followed, { state: 'lost', lostSince, reason: error.message });
      }
      return;
    }
    if (topic.startsWith('cluster:'))
      followed.position = positionsIn(id).get(topic.slice('cluster:'.length)) ?? null;
    for (const { onEvent } of [...followed.followers]) onEvent(topic, data);
    this.#say(topic, followed, { state: 'open', lostSince: null, reason: null });
  }

  #say(topic: Topic, followed: Followed, status: TopicStatus): void {
    const { state, lostSince, reason } = followed.status;
    if (state === status.state && lostSince === status.lostSince && reason === status.reason) return;
    followed.status = status;
    for (const { onStatus } of [...followed.followers]) onStatus(topic, status);
  }

  /** Waits, or until the network comes back, or until what is followed changes. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        removeEventListener('online', done);
        this.#wakePause = () => {};
        resolve();
      };
      const timer = setTimeout(done, ms);
      addEventListener('online', done);
      this.#wakePause = done;
    });
  }
}

const CHANGED = 'what is followed has changed';
const SILENT = 'nothing came for too long';

/** Read from the beginning of the frame: a snapshot of many nodes is not parsed here, but where it is shown. */
function topicOf(data: string): Topic | null {
  const head = /^\{"(cluster|run)":("(?:[^"\\]|\\.)*")/.exec(data);
  return head === null ? null : (`${head[1]}:${JSON.parse(head[2] as string)}` as Topic);
}

function errorOf(data: string): { code: string; message: string } | null {
  return /^\{"(?:cluster|run)":"(?:[^"\\]|\\.)*","error":/.test(data) ? JSON.parse(data).error : null;
}
