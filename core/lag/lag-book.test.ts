/** The experiments of docs/lag.md, replayed: a provider whose WAL and slots are read once a second. */
import { describe, expect, test } from 'vitest';
import type { SlotFacts, WalsenderFacts } from '#core/model/facts.ts';
import { LagBook, type ProviderReading } from './lag-book.ts';
import { formatLsn } from './lsn.ts';

const waiting = 'WalSenderWaitForWAL';

function slot(confirmed: number | null, restart: number | null = confirmed): SlotFacts {
  return {
    name: 's',
    plugin: 'spock_output',
    type: 'logical',
    database: 'demo',
    temporary: false,
    active: true,
    activePid: 7,
    restartLsn: restart === null ? null : formatLsn(BigInt(restart)),
    confirmedFlushLsn: confirmed === null ? null : formatLsn(BigInt(confirmed)),
    walStatus: 'reserved',
    safeWalSizeBytes: null,
    decodedBytes: null,
    twoPhase: false,
    conflicting: null,
    inactiveSince: null,
    invalidationReason: null,
    failover: null,
    synced: null,
  };
}

interface Moment {
  wal: number | null;
  confirmed: number | null;
  restart?: number | null;
  /** Sent, and what the walsender waits for; absent: nobody is connected. */
  sent?: number;
  waits?: string | null;
  timeline?: number;
  systemIdentifier?: string;
}

function reading({
  wal,
  confirmed,
  restart,
  sent,
  waits,
  timeline,
  systemIdentifier,
}: Moment): ProviderReading {
  const walsender: WalsenderFacts[] =
    sent === undefined
      ? []
      : [
          {
            pid: 7,
            applicationName: 's',
            clientAddress: null,
            state: 'streaming',
            sentLsn: formatLsn(BigInt(sent)),
            replayLagSeconds: null,
            waitEvent: waits ?? null,
          },
        ];
  return {
    systemIdentifier: systemIdentifier ?? '1',
    timeline: timeline ?? 1,
    walLsn: wal === null ? null : formatLsn(BigInt(wal)),
    slots: [slot(confirmed, restart ?? confirmed)],
    walsenders: walsender,
  };
}

/** Reads the world every second from `from` to `to`, and gives the lag of each. */
function watch(book: LagBook, from: number, to: number, world: (second: number) => Moment) {
  const lags = [];
  for (let second = from; second <= to; second += 1) {
    book.observe('n1', second * 1000, reading(world(second)));
    const lag = book.lagOf('n1', 's');
    if (lag === null) throw new Error('The slot was read and has no lag.');
    lags.push({ second, ...lag });
  }
  return lags;
}

const idle = (): Moment => ({ wal: 1000, confirmed: 1000, sent: 1000, waits: waiting });

describe('writes every 100 ms', () => {
  const bytesPerSecond = 12_000;
  const written = (second: number) => 1000 + Math.round(Math.max(0, second) * 10) * (bytesPerSecond / 10);

  test('an apply delay of 4 s is seen to grow from the first second on, and to stay', () => {
    const book = new LagBook();
    watch(book, -30, 0, idle);
    // The delay is set at 0, when writing begins: rows are there 4 s after they were written.
    const lags = watch(book, 1, 20, (second) => ({
      wal: written(second),
      confirmed: written(second - 4),
      sent: written(second),
      waits: waiting,
    }));
    for (const { second, lagSeconds, lagBytes, lagAtLeast } of lags) {
      // The oldest row that is not there was written 0.1 s after the last that is.
      const truth = Math.min(second, 4) - 0.1;
      expect(lagSeconds, `at ${second} s`).toBeGreaterThan(truth - 0.3);
      expect(lagSeconds, `at ${second} s`).toBeLessThan(truth + 0.3);
      expect(lagBytes).toBe(Math.min(second, 4) * bytesPerSecond);
      expect(lagAtLeast).toBe(false);
    }
  });

  test('without a delay the noise stays under half a second', () => {
    const book = new LagBook();
    const lags = watch(book, 0, 60, (second) => ({
      wal: written(second),
      confirmed: written(second - 0.1),
      sent: written(second),
    }));
    for (const { lagSeconds } of lags.slice(1)) expect(lagSeconds).toBeLessThan(0.5);
  });

  test('a dead receiver is behind by more with every second, and holds what its slot needs', () => {
    const book = new LagBook();
    const lags = watch(book, 0, 600, (second) => ({
      wal: written(second),
      confirmed: written(Math.min(second, 60)),
      restart: written(Math.min(second, 60)) - 500,
    }));
    const last = lags.at(-1);
    expect(last?.lagSeconds).toBeCloseTo(540, 0);
    expect(last?.lagBytes).toBe(540 * bytesPerSecond);
    expect(last?.walHeldBytes).toBe(540 * bytesPerSecond + 500);
    expect(last?.bytesPerSecond).toBe(0);
    const grows = lags
      .slice(61)
      .every((lag, index) => (lag.lagSeconds ?? 0) > (lags[60 + index]?.lagSeconds ?? 0));
    expect(grows).toBe(true);
  });

  test('rates: what is written, and what is confirmed', () => {
    const book = new LagBook();
    watch(book, 0, 90, (second) => ({
      wal: written(second),
      confirmed: written(second - 2),
      sent: written(second),
    }));
    expect(book.walBytesPerSecond('n1')).toBeCloseTo(bytesPerSecond, 3);
    expect(book.lastWalRate('n1')).toBeCloseTo(bytesPerSecond, 3);
    expect(book.lagOf('n1', 's')?.bytesPerSecond).toBeCloseTo(bytesPerSecond, 3);
  });
});

test('a transaction of a million rows is behind since its commit, not since the last confirmation before it', () => {
  const book = new LagBook();
  watch(book, 0, 10, idle);
  // 10 to 20: one transaction writes 240 MB. The walsender decodes and has nothing to send; C stands where a keepalive
  // left it at 15. 20: commit. 20 to 41: the receiver applies.
  const wal = (second: number) => 1000 + Math.min(second - 10, 10) * 24_000_000;
  const open = watch(book, 11, 20, (second) => {
    const confirmed = wal(Math.min(second, 15));
    return { wal: wal(second), confirmed, restart: 1000, sent: confirmed, waits: waiting };
  });
  for (const { lagSeconds, walHeldBytes, second } of open) {
    expect(lagSeconds).toBe(0);
    expect(walHeldBytes).toBe((second - 10) * 24_000_000);
  }
  const applying = watch(book, 21, 41, (second) => ({
    wal: wal(second),
    confirmed: wal(15),
    restart: 1000,
    sent: wal(20),
    waits: 'WalSenderWriteData',
  }));
  for (const { second, lagSeconds } of applying) expect(lagSeconds).toBe(second - 20);
  expect(
    watch(book, 42, 42, (second) => ({
      wal: wal(second),
      confirmed: wal(20),
      sent: wal(20),
      waits: waiting,
    })),
  ).toMatchObject([{ lagSeconds: 0, lagBytes: 0 }]);
});

test.each([32, 136])(
  'a burst that is rolled back leaves %i bytes on an idle provider, and no lag',
  (left) => {
    const book = new LagBook();
    watch(book, 0, 5, idle);
    const lags = watch(book, 6, 10, () => ({
      wal: 9000 + left,
      confirmed: 9000,
      sent: 9000,
      waits: waiting,
    }));
    for (const lag of lags) expect(lag).toMatchObject({ lagSeconds: 0, lagBytes: 0, lagAtLeast: false });
  },
);

test('PostgreSQL 17 spells what the walsender waits for otherwise', () => {
  const book = new LagBook();
  const lags = watch(book, 0, 3, (second) => ({
    wal: 9000 + second,
    confirmed: 9000,
    sent: 9000,
    waits: 'WalSenderWaitForWal',
  }));
  for (const { lagSeconds } of lags) expect(lagSeconds).toBe(0);
});

test('while only unreplicated tables are written the lag is 0 in every sample', () => {
  const book = new LagBook();
  const lags = watch(book, 0, 60, (second) => {
    // The walsender reads all that is written and has nothing to send; the receiver confirms a keepalive late.
    const confirmed = second * 5_000_000 - 800_000 + 1_000_000;
    return { wal: second * 5_000_000 + 1_000_000, confirmed, sent: confirmed, waits: waiting };
  });
  for (const { lagSeconds } of lags) expect(lagSeconds).toBe(0);
});

test('an idle link stays at zero, and its samples take no room', () => {
  const book = new LagBook();
  const lags = watch(book, 0, 3600, idle);
  expect(lags.every(({ lagSeconds, lagBytes }) => lagSeconds === 0 && lagBytes === 0)).toBe(true);
});

test('a position that was passed before the console began is behind by at least that time', () => {
  const book = new LagBook();
  const lags = watch(book, 0, 10, (second) => ({ wal: 50_000 + second * 100, confirmed: 2000 }));
  expect(lags.at(-1)).toMatchObject({ lagSeconds: 10, lagAtLeast: true, lagBytes: 49_000 });
});

test('samples of an earlier life of the console make that exact', () => {
  const book = new LagBook();
  for (let second = -100; second < 0; second += 10) {
    book.restore('n1', '1/1', second * 1000, formatLsn(BigInt(50_000 + second * 100)));
  }
  const [lag] = watch(book, 0, 0, () => ({ wal: 50_000, confirmed: 45_000 }));
  expect(lag).toMatchObject({ lagSeconds: 50, lagAtLeast: false });
});

describe('another WAL cuts the samples', () => {
  const behind = (second: number): Moment => ({ wal: 50_000 + second * 100, confirmed: 50_000 });

  test.each<[string, Partial<Moment>]>([
    ['another timeline', { timeline: 2 }],
    ['another server', { systemIdentifier: '2' }],
  ])('%s', (_what, change) => {
    const book = new LagBook();
    watch(book, 0, 60, behind);
    const [lag] = watch(book, 61, 61, (second) => ({ ...behind(second), ...change }));
    expect(lag).toMatchObject({ lagSeconds: 0, lagAtLeast: true, bytesPerSecond: null });
    expect(book.walBytesPerSecond('n1')).toBeNull();
  });

  test('a position that went back', () => {
    const book = new LagBook();
    watch(book, 0, 60, behind);
    const [lag] = watch(book, 61, 61, () => ({ wal: 40_000, confirmed: 30_000 }));
    expect(lag).toMatchObject({ lagSeconds: 0, lagAtLeast: true, lagBytes: 10_000 });
  });

  test("the console's clock set back", () => {
    const book = new LagBook();
    watch(book, 1000, 1060, behind);
    const [lag] = watch(book, 10, 10, () => ({ wal: 200_000, confirmed: 50_000 }));
    expect(lag).toMatchObject({ lagSeconds: 0, lagAtLeast: true });
  });
});

test('a standby has no position, and its slots have no lag', () => {
  const book = new LagBook();
  watch(book, 0, 3, idle);
  book.observe('n1', 4000, reading({ wal: null, confirmed: 1000 }));
  expect(book.lagOf('n1', 's')).toBeNull();
});

test('a lost slot holds nothing any more, and is still behind', () => {
  const book = new LagBook();
  watch(book, 0, 5, (second) => ({ wal: 1000 + second * 100, confirmed: 1000 }));
  const lost = { ...slot(1000), restartLsn: null, walStatus: 'lost', active: false, activePid: null };
  book.observe('n1', 6000, { ...reading({ wal: 2000, confirmed: 1000 }), slots: [lost] });
  expect(book.lagOf('n1', 's')).toMatchObject({ walHeldBytes: null, lagSeconds: 6, lagBytes: 1000 });
});

test('a physical slot confirms nothing: its lag is unknown, what it holds is not', () => {
  const book = new LagBook();
  book.observe('n1', 0, { ...reading({ wal: 5000, confirmed: null }), slots: [slot(null, 2000)] });
  expect(book.lagOf('n1', 's')).toMatchObject({ lagSeconds: null, lagBytes: null, walHeldBytes: 3000 });
});

test('a slot that is gone has no lag, nor has one of a node that was forgotten', () => {
  const book = new LagBook();
  watch(book, 0, 2, idle);
  book.observe('n1', 3000, { ...reading(idle()), slots: [] });
  expect(book.lagOf('n1', 's')).toBeNull();
  watch(book, 4, 5, idle);
  book.forget('n1');
  expect(book.lagOf('n1', 's')).toBeNull();
});

describe('what the receiver has applied and not confirmed', () => {
  const stuck = (second: number): Moment => ({ wal: 1000 + second * 1000, confirmed: 5000, sent: 6000 });

  test('counts as there: the lag is that of the last commit its origin names', () => {
    const book = new LagBook();
    watch(book, 0, 10, stuck);
    expect(book.lagOf('n1', 's')?.lagSeconds).toBe(6);
    book.applied('n2', [{ name: 's', remoteLsn: formatLsn(9000n) }]);
    expect(book.lagOf('n1', 's')).toMatchObject({ lagSeconds: 2, lagBytes: 6000 });
    book.applied('n2', [{ name: 's', remoteLsn: formatLsn(11_500n) }]);
    expect(book.lagOf('n1', 's')).toMatchObject({ lagSeconds: 0, lagBytes: 0 });
  });

  test('is not believed where it is far beyond the provider: that was another WAL', () => {
    const book = new LagBook();
    book.applied('n2', [{ name: 's', remoteLsn: '7F/0' }]);
    const lags = watch(book, 0, 10, stuck);
    expect(lags.at(-1)?.lagSeconds).toBe(6);
  });

  test('is forgotten with the receiver', () => {
    const book = new LagBook();
    book.applied('n2', [{ name: 's', remoteLsn: formatLsn(9000n) }]);
    book.forget('n2');
    const lags = watch(book, 0, 10, stuck);
    expect(lags.at(-1)?.lagSeconds).toBe(6);
  });
});

describe('only tables of no set are written, and empty transactions wait for the apply delay', () => {
  const empty = (second: number): Moment => ({
    wal: 1000 + second * 100,
    confirmed: Math.max(1000, 1000 + (second - 4) * 100),
    sent: 1000 + second * 100,
    waits: waiting,
  });
  const seen = (rows: (second: number) => number | null) => {
    const book = new LagBook();
    for (let second = 0; second <= 20; second += 1)
      book.observe('n1', second * 1000, { ...reading(empty(second)), sentRows: rows(second) });
    return book.lagOf('n1', 's')?.lagSeconds;
  };

  test('no row has left the provider: nothing is behind', () => {
    expect(seen(() => 17)).toBe(0);
  });

  test('counted now and then: so at each count', () => {
    expect(seen((second) => (second % 5 === 0 ? 17 : null))).toBe(0);
  });

  test('rows leave, or nobody counts them: the lag is that of the position', () => {
    expect(seen((second) => second)).toBeCloseTo(4, 1);
    expect(seen(() => null)).toBeCloseTo(4, 1);
  });

  test('a row left 2 s ago: it may be waiting, and nothing was before', () => {
    expect(seen((second) => (second < 18 ? 17 : 18))).toBe(3);
  });
});

test('a position that stands still was passed when the burst ended, not evenly with its bytes', () => {
  const book = new LagBook();
  watch(book, 0, 10, () => ({ wal: 1000, confirmed: 1000 }));
  const confirmed = 90_000;
  const [moved, stands] = watch(book, 11, 12, () => ({ wal: 100_000, confirmed, sent: 95_000 }));
  expect(moved?.lagSeconds).toBe(1);
  expect(stands?.lagSeconds).toBe(2);
});
