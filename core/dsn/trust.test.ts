import { expect, test } from 'vitest';
import { isServerUnproven } from './trust.ts';

test.each([
  ['postgres://u@db.example/x', true],
  ['postgres://u@db.example/x?sslmode=require', true],
  ['postgres://u@db.example/x?sslmode=verify-full', false],
  ['host=10.1.0.4 user=u sslmode=verify-ca', false],
  ['host=localhost,10.1.0.4 user=u', true],
  ['host=db.example hostaddr=127.0.0.1 user=u', false],
  ['postgres://u@localhost/x', false],
  ['postgres://u@127.0.0.1:5433/x', false],
  ['postgres://u@[::1]/x', false],
  ['host=/run/postgresql user=u', false],
  ['postgres://u@db.exam', true],
  ['postgres://u:p', false],
  ['host=a,b,c port=1,2', false],
  ['', false],
])('%s: %s', (dsn, unproven) => {
  expect(isServerUnproven(dsn)).toBe(unproven);
});
