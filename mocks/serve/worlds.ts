/** Worlds behind one server: each visitor who opens a page with `?scenario=` gets one of his own, known by a cookie. */
import { randomUUID } from 'node:crypto';
import { type MockApi, makeMockApi } from '#mocks/api.ts';
import { fillWorld, isScenario, type ScenarioName } from '#mocks/scenarios.ts';
import { SteadyWorld } from '#mocks/world/steady.ts';
import { World } from '#mocks/world/world.ts';

const COOKIE = 'tricorder-world';
const BEAT_MS = 100;
const STEADY_BEAT_MS = 1000;
/** Worlds that nobody has asked for so long are let go. */
const IDLE_MS = 10 * 60_000;

interface Living {
  api: MockApi;
  timer: NodeJS.Timeout;
  askedAt: number;
}

export class Worlds {
  readonly #living = new Map<string, Living>();

  /**
   * A new world as the address asks for: `?scenario=64-nodes`, with `&changing=400` one that stands still but for so many links a
   * second. The answer is the cookie's text; null: the address asks for none.
   */
  open(url: URL): string | null {
    const scenario = url.searchParams.get('scenario');
    if (!isScenario(scenario)) return null;
    const id = randomUUID();
    this.#living.set(id, this.#begin(scenario, url.searchParams.get('changing')));
    this.#tidy();
    return `${COOKIE}=${id}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** The visitor's world answers; a visitor without one gets 404 with what to do. */
  async answer(request: Request): Promise<Response> {
    const id = new RegExp(`${COOKIE}=([0-9a-f-]+)`).exec(request.headers.get('cookie') ?? '')?.[1];
    const living = id === undefined ? undefined : this.#living.get(id);
    if (living === undefined)
      return Response.json({ message: 'Open a page with ?scenario=healthy first.' }, { status: 404 });
    living.askedAt = Date.now();
    return (await living.api(request)) ?? new Response('not the API', { status: 404 });
  }

  close(): void {
    for (const { timer } of this.#living.values()) clearInterval(timer);
    this.#living.clear();
  }

  #begin(scenario: ScenarioName, changing: string | null): Living {
    let last = Date.now();
    if (changing !== null) {
      const world = new SteadyWorld({ now: last, changing: Number.parseInt(changing, 10) || 0 });
      fillWorld(world, scenario);
      const timer = setInterval(() => world.beat(Date.now()), STEADY_BEAT_MS);
      return { api: makeMockApi(world), timer, askedAt: last };
    }
    const world = new World({ now: last });
    fillWorld(world, scenario);
    const timer = setInterval(() => {
      const now = Date.now();
      world.advance(now - last);
      last = now;
    }, BEAT_MS);
    return { api: makeMockApi(world), timer, askedAt: last };
  }

  #tidy(): void {
    for (const [id, { askedAt, timer }] of this.#living) {
      if (Date.now() - askedAt < IDLE_MS) continue;
      clearInterval(timer);
      this.#living.delete(id);
    }
  }
}
