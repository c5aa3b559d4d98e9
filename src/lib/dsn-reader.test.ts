import { describe, expect, it } from 'vitest';
import { nameFromDsn } from './dsn-reader.ts';

describe('nameFromDsn', () => {
  it.each([
    ['postgres://watch@10.1.0.4:5432/orders', 'orders'],
    ['postgresql://u:p%40ss@h1:1,h2:2/shop%20floor?sslmode=require', 'shop floor'],
    ['host=10.1.0.4 dbname=orders user=watch', 'orders'],
    ["host=h dbname='my shop'", 'my shop'],
    ['postgres://h', ''],
    ['postgres://h/%zz', ''],
    ['postgres://u:p@h:5432/orders?ssl', 'orders'],
    ['host=h dbname=orders us', 'orders'],
    ['dbname=../etc', 'etc'],
    ['', ''],
  ])('%s gives %j', (dsn, name) => {
    expect(nameFromDsn(dsn)).toBe(name);
  });
});
