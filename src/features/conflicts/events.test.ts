import { describe, expect, it } from 'vitest';
import type { Conflict } from '#core/contract/history.ts';
import { insertOf } from './compare-rows.tsx';
import { columnsOf, eventsOf, findEvent, groupsOf, keyOf, loses } from './events.ts';
import { groupLine, stampsOf, verdictOf } from './verdict.ts';

const tuple = (row: Record<string, unknown>) => ({ json: row, text: JSON.stringify(row) });
const at = (ms: number) => `2025-11-21T23:58:39.${String(ms).padStart(3, '0')}Z`;
const mine = tuple({ id: 50, bal: 1, note: 'n1' });
const yours = tuple({ id: 50, bal: 2, note: 'n2' });

/** What three nodes of Spock 6.0.0 wrote of one insert against another (and n2 alone of a deletion). */
const seenBy: Conflict[] = [
  view('n1', '1', 'apply_remote', ['n1', mine, at(33)], ['n2', yours, at(34)], at(102)),
  view('n2', '1', 'keep_local', ['n2', yours, at(34)], ['n1', mine, at(33)], at(97)),
  view(
    'n2',
    '2',
    'skip',
    ['n2', tuple({ id: 2, bal: 99, note: 'b' }), at(37)],
    ['n1', null, at(36)],
    at(98),
    'delete_exists',
  ),
  view('n3', '1', 'apply_remote', ['n1', mine, at(33)], ['n2', yours, at(34)], at(34)),
];

type Side = [origin: string | null, tuple: Conflict['localTuple'], at: string];
function view(
  node: string,
  id: string,
  resolution: string,
  local: Side,
  remote: Side,
  seenAt: string,
  type = 'insert_exists',
): Conflict {
  return {
    node,
    id,
    at: seenAt,
    schema: 'public',
    table: 'acct',
    index: 'acct_pkey',
    type,
    resolution,
    localOrigin: local[0],
    localTuple: local[1],
    localXid: '744',
    localAt: local[2],
    remoteOrigin: remote[0],
    remoteTuple: remote[1],
    remoteXid: '743',
    remoteAt: remote[2],
    remoteLsn: '0/19CB388',
  };
}

describe('eventsOf', () => {
  it('brings three views of one insert together, though one node saw it the other way round', () => {
    const events = eventsOf(seenBy);
    expect(events.map((event) => [event.type, event.views.map((one) => one.node)])).toEqual([
      ['insert_exists', ['n1', 'n2', 'n3']],
      ['delete_exists', ['n2']],
    ]);
    expect(events[0]).toMatchObject({
      won: 'remote',
      local: { origin: 'n1' },
      remote: { origin: 'n2' },
      at: at(102),
    });
  });

  it('does not count a view twice when a page is read again', () => {
    expect(eventsOf([...seenBy, ...seenBy])[0]?.views).toHaveLength(3);
  });

  it('says so when the nodes kept different rows', () => {
    const apart = [seenBy[0], { ...seenBy[1], resolution: 'apply_remote' }] as Conflict[];
    const [event] = eventsOf(apart);
    expect(event?.won).toBeNull();
    expect(event && loses(event)).toBe(true);
    expect(event && verdictOf(event)).toBe(
      'n1 kept n2’s row and n2 kept n1’s row. The row is not the same on all nodes.',
    );
  });

  it('finds an event by any of its views', () => {
    const events = eventsOf(seenBy);
    expect(findEvent(events, 'n3:1')).toBe(events[0]);
    expect(findEvent(events, 'n3:9')).toBeNull();
  });
});

describe('an event', () => {
  const [insert, deletion] = eventsOf(seenBy);
  if (!insert || !deletion) throw new Error('two events');

  it('marks the columns that differ', () => {
    expect(columnsOf(insert)?.map((pair) => [pair.column, pair.differs])).toEqual([
      ['id', false],
      ['bal', true],
      ['note', true],
    ]);
  });

  it('shows a tuple that is not JSON as it stands', () => {
    const odd = eventsOf([{ ...seenBy[0], localTuple: { json: null, text: '(50,1,n1)' } } as Conflict])[0];
    expect(odd && columnsOf(odd)).toBeNull();
  });

  it('is called by its key, else by a column that both have', () => {
    expect(keyOf(insert, ['note', 'id'])).toEqual([
      { column: 'note', value: 'n2' },
      { column: 'id', value: 50 },
    ]);
    expect(keyOf(insert, [])).toEqual([{ column: 'id', value: 50 }]);
  });

  it('says who won and what became of the other', () => {
    expect(verdictOf(insert)).toBe('n2’s row was kept on n1, n2 and n3. n1’s row is no longer in any table.');
    expect(verdictOf(deletion)).toBe('n2’s row was kept on n2. n1’s deletion did nothing there.');
  });

  it('corrects the stamps by the measured clocks', () => {
    const clocks = { n1: 0, n2: 0.0184 } as Record<string, number>;
    const clockOf = (node: string) => ({ offsetSeconds: clocks[node] ?? 0, uncertaintySeconds: 0.0008 });
    const stamps = stampsOf(insert, clockOf);
    expect(stamps?.remoteLaterMs).toBe(1);
    expect(stamps?.correctedMs).toBeCloseTo(-17.4);
    expect(stamps?.uncertaintyMs).toBeCloseTo(1.6);
    expect(stamps?.clocksDecided).toBe(true);
    expect(stampsOf(insert, () => null)).toMatchObject({ correctedMs: null, clocksDecided: false });
  });
});

it('writes the lost row as a statement, quoted', () => {
  const [event] = eventsOf(seenBy);
  if (!event) throw new Error('an event');
  const odd = { ...event, table: 'o"dd' };
  expect(insertOf(odd, { ...event.local, tuple: tuple({ id: 50, note: "it's", gone: null }) })).toBe(
    `INSERT INTO "public"."o""dd" ("id", "note", "gone") VALUES ('50', 'it''s', NULL);`,
  );
  expect(insertOf(odd, { ...event.local, tuple: { json: null, text: '(50)' } })).toBeNull();
});

describe('groups', () => {
  it('puts tables whose rows were lost first, newest first', () => {
    const groups = groupsOf(eventsOf(seenBy));
    expect(groups.map((group) => [group.key, group.events.length])).toEqual([
      ['public.acct insert_exists', 1],
      ['public.acct delete_exists', 1],
    ]);
    expect(groups.map((group) => groupLine(group, []).words)).toEqual(['rows lost', 'n1 deleted, n2 wrote']);
  });

  it('knows columns that are summed', () => {
    const update = view(
      'n1',
      '7',
      'apply_remote',
      ['n1', tuple({ sku: 1, on_hand: 5 }), at(1)],
      ['n2', tuple({ sku: 1, on_hand: 6 }), at(2)],
      at(3),
      'update_update',
    );
    const [group] = groupsOf(eventsOf([update]));
    expect(group && groupLine(group, ['on_hand'])).toEqual({
      tone: 'sum',
      words: 'on_hand summed, nothing lost',
    });
    expect(group && groupLine(group, [])).toEqual({ tone: 'plain', words: 'later update kept' });
  });
});
