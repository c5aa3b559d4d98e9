import { describe, expect, test } from 'vitest';
import type { Observed, ObservedFacts, ObservedNode } from '#core/model/observed.ts';
import { Plan } from '#core/model/plan.ts';
import { cluster, codes, down, facts, known, node, shown } from '#core/testing/nodes.ts';
import { planChange } from './planners.ts';

const request = { kind: 'node-remove', cluster: 'shop', node: 'n3' } as const;
const remove = (nodes: ObservedNode[], also: Partial<Observed> = {}) =>
  planChange(request, { ...cluster(...nodes), ...also });

/** What a survivor of n3 says, whose slots for n3 nobody reads. */
function survivor(name: string, lsn: string | null, change: Partial<ObservedFacts> = {}): ObservedNode {
  const of = facts(name);
  return node(name, {
    slots: of.slots.map((slot) =>
      slot.name.includes('sub_n3') ? { ...slot, active: false, walHeldBytes: 4096 } : slot,
    ),
    applied: [{ subscription: `sub_${name}n3`, provider: 'n3', lsn, lastCommitAt: '2026-11-20 12:00:05+00' }],
    nodeIds: { n1: '49708', n2: '26863', n3: '9057' },
    slotEndings: [`_${name}_sub_n3${name}`],
    ...change,
  });
}
const both = () => [survivor('n1', '0/2000'), survivor('n2', '0/2000')];

describe('a node that is dead', () => {
  test('is given up by all that survive it, after each has noted how far it has come', () => {
    const planned = remove([...both(), down('n3')]);
    expect(codes(planned)).toEqual([]);
    const asShown = Plan.parse(shown(request, planned));
    const byId = new Map(asShown.steps.map((step) => [step.id, step]));
    const notes = ['silent', 'applied:n1', 'applied:n2'];
    for (const name of ['n1', 'n2']) {
      const [sub, slot] = [`drop:${name}:sub_${name}n3`, `slots:${name}`];
      expect(byId.get(sub)?.after).toEqual(notes);
      expect(byId.get(slot)?.after).toEqual(notes);
      expect(byId.get(sub)?.sql.join()).toContain(`spock.sub_drop('sub_${name}n3', true)`);
      expect(byId.get(slot)?.sql).toEqual([
        `SELECT pg_drop_replication_slot('spk_shop_${name}_sub_n3${name}');`,
      ]);
      expect(byId.get(`node:${name}`)?.after).toContain(sub);
      expect(byId.get(`node:${name}`)?.sql).toEqual([`SELECT spock.node_drop('n3', true);`]);
    }
    expect(byId.get('forget')?.after.length).toBe(asShown.steps.length - 1);
    // Nothing is done on the dead node itself, so that no lock is wanted there.
    expect(asShown.steps.filter((step) => step.node === 'n3')).toEqual([]);
    expect(known(planned).join('\n')).toContain('must be copied again');
  });

  test('leaves what spock.progress had of it, where that is a table', () => {
    const planned = remove([
      survivor('n1', '0/2000', { keepsProgress: true }),
      survivor('n2', '0/2000'),
      down('n3'),
    ]);
    const [asShown] = shown(request, planned).steps.filter(({ id }) => id === 'node:n1');
    expect(asShown?.sql.join()).toContain(`DELETE FROM spock.progress WHERE remote_node_id = '9057'::oid`);
  });

  test('who has less of it than another is said in bytes, and that rows stay different', () => {
    const planned = remove([survivor('n1', '0/2000'), survivor('n2', '0/1000'), down('n3')]);
    expect(known(planned)).toContainEqual(
      'n2 Applied of n3: 0/1000, last commit 2026-11-20 12:00:05+00: 4 kB of its WAL behind the node that has most',
    );
    expect(known(planned).join('\n')).toContain('Compare the tables of n1 and n2');
    expect(planned.checks.find(({ node, name }) => node === 'n1' && name.startsWith('Applied'))?.result).toBe(
      'ok',
    );
  });

  test('rows that one has and another lacks are counted, where they can be', () => {
    const lacked = [{ node: 'n2', tables: [{ schema: 'public', table: 't', rows: 1200 }] }];
    const of = (tables: typeof lacked) =>
      known(remove([survivor('n1', '0/2000', { lacked: tables }), survivor('n2', '0/1000'), down('n3')]));
    expect(of(lacked)).toContain(
      'n2 Rows of n3: up to 1,200 rows that n2 lacks, inserted or updated there: public.t 1,200. Deletes are not counted',
    );
    expect(of([{ node: 'n2', tables: [] }]).join()).toContain('none that n2 lacks was found');
  });

  test('and hung: its connections that stand and do not answer are ended', () => {
    const of = survivor('n1', '0/2000');
    if (!of.read.ok) throw new Error('down');
    const slots = of.read.facts.slots.map((slot) =>
      slot.name.includes('sub_n3') ? { ...slot, active: true, answeredSecondsAgo: 41 } : slot,
    );
    const planned = remove([survivor('n1', '0/2000', { slots }), survivor('n2', '0/2000'), down('n3')]);
    expect(codes(planned)).toEqual([]);
    expect(known(planned).join('\n')).toContain('has not answered for 41 s: it is terminated');
  });
});

describe('a node that is not known to be dead is not given up', () => {
  test.each<[string, string, ObservedNode[], Partial<Observed>?]>([
    [
      'it answers that it is too busy',
      'alive',
      [
        ...both(),
        { name: 'n3', read: { ok: false, error: 'sorry, too many clients already', answered: true } },
      ],
    ],
    [
      'its certificate is not taken, or its DSN is of no use',
      'not-silent',
      [...both(), { name: 'n3', read: { ok: false, error: 'self-signed certificate' } }],
    ],
    [
      'it reads from its peers',
      'still-reads',
      [node('n1', { applied: [] }), node('n2', { applied: [] }), down('n3')],
      {
        remembered: [{ receiver: 'n3', name: 'sub_n3n1', provider: 'n1', slot: 'spk_shop_n1_sub_n3n1' }],
      },
    ],
    ['it is not of this cluster', 'no-node', both()],
    ['it is a server of a sandbox', 'sandbox', [...both(), down('n3')], { isSandbox: true }],
    ['nobody else answers', 'no-survivors', [down('n1'), down('n2'), down('n3')]],
    [
      'how far a survivor has come cannot be read',
      'unread',
      [survivor('n1', null, { unread: { applied: 'permission denied' } }), survivor('n2', '0/1'), down('n3')],
    ],
  ])('%s', (_, code, nodes, also) => {
    const planned = remove(nodes, also);
    expect(codes(planned)).toContain(code);
    expect(planned.steps).toEqual([]);
    for (const problem of planned.problems) expect(problem.remedy).not.toBe('');
  });
});

describe('whose slots go', () => {
  const odd = {
    name: 'spk_shop_n1_odd',
    plugin: 'spock_output',
    database: 'shop',
    active: false,
    walHeldBytes: 7,
  };
  const dropped = (nodes: ObservedNode[], also: Partial<Observed> = {}) =>
    remove(nodes, also).steps.flatMap(({ action }) => (action.type === 'drop-slots' ? action.slots : []));

  test('those of its subscriptions as they were last read, whatever they are called, with those of its copies', () => {
    const slots = [odd, { ...odd, name: 'spk_shop_n1_odd_1a2b3c4d' }, { ...odd, name: 'spk_shop_n1_other' }];
    const remembered = [{ receiver: 'n3', name: 'odd', provider: 'n1', slot: 'spk_shop_n1_odd' }];
    const nodes = [survivor('n1', '0/1', { slots }), survivor('n2', '0/1', { slots: [] }), down('n3')];
    expect(dropped(nodes, { remembered })).toEqual(['spk_shop_n1_odd', 'spk_shop_n1_odd_1a2b3c4d']);
    // After a restart of the console nothing says whose they are.
    expect(dropped(nodes)).toEqual([]);
    expect(known(remove(nodes)).join('\n')).toContain(
      'no known subscription reads spk_shop_n1_odd, so it is kept',
    );
  });

  test('never one that a subscription of another node reads', () => {
    const of = facts('n2').subscriptions[0] as ObservedFacts['subscriptions'][number];
    const taken = { ...of, provider: 'n1', slot: 'spk_shop_n1_sub_n3n1' };
    const nodes = [
      survivor('n1', '0/1'),
      survivor('n2', '0/1', { subscriptions: [taken], slots: [] }),
      down('n3'),
    ];
    expect(dropped(nodes)).toEqual([]);
  });

  test('by their usual names only while no other node is unread; of another database never', () => {
    const four = down('n4');
    expect(dropped([...both(), down('n3'), four])).toEqual([]);
    const remembered = [{ receiver: 'n3', name: 'sub_n3n1', provider: 'n1', slot: 'spk_shop_n1_sub_n3n1' }];
    expect(dropped([...both(), down('n3'), four], { remembered })).toEqual(['spk_shop_n1_sub_n3n1']);
    const slots = [{ ...odd, name: 'spk_shop_n1_sub_n3n1', database: 'other' }];
    expect(dropped([survivor('n1', '0/1', { slots }), down('n3')], { remembered })).toEqual([]);
  });
});

test('while another node cannot be read it stays in the console, and is planned again', () => {
  const planned = remove([...both(), down('n3'), down('n4')]);
  expect(codes(planned)).toEqual([]);
  expect(planned.steps.map(({ id }) => id)).not.toContain('forget');
  expect(known(planned).join('\n')).toMatch(
    /n4 Read: could not be read .* until then n3 stays in the console/,
  );
});
