import { expect, test } from 'vitest';
import { parseDsn } from './parse.ts';
import { withRole } from './with-role.ts';

test.each([
  [
    'postgres://watch:••••@10.1.0.4:5432/orders?sslmode=require',
    { host: '10.1.0.4', sslmode: 'require', dbname: 'orders' },
  ],
  [
    'host=10.1.0.4 port=5433 dbname=orders user=watch password=•••• sslmode=disable',
    { port: '5433', sslmode: 'disable' },
  ],
  ['postgres://h1:1,h2:2/orders?target_session_attrs=read-write', { host: 'h1,h2', port: '1,2' }],
])('%s leads to the same place, as another role', (dsn, kept) => {
  const made = withRole(dsn, 'ad min', `p@ss'w\\o/rd`);
  const values = parseDsn(made ?? '').values;
  expect(Object.fromEntries(values)).toMatchObject({ ...kept, user: 'ad min', password: `p@ss'w\\o/rd` });
});

test('without a password it has none, and what cannot be read gives none', () => {
  expect(parseDsn(withRole('postgres://watch:••••@h/db', 'admin', '') ?? '').values.has('password')).toBe(
    false,
  );
  expect(withRole('h:5432', 'admin', 'x')).toBeNull();
});
