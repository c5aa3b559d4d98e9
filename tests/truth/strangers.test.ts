/**
 * What answers and is not what it seems: a standby, another server, an error; and what nobody here knows: nodes that are not watched,
 * readers of other tools. Nothing that lives is called dead, and nothing unknown is called well.
 */
import { chown, cp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Snapshot } from '#core/model/snapshot.ts';
import { connectTo, type FieldMesh, fieldTest, ofCode, startField, stateOf } from './field-mesh.ts';

let opened: FieldMesh | null = null;
const field = (): FieldMesh => {
  if (opened === null) throw new Error('the servers were not started');
  return opened;
};
/** The fourth server has no node of the cluster: what it is, a test says. */
const SPARE = 4;
beforeAll(async () => {
  opened = await startField({ nodes: 3, spare: 1 });
}, 180_000);
afterAll(async () => {
  await opened?.stop();
}, 60_000);

const SOON = 20_000;
const text = ({ sentence }: Snapshot) => sentence.map((part) => part.text).join('');

describe('a server that answers with an error is not called silent', () => {
  fieldTest('when a lock on the catalogs is held', field, async (mesh) => {
    await mesh.settled();
    const holder = await connectTo(mesh.dsn('n2'));
    try {
      await holder.query('BEGIN; LOCK TABLE spock.subscription IN ACCESS EXCLUSIVE MODE');
      const said = await mesh.until(
        'n2 cannot be read',
        ({ nodes }) => nodes.some(({ name, error }) => name === 'n2' && error !== null),
        SOON,
      );
      const n2 = said.nodes.find(({ name }) => name === 'n2');
      expect(n2).toMatchObject({ state: 'unknown', error: { sqlstate: '55P03' } });
      expect(text(said)).toMatch(/n2 has been unreadable for/);
      expect(ofCode(said, 'node-unreachable')[0]?.title).toBe('n2 answers but cannot be read');
    } finally {
      await holder.end();
    }
    await mesh.settled();
  });

  fieldTest('when it has too many clients', field, async (mesh) => {
    await mesh.settled();
    const before = await mesh.one('n2', 'SHOW max_connections');
    // Each role may have so many: the roles of the subscriptions are the same, so the console alone is shut out by a limit of its own.
    await mesh.sql('n2', 'CREATE ROLE console LOGIN SUPERUSER PASSWORD $$console$$ CONNECTION LIMIT 0');
    await mesh.sql('n2', 'ALTER ROLE console NOSUPERUSER');
    const record = mesh.console.registry.get('field');
    if (record === undefined) throw new Error('field is not registered');
    const dsn = mesh
      .dsn('n2')
      .replace(/user=\S+/, 'user=console')
      .replace(/password=\S+/, 'password=console');
    mesh.console.registry.replace('field', {
      ...record,
      nodes: record.nodes.map((node) => (node.name === 'n2' ? { ...node, dsn } : node)),
    });
    try {
      const said = await mesh.until(
        'n2 accepts no connections',
        ({ nodes }) => nodes.some(({ name, error }) => name === 'n2' && error !== null),
        SOON,
      );
      expect(said.nodes.find(({ name }) => name === 'n2')).toMatchObject({
        state: 'unknown',
        error: { code: 'unavailable', sqlstate: '53300' },
      });
      expect(text(said)).toMatch(/n2 has been unreadable for/);
    } finally {
      mesh.console.registry.replace('field', record);
      await mesh.sql('n2', 'DROP ROLE console');
    }
    expect(await mesh.one('n2', 'SHOW max_connections')).toBe(before);
    await mesh.settled();
  });
});

describe('a server that dies again and again', () => {
  fieldTest(
    'is no worker that fails, and then hung it is what it is',
    field,
    async (mesh) => {
      await mesh.settled();
      const loops: string[] = [];
      // On the stand-in half of what is tried on a real Spock.
      const deaths = mesh.spock === null ? 2 : 4;
      const watching = mesh.during(deaths * 10_000, (now) => {
        for (const { title } of ofCode(now, 'apply-loop')) loops.push(title);
        for (const { failing, provider, receiver } of now.links)
          if (failing) loops.push(`${provider}>${receiver}`);
      });
      for (let time = 0; time < deaths; time++) {
        await mesh.servers.crash(3);
        await mesh.servers.start(3);
        await mesh.until('n3 is up', ({ nodes }) => nodes.every(({ state }) => state === 'up'), SOON);
      }
      await mesh.servers.freeze(3);
      try {
        const hung = await mesh.until(
          'n3 does not answer',
          ({ nodes }) => nodes.some(({ name, state }) => name === 'n3' && state === 'down'),
          SOON,
        );
        expect(text(hung)).toMatch(/n3 has not answered for/);
        await watching;
      } finally {
        await mesh.servers.thaw(3);
      }
      expect(loops).toEqual([]);
      await mesh.settled(120_000);
    },
    240,
  );
});

describe('readers that nobody here knows', () => {
  fieldTest(
    'a slot that was made for a node which is joining is no orphan, nor is any other meanwhile',
    field,
    async (mesh) => {
      await mesh.settled();
      const plugin = mesh.spock === null ? 'pgoutput' : 'spock_output';
      const slot = 'spk_orders_n1_sub_n1_n9';
      const group = 'spkgrp_orders_n1';
      for (const name of [slot, group])
        await mesh.sql('n1', `SELECT pg_create_logical_replication_slot('${name}', '${plugin}')`);
      try {
        const said = await mesh.until(
          'the slot is said to wait for its reader',
          (now) => ofCode(now, 'unknown-reader', { slot }).length === 1,
          100_000,
        );
        expect(ofCode(said, 'unknown-reader', { slot })[0]).toMatchObject({
          severity: 'info',
          title: 'n1 keeps a slot that nobody has read yet',
        });
        expect(ofCode(said, 'unknown-reader', { slot: group })).toEqual([]);
        expect(ofCode(said, 'orphan-slot')).toEqual([]);
        expect(JSON.stringify(ofCode(said, 'unknown-reader'))).not.toMatch(
          /slot-drop|pg_drop_replication_slot/,
        );
      } finally {
        for (const name of [slot, group]) await mesh.sql('n1', `SELECT pg_drop_replication_slot('${name}')`);
      }
      await mesh.until('it is gone', (now) => ofCode(now, 'unknown-reader').length === 0, SOON);
    },
    180,
  );

  fieldTest('a node that is not watched reads: it is said, and is nobody’s orphan', field, async (mesh) => {
    await mesh.settled();
    mesh.watch('two', { n1: mesh.dsn('n1'), n2: mesh.dsn('n2') });
    try {
      const said = await mesh.until(
        'readers are said to be unknown',
        (now) => ofCode(now, 'unknown-reader').length === 2,
        SOON,
        'two',
      );
      expect(ofCode(said, 'unknown-reader').map(({ title }) => title)).toEqual([
        'A node that the console does not know reads from n1',
        'A node that the console does not know reads from n2',
      ]);
      expect(ofCode(said, 'provider-unwatched', { provider: 'n3' })).toHaveLength(1);
      expect(said.health).toBe('warning');
      expect(text(said)).toContain('n3 is not watched');
    } finally {
      mesh.console.registry.remove('two');
    }
  });

  fieldTest(
    'and dies: the watched ones say so, and nothing is called well',
    field,
    async (mesh) => {
      await mesh.settled();
      mesh.watch('two', { n1: mesh.dsn('n1'), n2: mesh.dsn('n2') });
      await mesh.servers.shutDown(3);
      try {
        const said = await mesh.until(
          'the subscriptions to n3 are said to be down, or unknown',
          (now) =>
            ofCode(now, 'provider-unwatched').length === 1 &&
            (mesh.spock === null || ofCode(now, 'subscription-down', { provider: 'n3' }).length === 2),
          60_000,
          'two',
        );
        expect(said.health).not.toBe('ok');
        expect(ofCode(said, 'orphan-slot')).toEqual([]);
        const ms = mesh.spock === null ? 20_000 : 65_000;
        await mesh.during(ms, (now) => expect(ofCode(now, 'orphan-slot')).toEqual([]), 'two');
      } finally {
        mesh.console.registry.remove('two');
        await mesh.servers.start(3);
      }
      await mesh.settled(120_000);
    },
    300,
  );
});

describe('another server in a node’s place', () => {
  fieldTest(
    'a standby says nothing of its primary’s links, and no plan runs there',
    field,
    async (mesh) => {
      await mesh.settled();
      const { servers } = mesh;
      await servers.shutDown(SPARE);
      await servers.shutDown(1);
      const [from, to] = [servers.dataFolder(1), servers.dataFolder(SPARE)];
      await rm(to, { recursive: true, force: true });
      await cp(from, to, { recursive: true, preserveTimestamps: true });
      const { uid, gid } = await stat(from);
      await chownAll(to, uid, gid);
      await servers.start(1);
      await mesh.settled(120_000);
      const primary = mesh.dsn('n1').replace(/dbname=\S+/, '');
      await writeFile(
        join(to, 'postgresql.auto.conf'),
        `port = ${servers.port(SPARE)}\nprimary_conninfo = '${primary}'\n`,
      );
      await writeFile(join(to, 'standby.signal'), '');
      await chownAll(to, uid, gid);
      await servers.start(SPARE);
      mesh.watch('moved', { n1: servers.dsn(SPARE), n2: mesh.dsn('n2'), n3: mesh.dsn('n3') });
      try {
        const said = await mesh.until(
          'the standby is said to be one',
          (now) =>
            ofCode(now, 'standby', { node: 'n1' }).length === 1 &&
            now.nodes.every(({ observedAt }) => observedAt !== null),
          SOON,
          'moved',
        );
        expect(ofCode(said, 'standby')[0]?.title).toMatch(/^n1 at .* is a standby \(in recovery\)$/);
        await mesh.during(
          15_000,
          (now) => {
            expect(ofCode(now, 'subscription-down')).toEqual([]);
            expect(ofCode(now, 'orphan-slot')).toEqual([]);
            for (const link of now.links) {
              const touches = link.provider === 'n1' || link.receiver === 'n1';
              expect(link.state, `${link.provider}>${link.receiver}`).toBe(
                touches ? 'unknown' : 'replicating',
              );
            }
          },
          'moved',
        );
        const plan = await mesh.console.runner.plan({
          kind: 'subscription-disable',
          cluster: 'moved',
          receiver: 'n1',
          subscription: 'sub_n1n2',
        });
        expect(plan.problems.map(({ code }) => code)).toEqual(['standby']);
      } finally {
        mesh.console.registry.remove('moved');
        await servers.crash(SPARE);
      }
    },
    300,
  );

  fieldTest(
    'a server with a node of the same name is not taken for the node',
    field,
    async (mesh) => {
      await mesh.settled();
      const { servers } = mesh;
      const record = mesh.console.registry.get('field');
      const known = record?.nodes.find(({ name }) => name === 'n3');
      if (record === undefined || known === undefined) throw new Error('n3 is not registered');
      expect(known.systemIdentifier).toBe(
        await mesh.one('n3', 'SELECT system_identifier::text FROM pg_control_system()'),
      );
      await servers.renew(SPARE);
      const dsn = servers.dsn(SPARE);
      await servers.sql(SPARE, 'CREATE EXTENSION spock CASCADE');
      await servers.sql(SPARE, `SELECT spock.node_create('n3', '${dsn}')`);
      mesh.console.registry.replace('field', {
        ...record,
        nodes: record.nodes.map((node) => (node.name === 'n3' ? { ...known, dsn } : node)),
      });
      try {
        const said = await mesh.until(
          'another server is said to answer',
          (now) => ofCode(now, 'node-replaced', { node: 'n3' }).length === 1,
          SOON,
        );
        expect(said.nodes.find(({ name }) => name === 'n3')).toMatchObject({
          state: 'unknown',
          error: { code: 'replaced' },
        });
        expect(stateOf(said, 'n3', 'n1')?.state).toBe('unknown');
        expect(stateOf(said, 'n1', 'n2')?.state).toBe('replicating');
        expect(said.health).toBe('critical');
        const plan = await mesh.console.runner.plan({
          kind: 'subscription-disable',
          cluster: 'field',
          receiver: 'n3',
          subscription: 'sub_n3n1',
        });
        expect(plan.problems.map(({ code }) => code)).toEqual(['unread']);
      } finally {
        mesh.console.registry.replace('field', record);
        await mesh.settled(60_000);
      }
    },
    180,
  );
});

async function chownAll(folder: string, uid: number, gid: number): Promise<void> {
  await chown(folder, uid, gid);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }))
    await chown(join(entry.parentPath, entry.name), uid, gid);
}
