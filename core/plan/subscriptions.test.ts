import { describe, expect, test } from 'vitest';
import type { ObservedFacts } from '#core/model/observed.ts';
import { cluster, codes, down, facts, known, mesh, NODES, node, shown } from '#core/testing/nodes.ts';
import { planChange } from './planners.ts';

const sub = { cluster: 'shop', receiver: 'n2', subscription: 'sub_n2n1' } as const;
const enable = { kind: 'subscription-enable', ...sub } as const;
const disable = { kind: 'subscription-disable', ...sub } as const;
const drop = { kind: 'subscription-drop', ...sub } as const;
const create = { kind: 'subscription-create', cluster: 'shop', provider: 'n1', receiver: 'n2' } as const;
const slots = (change: object) => ({ slots: facts('n1').slots.map((each) => ({ ...each, ...change })) });
const own = (change: object) => ({
  subscriptions: facts('n2').subscriptions.map((each) => ({ ...each, ...change })),
});

test('are enabled and disabled by single statements: both are refused in a transaction block', () => {
  for (const request of [enable, disable]) {
    const texts = shown(request, planChange(request, mesh())).steps[0]?.sql;
    const verb = request.kind === 'subscription-enable' ? 'enable' : 'disable';
    expect(texts).toEqual([`SELECT spock.sub_${verb}('sub_n2n1', true);`]);
  }
});

describe('enabled', () => {
  test.each<[string, string[], Partial<ObservedFacts>]>([
    ['gone', ['slot-gone'], { slots: [] }],
    ['lost', ['slot-lost'], slots({ walStatus: 'lost' })],
    ['read by another', ['slot-active'], slots({ active: true })],
  ])('not when its slot is %s', (_how, expected, n1) => {
    expect(codes(planChange(enable, mesh({ n1, n2: own({ enabled: false }) })))).toEqual(expected);
  });

  test('may be while the provider cannot be read: the slot is then unknown, not gone', () => {
    const planned = planChange(enable, cluster(down('n1'), node('n2')));
    expect(codes(planned)).toEqual([]);
    expect(known(planned).join()).toContain('not known whether spk_shop_n1_sub_n2n1 is still there');
  });

  test('tells of a transaction that is stepped over, and of read-only', () => {
    const n2 = { ...own({ skipLsn: '0/1A2B' }), readOnly: 'all' };
    const text = known(planChange(enable, mesh({ n2 }))).join();
    expect(text).toContain('the transaction that commits at 0/1A2B on n1 is skipped');
    expect(text).toContain('wait until that is reset');
  });
});

test('several are one step of each receiver, and all are blocked by what blocks one', () => {
  const subscriptions = [
    { receiver: 'n3', subscription: 'sub_n3n1' },
    { receiver: 'n2', subscription: 'sub_n2n3' },
  ];
  const planned = planChange({ ...disable, subscriptions }, mesh());
  expect(planned.title).toBe('Disable 3 subscriptions');
  expect(planned.steps.map(({ id }) => id)).toEqual([
    'disable:n2',
    'wait:n2:sub_n2n1',
    'wait:n2:sub_n2n3',
    'disable:n3',
    'wait:n3:sub_n3n1',
  ]);
  expect(planned.steps[0]?.action).toMatchObject({ units: [{}, {}] });
  expect(known(planned)).toHaveLength(3);
  const gone = planChange({ ...enable, subscriptions }, mesh({ n1: { slots: [] } }));
  expect(codes(gone)).toEqual(['slot-gone', 'slot-gone']);
  expect(gone.steps).toEqual([]);
});

test('disabled: how much WAL is kept, and when that ends', () => {
  const text = (n1: Partial<ObservedFacts>) => known(planChange(disable, mesh({ n1 }))).join();
  expect(text(slots({ walHeldBytes: 2 ** 20 }))).toContain('(1 MB now)');
  expect(text({})).toContain('without limit');
  expect(text({ slotKeepBytes: 2 ** 30 })).toContain('1 GB at most (max_slot_wal_keep_size)');
  expect(known(planChange(disable, cluster(down('n1'), node('n2')))).join()).toContain('not known how much');
});

test('dropped: what is lost, and which node Spock forgets with it', () => {
  const planned = planChange(drop, mesh({ n1: slots({ unconfirmedBytes: 3 * 2 ** 20 }) }));
  expect(planned.steps[0]).toMatchObject({ risk: 'data', action: { type: 'unsubscribe', provider: 'n1' } });
  expect(known(planned)).toEqual([
    'n1 Slot: spk_shop_n1_sub_n2n1 is dropped with it; not applied yet: 3 MB of WAL',
    'n2 Node: it is the last subscription to n1 there: Spock forgets n1 on n2 with it',
  ]);
});

describe('made', () => {
  const bare = (change: Partial<ObservedFacts> = {}) => ({ subscriptions: [], ...change });
  const names = ['sub_n2n1', 'sub_n2n1_2', 'sub_n2n1_3'].map((subscription) => ({
    subscription,
    slot: `slot of ${subscription}`,
  }));
  const slotNames = { n1: names };
  const nameOf = (n1: Partial<ObservedFacts>, n2: Partial<ObservedFacts>, n3: Partial<ObservedFacts>) => {
    const planned = planChange(create, mesh({ n1, n2: bare({ slotNames, ...n2 }), n3 }));
    const action = planned.steps[0]?.action;
    return action !== undefined && 'subscription' in action
      ? action.subscription
      : /subscription_name := '([^']*)'/.exec(shown(create, planned).steps[0]?.sql.join() ?? '')?.[1];
  };

  test('by a name that is nobody’s: no subscription’s, and its slot neither', () => {
    expect(nameOf({ slots: [] }, {}, bare())).toBe('sub_n2n1');
    const taken = { ...(facts('n3').subscriptions[0] as object), name: 'sub_n2n1' } as never;
    expect(nameOf({ slots: [] }, {}, { subscriptions: [taken] })).toBe('sub_n2n1_2');
    const slot = { ...(facts('n1').slots[0] as object), name: 'slot of sub_n2n1' } as never;
    expect(nameOf({ slots: [slot] }, {}, bare())).toBe('sub_n2n1_2');
    const folded = { ...(facts('n3').subscriptions[0] as object), slot: 'slot of sub_n2n1' } as never;
    expect(nameOf({ slots: [] }, {}, { subscriptions: [folded] })).toBe('sub_n2n1_2');
    expect(nameOf({ slots: [] }, { origins: ['slot of sub_n2n1'] }, bare())).toBe('sub_n2n1_2');
    const all = names.map((each) => each.slot);
    const planned = planChange(create, mesh({ n2: bare({ slotNames, origins: all }) }));
    expect(codes(planned)).toEqual(['no-name']);
  });

  test('by a name that Spock takes, whatever the nodes are called', () => {
    const request = { ...create, provider: 'Zürich "3"' };
    const planned = planChange(request, cluster(node('Zürich "3"'), node('n2', bare())));
    expect(codes(planned)).toEqual([]);
    expect(JSON.stringify(planned.steps)).toContain('sub_n2z_rich_3_');
  });

  test.each<[string, string[], Partial<ObservedFacts>, Partial<ObservedFacts>]>([
    ['with a slot left at the provider', ['no-room'], { room: room({ slots: 10 }) }, {}],
    ['with a sender left at the provider', ['no-room'], { room: room({ senders: 10 }) }, {}],
    ['with a worker left at the receiver', ['no-room'], {}, { room: room({ workers: 10 }) }],
    ['with an origin left at the receiver', ['no-room'], {}, { room: room({ origins: 10 }) }],
    ['where the sets are there', ['no-set'], { sets: [] }, {}],
    ['on a primary', ['standby'], {}, { recovery: true }],
    ['between two nodes', ['same-node'], { nodeName: 'n2' }, {}],
    ['beside one that forwards', ['forwarding'], {}, { subscriptions: [forwards()] }],
  ])('only %s', (_what, expected, n1, n2) => {
    expect(codes(planChange(create, mesh({ n1, n2: bare(n2) })))).toEqual(expected);
  });

  test('tells that nothing is copied, and of a physical copy', () => {
    const systemId = '77';
    const planned = planChange(create, mesh({ n1: { systemId }, n2: bare({ systemId }) }));
    expect(codes(planned)).toEqual([]);
    expect(known(planned).join()).toContain('same system identifier');
    expect(known(planned).join()).toContain('existing rows are not copied');
  });

  test('not twice between two nodes, nor from a node to itself', () => {
    const made = (provider: string, receiver: string) =>
      codes(planChange({ ...create, provider, receiver }, cluster(...NODES.map((name) => node(name)))));
    expect(made('n1', 'n2')).toEqual(['subscribed']);
    expect(made('n2', 'n2')).toEqual(['same-node']);
    expect(made('n9', 'n2')).toEqual(['no-node']);
  });
});

test('a server that answers and lets nobody in is not unreachable', () => {
  const full = {
    name: 'n1',
    read: { ok: false as const, error: 'sorry, too many clients already', answered: true },
  };
  const planned = planChange(create, cluster(full, node('n2', { subscriptions: [] })));
  expect(codes(planned)).toEqual(['unread']);
  expect(planned.problems[0]?.message).toContain('too many clients');
});

function room(used: Partial<Record<'slots' | 'senders' | 'workers' | 'origins', number>>) {
  const limit = (what: 'slots' | 'senders' | 'workers' | 'origins') => ({
    setting: `max_${what}`,
    used: used[what] ?? 1,
    max: 10,
  });
  return {
    slots: limit('slots'),
    senders: limit('senders'),
    workers: limit('workers'),
    origins: limit('origins'),
  };
}

function forwards() {
  return {
    ...(facts('n2').subscriptions[1] as NonNullable<ObservedFacts['subscriptions'][number]>),
    forwardOrigins: ['all'],
  };
}
