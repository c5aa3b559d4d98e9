/** docs/metrics.md and the metrics speak of the same names. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { STORAGE_OK } from '#core/model/storage.ts';
import { RecordedCluster } from '#core/testing/recorded-cluster.ts';
import { PROJECT_ROOT } from '#server/project-root.ts';
import type { Services } from '#server/services.ts';
import { metricsText } from './metrics.ts';

const doc = readFileSync(`${PROJECT_ROOT}/docs/metrics.md`, 'utf8');
const current = new RecordedCluster('6.0.0').show('healthy');
const text = metricsText({
  console: { version: '1.2.3' },
  storage: { status: STORAGE_OK },
  watchers: { list: () => [{ stream: { current } }] },
} as unknown as Services);

const exposed = [...text.matchAll(/^# TYPE (\S+) gauge$/gm)].map(([, name]) => name);
const rows = [...doc.matchAll(/^\| `(tricorder_\w+)` \| ([^|]+) \|/gm)];

test('every metric is documented, and every documented one is there', () => {
  expect(exposed.length).toBeGreaterThan(10);
  expect(rows.map(([, name]) => name).sort()).toEqual([...exposed].sort());
});

test('the labels are those that the document says', () => {
  for (const [, name, labels] of rows) {
    const sample = new RegExp(`^${name}\\{([^}]*)\\} `, 'm').exec(text)?.[1];
    // Of a recorded healthy cluster some have no sample: no finding, no limit of WAL, no rate after one poll.
    if (sample === undefined) continue;
    const shown = [...sample.matchAll(/(\w+)="/g)].map(([, label]) => label);
    expect(shown, name).toEqual([...(labels ?? '').matchAll(/`(\w+)`/g)].map(([, label]) => label));
  }
  expect(text).toContain(
    'tricorder_link_state{cluster="demo",provider="n1",receiver="n2",state="replicating"} 1',
  );
});

test('what is not known has no sample', () => {
  const unknown = current.links.map((link) => ({ ...link, lagSeconds: null }));
  const without = metricsText({
    console: { version: '1.2.3' },
    storage: { status: STORAGE_OK },
    watchers: { list: () => [{ stream: { current: { ...current, links: unknown } } }] },
  } as unknown as Services);
  expect(without).not.toMatch(/^tricorder_link_lag_seconds\{/m);
  expect(without).toMatch(/^# HELP tricorder_link_lag_seconds /m);
});

test('that nothing is kept is a 0, also where nothing is watched', () => {
  const full = { ...STORAGE_OK, state: 'full' as const };
  const services = { console: { version: '1.2.3' }, storage: { status: full }, watchers: { list: () => [] } };
  expect(metricsText(services as unknown as Services)).toMatch(/^tricorder_storage_ok 0$/m);
  expect(text).toMatch(/^tricorder_storage_ok 1$/m);
});

test('names used in the alerts are names of metrics', () => {
  for (const [name] of doc.matchAll(/\btricorder_[a-z_]+/g)) expect(exposed).toContain(name);
});
