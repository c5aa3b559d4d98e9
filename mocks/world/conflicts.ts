/** Rows of spock.resolutions and spock.exception_log as three nodes of the shop would have them. */
import type { Conflict, Exception } from '#core/contract/history.ts';
import type { SimCluster } from './model.ts';
import { chance, seedOf } from './random.ts';
import { lsnText } from './wal.ts';

const HOUR = 3_600_000;

/** One meeting of two writes, before it is told from each node's side. */
interface Meeting {
  at: number;
  table: string;
  index: string;
  type: string;
  /** The write that was there first, and the one that came. */
  earlier: Side;
  later: Side;
  /** Nodes that saw it. */
  seen: string[];
}

interface Side {
  node: string;
  row: Record<string, unknown> | null;
  xid: string;
  at: number;
  lsn: number;
}

const iso = (at: number): string => new Date(at).toISOString();
const tuple = (row: Record<string, unknown> | null) =>
  row === null ? null : { json: row, text: JSON.stringify(row) };

/** What each node wrote down: it had one row, it received the other, the later commit won. */
function told(meeting: Meeting, number: number): Conflict[] {
  return meeting.seen.map((node, index) => {
    const { earlier, later } = meeting;
    const own = node === later.node ? later : earlier;
    const other = own === later ? earlier : later;
    return {
      node,
      id: String(number),
      at: iso(meeting.at + 80 + index * 6),
      schema: 'public',
      table: meeting.table,
      index: meeting.index,
      type: meeting.type,
      resolution: other === later ? 'apply_remote' : 'keep_local',
      localOrigin: node === own.node ? null : own.node,
      localTuple: tuple(own.row),
      localXid: own.xid,
      localAt: iso(own.at),
      remoteOrigin: other.node,
      remoteTuple: tuple(other.row),
      remoteXid: other.xid,
      remoteAt: iso(other.at),
      remoteLsn: lsnText(other.lsn),
    };
  });
}

const PRODUCTS = ['ESP-1002', 'ESP-2040', 'GRD-0007', 'KTL-3311', 'MUG-0901', 'TEA-5512'];
const NODES = ['n1', 'n2', 'n3'];

/** on_hand is summed on all nodes: many meetings, nothing lost. */
function stockMeeting(at: number, tick: number): Meeting {
  const seed = seedOf('stock');
  const sku = PRODUCTS[Math.floor(chance(seed, tick) * PRODUCTS.length)] ?? 'ESP-1002';
  const first = Math.floor(chance(seed, tick + 9000) * 3);
  const second = (first + 1 + Math.floor(chance(seed, tick + 7000) * 2)) % 3;
  const on = Math.floor(chance(seed, tick + 100) * 400);
  const row = (count: number) => ({ sku, site: 'DUB', on_hand: count, reserved: 4 });
  return {
    at,
    table: 'inventory',
    index: 'inventory_pkey',
    type: 'update_update',
    earlier: {
      node: NODES[first] ?? 'n1',
      row: row(on),
      xid: String(8_800_000 + tick),
      at: at - 60,
      lsn: 0x2f70000000 + tick * 4096,
    },
    later: {
      node: NODES[second] ?? 'n2',
      row: row(on - 1),
      xid: String(660_000 + tick),
      at: at - 31,
      lsn: 0x1a00000000 + tick * 4096,
    },
    seen: [NODES[second] ?? 'n2'],
  };
}

function orderMeeting(at: number, id: number, seen: string[]): Meeting {
  const row = (
    customer: number,
    currency: string,
    total: number,
    channel: string,
    ship: number | null,
    placed: number,
  ) => ({
    order_id: id,
    customer_id: customer,
    status: 'new',
    currency,
    total,
    channel,
    placed_at: iso(placed),
    ship_to: ship,
    note: null,
  });
  return {
    at,
    table: 'orders',
    index: 'orders_pkey',
    type: 'insert_exists',
    earlier: {
      node: 'n1',
      row: row(88_121, 'EUR', 142, 'web', 51_877_204, at - 32),
      xid: String(8_841_207 - (90_412_217 - id)),
      at: at - 14,
      lsn: 0x2f7ea0c118,
    },
    later: {
      node: 'n2',
      row: row(40_377, 'USD', 1099.5, 'store', null, at - 15),
      xid: String(661_204 - (90_412_217 - id)),
      at,
      lsn: 0x1a09b80f20,
    },
    seen,
  };
}

function updateMeeting(
  at: number,
  table: string,
  type: string,
  key: Record<string, unknown>,
  tick: number,
): Meeting {
  const gone = type === 'update_delete';
  return {
    at,
    table,
    index: `${table}_pkey`,
    type,
    earlier: {
      node: gone ? 'n3' : 'n1',
      row: gone ? null : { ...key, status: 'open', updated_at: iso(at - 400) },
      xid: String(8_700_000 + tick),
      at: at - 400,
      lsn: 0x2f60000000 + tick * 8192,
    },
    later: {
      node: gone ? 'n1' : 'n2',
      row: { ...key, status: 'checked_out', updated_at: iso(at) },
      xid: String(650_000 + tick),
      at,
      lsn: 0x1a01000000 + tick * 8192,
    },
    seen: gone ? ['n3'] : ['n1', 'n2'],
  };
}

/** The conflicts of the last day, newest first. */
export function dayOfConflicts(now: number): Conflict[] {
  const meetings: Meeting[] = [
    orderMeeting(now - 30_000, 90_412_217, NODES),
    orderMeeting(now - 285_000, 90_412_188, NODES),
    orderMeeting(now - 492_000, 90_411_950, ['n1', 'n2']),
  ];
  for (let index = 0; index < 12; index++)
    meetings.push(
      updateMeeting(
        now - 26 * 60_000 - index * 1.7 * HOUR,
        'carts',
        'update_update',
        { cart_id: 310_004 + index * 37, customer_id: 70_110 + index },
        index,
      ),
    );
  for (let index = 0; index < 7; index++)
    meetings.push(
      updateMeeting(
        now - 3 * HOUR - index * 2.4 * HOUR,
        'carts',
        'update_delete',
        { cart_id: 309_100 + index * 11, customer_id: 69_000 + index },
        50 + index,
      ),
    );
  for (let index = 0; index < 2; index++)
    meetings.push(
      updateMeeting(
        now - 5 * HOUR - index * 6 * HOUR,
        'prices',
        'update_update',
        { sku: PRODUCTS[index], valid_from: '2025-11-01' },
        90 + index,
      ),
    );
  for (let index = 0; index < 207; index++)
    meetings.push(stockMeeting(now - 34_000 - index * 6.9 * 60_000, index));
  meetings.sort((a, b) => a.at - b.at);
  return newestFirst(meetings.flatMap((meeting, index) => told(meeting, index + 1)));
}

const newestFirst = (rows: Conflict[]): Conflict[] =>
  rows.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : a.node < b.node ? -1 : 1));

/** From now on stock meets stock about every 40 seconds, for an hour. */
export function conflictsToCome(now: number): SimCluster['script'] {
  return Array.from({ length: 90 }, (_, index) => {
    const at = now + 20_000 + index * 40_000;
    return {
      at,
      act: (cluster) => {
        const next = Math.max(0, ...cluster.conflicts.map((row) => Number(row.id))) + 1;
        cluster.conflicts = [...told(stockMeeting(at, 1000 + index), next), ...cluster.conflicts];
      },
    };
  });
}

/** One transaction that n2 and n3 threw away, and one that disabled sub_n2n1. */
export function discarded(now: number): Exception[] {
  const row = { order_id: 90_412_001, customer_id: 88_120, status: 'paid', total: 61.5 };
  const base = {
    origin: 'n1',
    xid: '8841190',
    schema: 'public',
    table: 'orders',
    localTuple: null,
    remoteOldTuple: null,
    ddl: null,
  };
  const lost = (node: string, back: number): Exception => ({
    ...base,
    node,
    id: `${node}/1/${now - back}`,
    at: iso(now - back + 60),
    commitAt: iso(now - back),
    commandCounter: 1,
    operation: 'UPDATE',
    remoteNewTuple: tuple(row),
    message:
      'logical replication did not find row to be updated in replication target relation (public.orders)',
    status: null,
  });
  return [
    {
      ...base,
      node: 'n2',
      id: `n2/3/${now - 190_000}`,
      at: iso(now - 190_000),
      commitAt: iso(now - 191_000),
      commandCounter: 3,
      xid: '8841201',
      schema: null,
      table: null,
      operation: 'SUB_DISABLE',
      remoteNewTuple: null,
      message: 'disabling subscription sub_n2n1 due to exception(s) - skip_lsn = 2F/7E900AC8',
      status: null,
    },
    {
      ...base,
      node: 'n2',
      id: `n2/2/${now - 190_500}`,
      at: iso(now - 190_500),
      commitAt: iso(now - 191_000),
      commandCounter: 2,
      xid: '8841201',
      table: 'shipments',
      operation: 'INSERT',
      remoteNewTuple: tuple({ shipment_id: 6_402_118, order_id: 90_412_001, carrier_id: 7 }),
      message: 'null value in column "dest_region" of relation "shipments" violates not-null constraint',
      status: null,
    },
    lost('n2', 640_000),
    lost('n3', 640_000),
    { ...lost('n3', 9 * HOUR), status: 'resolved' },
  ].sort((a, b) => (a.at < b.at ? 1 : -1));
}
