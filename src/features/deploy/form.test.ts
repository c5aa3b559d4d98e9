import { describe, expect, it } from 'vitest';
import type { DeployDraft } from '#core/model/deploy.ts';
import { isBegun } from '#src/lib/drafts.ts';
import {
  answersOf,
  EMPTY,
  fillRows,
  formOf,
  knownDsns,
  markOf,
  passwordLost,
  pastedDsns,
  requestOf,
  withRow,
} from './form.ts';

const draft = (change: Partial<DeployDraft> = {}): DeployDraft => ({
  ...EMPTY,
  id: 'draft-1',
  savedAt: '2025-11-20T14:06:32.000Z',
  nodes: [
    { name: 'n1', dsn: 'postgres://a:••••@h1/orders', peerDsn: null, location: null },
    { name: 'n2', dsn: 'host=h2 dbname=orders', peerDsn: null, location: 'eu' },
    { name: 'n3', dsn: '', peerDsn: null, location: null },
  ],
  ...change,
});

describe('pasted addresses', () => {
  it('takes one a line, whatever ends the line, and leaves a single one to the field', () => {
    expect(pastedDsns('postgres://h1/a\r\n\n  host=h2 dbname=a \n# n3 later\n"postgres://h3/a",')).toEqual([
      'postgres://h1/a',
      'host=h2 dbname=a',
      'postgres://h3/a',
    ]);
    expect(pastedDsns('postgres://h1/a\n')).toEqual([]);
  });

  it('fills the rows from where it was pasted, adds those that are wanting, and says what has no room', () => {
    const { rows, left } = fillRows(formOf(EMPTY).rows, 1, ['a', 'b', 'c', 'd']);
    expect(rows.map(({ name, dsn }) => [name, dsn])).toEqual([
      ['n1', ''],
      ['n2', 'a'],
      ['n3', 'b'],
      ['n4', 'c'],
      ['n5', 'd'],
    ]);
    expect(left).toBe(0);
    expect(fillRows(rows, 0, Array(20).fill('x'))).toMatchObject({ left: 4, rows: { length: 16 } });
  });

  it('names a new row by the first number that is free', () => {
    const [first, second] = formOf(EMPTY).rows;
    if (!first || !second) throw new Error('no rows');
    expect(withRow([first, { ...second, name: 'n7' }]).map(({ name }) => name)).toEqual(['n1', 'n7', 'n2']);
  });
});

describe('what is kept', () => {
  it('comes back as it was sent', () => {
    expect(answersOf(formOf(draft()))).toEqual({ ...EMPTY, nodes: draft().nodes });
    expect(isBegun(EMPTY)).toBe(false);
    expect(isBegun(draft())).toBe(true);
  });

  it('tells a changed password from none, and shows none in its mark', () => {
    const form = formOf(draft());
    const [first] = form.rows;
    if (!first) throw new Error('no rows');
    const typed = { ...form, rows: [{ ...first, dsn: 'postgres://a:s3cret@h1/orders', edit: 9999 }] };
    expect(markOf(typed)).not.toBe(markOf(form));
    expect(markOf(typed)).not.toContain('s3cret');
  });

  it('asks for the password again when the address around it was changed', () => {
    const known = knownDsns(draft());
    expect(passwordLost('postgres://a:••••@h1/orders', known)).toBe(false);
    expect(passwordLost('postgres://a:••••@h9/orders', known)).toBe(true);
    expect(passwordLost('postgres://a:new@h9/orders', known)).toBe(false);
  });
});

describe('what is planned', () => {
  it('leaves out rows without an address, and takes the only node with rows for the source', () => {
    const request = requestOf(draft(), 'orders', 'n1');
    expect(request.nodes.map(({ name }) => name)).toEqual(['n1', 'n2']);
    expect(request).toMatchObject({ name: 'orders', dataFrom: 'n1', draft: 'draft-1', tables: 'all' });
  });

  it('copies nothing where that was chosen', () => {
    expect(requestOf(draft({ sourceChosen: true }), 'orders', 'n1').dataFrom).toBeNull();
  });
});
