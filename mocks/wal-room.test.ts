import { expect, test, vi } from 'vitest';
import { Cluster } from '#core/contract/clusters.ts';
import type { FieldIssue } from '#core/contract/errors.ts';
import { mockWorld } from './node.ts';

// A world is lived through for a quarter of an hour before it answers.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const GIGABYTE = 1024 ** 3;

const patch = (mock: ReturnType<typeof mockWorld>, cluster: string, walRoom: object) =>
  mock.fetch(`http://mock/api/v1/clusters/${cluster}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ walRoom }),
  });

test('what a disk has free is kept, used up by what is held since, and raises a finding', async () => {
  const mock = mockWorld('node-down');
  const roomOf = async (response: Response) => Cluster.parse(await response.json()).nodes[0]?.walRoom;
  const said = await roomOf(await patch(mock, 'orders', { n1: GIGABYTE / 2 }));
  expect(said).toMatchObject({ source: 'entered', freeBytes: GIGABYTE / 2, bytesLeft: GIGABYTE / 2 });
  expect(said?.heldBytes).toBeGreaterThan(800 * 1024 ** 2);
  mock.world.advance(60_000);
  const later = await roomOf(await mock.fetch('http://mock/api/v1/clusters/orders'));
  // 3.3 MB/s for a minute.
  expect((later?.freeBytes ?? 0) - (later?.bytesLeft ?? 0)).toBeGreaterThan(150 * 1024 ** 2);
  const snapshot = mock.world.snapshot('orders');
  const finding = snapshot?.findings.find(
    ({ code, subject }) => code === 'slot-bloat' && subject.node === 'n1',
  );
  expect(finding).toMatchObject({ severity: 'critical' });
  expect(finding?.detail).toContain('of the 512 MB of free space entered for n1 1 m ago');
  expect(snapshot?.sentence.map(({ text }) => text).join('')).toMatch(
    /n1 has room for 1 m \d+ s more before its disk is full \(512 MB free, entered 1 m ago\)/,
  );
});

test("a node that is not there is refused on the field; the disk of a sandbox is the machine's", async () => {
  const mock = mockWorld('healthy');
  const refused = await patch(mock, 'orders', { n9: GIGABYTE });
  expect(refused.status).toBe(422);
  const { data } = (await refused.json()) as { data: { issues: FieldIssue[] } };
  expect(data.issues).toMatchObject([{ path: ['walRoom', 'n9'], code: 'unknown-node' }]);
  const sandbox = mockWorld('standin-sandbox');
  expect((await patch(sandbox, 'demo', { n1: GIGABYTE })).status).toBe(409);
  const shown = Cluster.parse(await (await sandbox.fetch('http://mock/api/v1/clusters/demo')).json());
  expect(shown.nodes.map(({ walRoom }) => walRoom?.source)).toEqual(['machine', 'machine', 'machine']);
});
