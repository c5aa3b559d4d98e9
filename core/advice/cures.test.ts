/** Every finding opens a plan of the kinds that its code has, or says why it opens none. */
import { expect, test } from 'vitest';
import { FindingCode } from '#core/model/finding.ts';
import { scenariosOf, versions } from '#core/testing/recorded.ts';
import { RecordedCluster } from '#core/testing/recorded-cluster.ts';
import { cures } from './cures.ts';

test('each code says what it opens, and why a finding of it may open nothing', () => {
  expect(Object.keys(cures).sort()).toEqual([...FindingCode.options].sort());
  for (const [code, { plans, otherwise }] of Object.entries(cures)) {
    expect(otherwise, code).toMatch(/^No plan: .{20,}\.$/);
    expect(new Set(plans).size, code).toBe(plans.length);
  }
});

test('whatever is found on recorded clusters opens a plan of those, or says why not', () => {
  let plans = 0;
  let told = 0;
  for (const version of versions) {
    for (const scenario of scenariosOf(version)) {
      const cluster = new RecordedCluster(version);
      cluster.show(scenario);
      for (const { code, title, remedy } of cluster.hold(60).findings) {
        if (remedy?.plan === undefined) {
          expect(remedy?.noPlan, title).toBe(cures[code].otherwise);
          told += 1;
        } else {
          expect(cures[code].plans, title).toContain(remedy.plan.kind);
          expect(remedy.noPlan, title).toBeUndefined();
          plans += 1;
        }
      }
    }
  }
  expect(Math.min(plans, told)).toBeGreaterThan(20);
});
