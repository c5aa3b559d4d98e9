import { describe, expect, test, vi } from 'vitest';
import type { z } from 'zod';
import { cures } from '#core/advice/cures.ts';
import { contract } from '#core/contract/contract.ts';
import { ClusterEvent } from '#core/model/events.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { applyChange } from '#core/snapshot/change.ts';
import { mockWorld } from './node.ts';
import { type ScenarioName, scenarioNames } from './scenarios.ts';
import { MOCK_PASSWORD } from './world/read-fast.ts';

// A world is lived through for a quarter of an hour before it answers.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

interface Described {
  '~orpc': { route: { method?: string; path?: string }; outputSchema: z.ZodType };
}

/** Every GET of the contract that is no stream, with what it needs to be asked. */
const reads = Object.values(contract)
  .flatMap((domain) => Object.values(domain) as unknown as Described[])
  .map((procedure) => procedure['~orpc'])
  .filter(({ route }) => route.method === 'GET' && !route.path?.endsWith('/events'));

const REFUSED: ScenarioName[] = ['error-500', 'unauthorised'];
const QUICK = scenarioNames.filter((name) => !REFUSED.includes(name) && name !== 'slow');

/** Fails on a key that the schema does not have: what zod would silently leave out. */
function expectWhole(parsed: unknown, answered: unknown, where: string): void {
  expect(parsed, where).toEqual(answered);
}

describe.each(QUICK)('scenario %s', (name) => {
  const { world, fetch } = mockWorld(name);
  const clusters = [...world.clusters.keys()];

  test('answers every read of the contract, in its shape, without a password', async () => {
    for (const { route, outputSchema } of reads) {
      const path = route.path ?? '';
      const ids = path.includes('/plans/')
        ? [...world.plans.keys()]
        : path.includes('/deploys/')
          ? [...world.drafts.keys()]
          : [...world.runs.keys()];
      const paths = path.includes('{cluster}')
        ? clusters.map((cluster) => path.replace('{cluster}', encodeURIComponent(cluster)))
        : path.includes('{id}')
          ? ids.map((id) => path.replace('{id}', id))
          : [path];
      for (const each of paths) {
        const response = await fetch(`http://mock/api/v1${each}`);
        expect(response.status, each).toBe(200);
        const text = await response.text();
        expect(text, each).not.toContain(MOCK_PASSWORD);
        const body: unknown = JSON.parse(text);
        expectWhole(outputSchema.parse(body), body, each);
      }
    }
  });

  test('what is found opens a plan that its code has, or says why there is none', () => {
    for (const cluster of clusters) {
      for (const { code, title, remedy } of world.snapshot(cluster)?.findings ?? []) {
        if (remedy?.plan) expect(cures[code].plans, title).toContain(remedy.plan.kind);
        else expect(remedy?.noPlan, title).toBe(cures[code].otherwise);
      }
    }
  });

  // The first run has no cluster to stream.
  const stream = clusters.length > 0 ? test : () => {};
  stream('streams the snapshot, then changes that lead to each next snapshot', async () => {
    const cluster = clusters[0] ?? '';
    const path = `http://mock/api/v1/clusters/${encodeURIComponent(cluster)}`;
    const events = eventsOf(await fetch(`${path}/events`));
    const first = await events.next();
    if (first.value?.type !== 'snapshot') throw new Error('the stream begins with no snapshot');
    const { type, ...begun } = first.value;
    let known: Snapshot = begun;
    for (let tick = 0; tick < 3; tick++) {
      const next = events.next();
      world.advance(known.pollSeconds * 1000);
      const { value } = await next;
      if (value?.type !== 'change') throw new Error('the stream goes on with no change');
      known = applyChange(known, value);
      const fresh: unknown = await (await fetch(`${path}/snapshot`)).json();
      expect(known).toEqual(fresh);
    }
    await events.return(undefined);
  });
});

test.each(REFUSED)('scenario %s refuses everything in the shape of errors', async (name) => {
  const { fetch } = mockWorld(name);
  const response = await fetch('http://mock/api/v1/clusters');
  expect(response.status).toBe(name === 'error-500' ? 500 : 401);
  expect(await response.json()).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/) });
});

async function* eventsOf(response: Response): AsyncGenerator<ClusterEvent, void, void> {
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  let rest = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = block.split('\n').filter((line) => line.startsWith('data: '));
        if (data.length === 0) continue;
        const event: unknown = JSON.parse(data.map((line) => line.slice(6)).join('\n'));
        const parsed = ClusterEvent.parse(event);
        expect(parsed).toEqual(event);
        yield parsed;
      }
    }
  } finally {
    await reader.cancel();
  }
}
