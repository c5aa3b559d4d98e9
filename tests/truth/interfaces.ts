/** The ways by which nodes reach each other, which are not the console's. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect } from 'vitest';
import type { Snapshot } from '#core/model/snapshot.ts';
import { findingsOf, linkOf, type Mesh } from './mesh.ts';
import { type Trial, truth } from './suite.ts';

/** A worker that fails is started anew each 5 s, and has failed for 20 s when it is said. */
const SAID_WITHIN = 60_000;
/** Longer than it takes until an interface is said to be stale. */
const NOT_SAID_FOR = 27_000;
const SUBJECT = { provider: 'n1', receiver: 'n2', subscription: 'sub_n2n1' };

export function interfacesSuite(mesh: () => Mesh): void {
  describe('an interface', () => {
    truth('by another address than the console’s is no finding', mesh, forwarded, 90);
    truth('that leads nowhere is said, and no more once it is mended', mesh, deadPort, 150);
    truth('that leads to another server is said, and no more once it is mended', mesh, wrongServer, 150);
    truth('is not blamed where the receiver has no worker to spare', mesh, noWorker, 150);
  });
}

const portOf = (dsn: string): number => Number(/port=(\d+)/.exec(dsn)?.[1]);
const withAddress = (dsn: string, host: string, port: number): string =>
  dsn.replace(/host=\S+/, `host=${host}`).replace(/port=\d+/, `port=${port}`);

/** While n2 uses `dsn` for n1. */
async function pointed(mesh: Mesh, dsn: string, work: () => Promise<void>): Promise<void> {
  await mesh.settled();
  await mesh.sql('n2', "SELECT spock.node_add_interface('n1', 'elsewhere', $1)", [dsn]);
  try {
    await mesh.sql('n2', "SELECT spock.sub_alter_interface('sub_n2n1', 'elsewhere')");
    await mesh.watcher.refresh();
    await work();
  } finally {
    await mesh.sql('n2', "SELECT spock.sub_alter_interface('sub_n2n1', 'n1')");
    await mesh.settled(60_000);
    await mesh.sql('n2', "SELECT spock.node_drop_interface('n1', 'elsewhere')");
  }
  await mesh.until('nothing is said of it any more', (now) => isUnsaid(now), 20_000);
}

const isUnsaid = (now: Snapshot): boolean =>
  ['stale-interface', 'subscription-down', 'apply-loop'].every((code) => findingsOf(now, code).length === 0);

/** A port of this machine that leads on to another, as NAT would. */
async function forward(
  port: number,
): Promise<{ port: number; used: () => number; close: () => Promise<void> }> {
  let used = 0;
  const server = createServer((socket) => {
    used += 1;
    const onwards = connect(port, '127.0.0.1');
    for (const end of [socket, onwards]) {
      end.on('error', () => undefined);
      end.on('close', () => {
        socket.destroy();
        onwards.destroy();
      });
    }
    socket.pipe(onwards).pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, used: () => used, close };
}

async function forwarded({ mesh }: Trial): Promise<void> {
  const dsn = mesh.dsn('n1');
  const way = await forward(portOf(dsn));
  try {
    await pointed(mesh, withAddress(dsn, 'localhost', way.port), async () => {
      const snapshot = await mesh.until(
        'n2 reads n1 by the other address',
        ({ subscriptions, links }) =>
          way.used() > 0 &&
          links.every(({ state }) => state === 'replicating') &&
          subscriptions.some(({ providerDsn }) => providerDsn?.includes(`port=${way.port}`)),
        30_000,
      );
      expect(isUnsaid(snapshot)).toBe(true);
      expect(findingsOf(snapshot, 'membership-differs')).toEqual([]);
    });
  } finally {
    await way.close();
  }
}

async function deadPort({ mesh }: Trial): Promise<void> {
  const way = await forward(1);
  await way.close();
  await pointed(mesh, withAddress(mesh.dsn('n1'), '127.0.0.1', way.port), () => isSaid(mesh, way.port));
}

async function wrongServer({ mesh }: Trial): Promise<void> {
  await pointed(mesh, mesh.dsn('n3'), () => isSaid(mesh, portOf(mesh.dsn('n3'))));
}

/** It is the one finding of that subscription, and says where it leads. */
async function isSaid(mesh: Mesh, port: number): Promise<void> {
  const snapshot = await mesh.until(
    'the interface is said to be stale',
    (now) => findingsOf(now, 'stale-interface', SUBJECT).length === 1,
    SAID_WITHIN,
  );
  const [finding] = findingsOf(snapshot, 'stale-interface');
  expect(finding?.title).toBe('n2 cannot connect to n1, or reaches another server');
  expect(finding?.evidence.find(({ name }) => name === 'n2 uses')?.value).toContain(`port=${port}`);
  expect(snapshot.health).toBe('critical');
  expect(linkOf(snapshot, 'n1', 'n2').state).toBe('down');
  expect(linkOf(snapshot, 'n1', 'n3').state).toBe('replicating');
  const others = snapshot.findings.filter(({ subject }) => subject.subscription === 'sub_n2n1');
  expect(others.map(({ code }) => code)).toEqual(['stale-interface']);
}

/** n1's slot stands there free and unread, as with a dead address. */
async function noWorker({ mesh }: Trial): Promise<void> {
  await mesh.settled();
  await mesh.watcher.refresh();
  const workersOf = (now: Snapshot) =>
    now.nodes.find(({ name }) => name === 'n3')?.capacity.find(({ name }) => name === 'max_worker_processes');
  const used = workersOf(mesh.snapshot())?.used ?? 0;
  await mesh.sql('n3', `ALTER SYSTEM SET max_worker_processes = ${used - 1}`);
  try {
    await mesh.restart('n3');
    const isDown = ({ links }: Snapshot) =>
      links.some(({ receiver, state }) => receiver === 'n3' && state === 'down');
    await mesh.until(
      'a subscription of n3 is down, and its workers are used up',
      (now) => isDown(now) && findingsOf(now, 'capacity', { node: 'n3' }).length > 0,
      60_000,
    );
    const since = Date.now();
    // Whichever worker got no place: the manager starts over, and takes its others with it.
    const isSaidOtherwise = (now: Snapshot) =>
      ['subscription-down', 'apply-loop'].some(
        (code) => findingsOf(now, code, { receiver: 'n3' }).length > 0,
      );
    await mesh.until(
      'it is down for long, that is said, and the interface is not blamed',
      (now) => {
        expect(findingsOf(now, 'stale-interface')).toEqual([]);
        return isDown(now) && isSaidOtherwise(now) && Date.now() - since > NOT_SAID_FOR;
      },
      60_000,
    );
  } finally {
    await mesh.sql('n3', 'ALTER SYSTEM RESET max_worker_processes');
    await mesh.restart('n3');
    await mesh.settled(60_000);
  }
}
