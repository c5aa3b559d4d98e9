import { describe, expect, it } from 'vitest';
import type { Exception } from '#core/contract/history.ts';
import { findTransaction, summaryOf, transactionsOf } from './exceptions.ts';

function row(node: string, id: string, more: Partial<Exception> = {}): Exception {
  return {
    node,
    id,
    at: '2025-11-21T23:58:43.130Z',
    origin: 'n1',
    commitAt: '2025-11-21T23:58:42.128Z',
    xid: '753',
    commandCounter: 1,
    schema: null,
    table: null,
    operation: 'INSERT',
    localTuple: null,
    remoteOldTuple: null,
    remoteNewTuple: null,
    ddl: null,
    message: "Spock can't find relation",
    status: null,
    ...more,
  };
}

describe('transactionsOf', () => {
  it('brings the nodes that failed on one transaction together', () => {
    const list = transactionsOf([row('n3', '2'), row('n2', '1')]);
    expect(list).toHaveLength(1);
    expect(list[0]).toMatchObject({ nodes: ['n2', 'n3'], id: 'n2:1', disabled: [] });
    expect(list[0] && summaryOf(list[0])).toBe('Discarded on n2, n3');
    expect(findTransaction(list, 'n3:2')).toBe(list[0]);
  });

  it('keeps transactions of equal xid on other origins apart', () => {
    expect(transactionsOf([row('n3', '1'), row('n3', '2', { origin: 'n2' })])).toHaveLength(2);
  });

  it('reads the way out of a disabled subscription', () => {
    const [one] = transactionsOf([
      row('n2', '4', {
        commandCounter: 3,
        operation: 'SUB_DISABLE',
        message: 'disabling subscription sub_n2n1 due to exception(s) - skip_lsn = 0/19D0AC8',
      }),
      row('n2', '3', { commandCounter: 2 }),
    ]);
    expect(one?.rows.map((each) => each.id)).toEqual(['3', '4']);
    expect(one?.disabled).toEqual([{ node: 'n2', subscription: 'sub_n2n1', skipLsn: '0/19D0AC8' }]);
    expect(one && summaryOf(one)).toBe('Stopped sub_n2n1 on n2');
  });
});
