/** Worlds behind one server: each visitor who opens a page with `?scenario=` gets one of his own, known by a cookie. */
import { randomUUID } from 'node:crypto';
import { type MockApi, makeMockApi } from '#mocks/api.ts';
import { fillWorld, isScenario, type ScenarioName } from '#mocks/scenarios.ts';
import { fillWithTables, SteadyWorld, TABLES_READ_MS } from '#mocks/world/steady.ts';
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
   * beat, of which `&beat=50` makes one each 50 ms (a second goes by in the world), and `&tables=20000` with so many tables on each node. The
   * answer is the cookie's text; null: the address asks for none.
   */
  open(url: URL): string | null {
    const scenario = url.searchParams.get('scenario');
    if (!isScenario(scenario)) return null;
    const id = randomUUID();
    this.#living.set(id, this.#begin(scenario, url.searchParams));
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

  #begin(scenario: ScenarioName, asked: URLSearchParams): Living {
    let last = Date.now();
    const number = (name: string) => Number.parseInt(asked.get(name) ?? '', 10) || 0;
    if (asked.has('changing')) {
      const tables = number('tables');
      const begin = last;
      const world = new SteadyWorld({
        now: tables === 0 ? begin : begin - TABLES_READ_MS,
        changing: number('changing'),
      });
      fillWorld(world, scenario);
      if (tables > 0) fillWithTables(world, tables);
      let beats = 0;
      const timer = setInterval(() => {
        beats += 1;
        world.beat(asked.has('beat') ? begin + beats * STEADY_BEAT_MS : Date.now());
      }, number('beat') || STEADY_BEAT_MS);
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
