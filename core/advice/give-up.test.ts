import { expect, test } from 'vitest';
import type { Snapshot } from '#core/model/snapshot.ts';
import { changeFast, type Step, seenAfter } from '#core/testing/seen.ts';

const GIVE_UP = { kind: 'node-remove', cluster: expect.any(String), node: 'n3' };
const plansOf = ({ findings }: Snapshot, code: string) =>
  findings.filter((finding) => finding.code === code).map(({ remedy }) => remedy?.plan);
const after = (steps: Step[], slots?: object) =>
  seenAfter('5.0.11', ['healthy', 'node-n3-down-with-backlog', ...steps], (cluster) => {
    cluster.thresholds = { lagSeconds: 10, walHeldBytes: 1024 ** 2 };
    if (slots === undefined) return;
    cluster.change = changeFast('n1', (facts) => ({
      slots: facts.slots.map((slot) => ({ ...slot, ...slots })),
    }));
  });

test('a node that is silent for minutes is not offered to be given up, one that is so for long is', () => {
  expect(plansOf(after([60]), 'node-unreachable')).toEqual([undefined]);
  const long = after([700]);
  expect(plansOf(long, 'node-unreachable')).toEqual([GIVE_UP]);
  expect(long.findings.find(({ code }) => code === 'node-unreachable')?.remedy?.text).toContain('give it up');
});

test('where what is kept for it presses, it is offered at once, on each that keeps it', () => {
  const held = after([]).findings.filter(({ code }) => code === 'slot-bloat');
  const offered = held.filter(({ remedy }) => remedy?.plan !== undefined);
  expect(offered.map(({ subject }) => [subject.node, subject.receiver])).toEqual([
    ['n1', 'n3'],
    ['n2', 'n3'],
  ]);
  expect(offered.map(({ remedy }) => remedy?.plan)).toEqual([GIVE_UP, GIVE_UP]);
});

test('never one from which a peer still hears', () => {
  const heard = after([700], { active: true });
  expect(plansOf(heard, 'node-unreachable')).toEqual([undefined]);
  expect(plansOf(heard, 'slot-bloat')).not.toContainEqual(GIVE_UP);
});

test('no server that the console starts again by itself', () => {
  const sandbox = seenAfter('5.0.11', ['healthy', 'node-n3-down-with-backlog', 700], (cluster) => {
    cluster.thresholds = { lagSeconds: 10, walHeldBytes: 1024 ** 2 };
    cluster.change = (node) => ({
      ...node,
      walRoom: { source: 'machine', freeBytes: 1024 ** 4, at: '2026-11-20T12:00:00Z', heldBytes: null },
    });
  });
  expect(plansOf(sandbox, 'slot-bloat')).not.toContainEqual(GIVE_UP);
  const [silent] = sandbox.findings.filter(({ code }) => code === 'node-unreachable');
  expect(silent?.remedy?.plan).toBeUndefined();
  expect(silent?.remedy?.text).toContain('restarts a sandbox server that exits');
});
