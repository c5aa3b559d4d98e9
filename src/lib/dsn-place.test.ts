import { expect, it } from 'vitest';
import { placeOf } from './dsn-place.ts';

it.each([
  ['postgres://a:••••@10.1.0.4:5433/orders', '10.1.0.4:5433'],
  ['postgresql://a@db.example/orders?sslmode=require', 'db.example:5432'],
  ["host=10.2.0.4 port=5434 dbname='a b'", '10.2.0.4:5434'],
  ["hostaddr='10.2.0.5' dbname=a", '10.2.0.5:5432'],
  ['dbname=a', ''],
  ['', ''],
])('%s stands at %s', (dsn, place) => {
  expect(placeOf(dsn)).toBe(place);
});
