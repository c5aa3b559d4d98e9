import { expect, test } from 'vitest';
import { maskDsn } from './mask-dsn.ts';

test.each([
  [
    'host=127.0.0.1 port=55712 user=admin dbname=demo password=s3cr3t',
    'host=127.0.0.1 port=55712 user=admin dbname=demo password=••••',
  ],
  ["password = 'it\\'s s3cr3t' host=a", 'password = •••• host=a'],
  ["password='s3cr3t and no end", 'password=••••'],
  ['password=s3\\ cr3t host=a', 'password=•••• host=a'],
  ['sslpassword=s3cr3t host=a', 'sslpassword=•••• host=a'],
  ['postgresql://admin:s3cr3t@a:5432/demo', 'postgresql://admin:••••@a:5432/demo'],
  [
    'postgres://admin:s3@cr3t@a/demo?password=s3cr3t&sslmode=require',
    'postgres://admin:••••@a/demo?password=••••&sslmode=require',
  ],
  ['postgresql://a,b/demo?user=x&sslpassword=s3cr3t', 'postgresql://a,b/demo?user=x&sslpassword=••••'],
  ['host=a passfile=/etc/pgpass', 'host=a passfile=/etc/pgpass'],
  ['', ''],
])('%s', (dsn, masked) => {
  expect(maskDsn(dsn)).toBe(masked);
  expect(maskDsn(dsn)).not.toContain('s3');
});
