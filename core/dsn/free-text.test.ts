import { expect, it } from 'vitest';
import { maskSecrets } from './free-text.ts';

it.each([
  ['connect postgres://u:s3cret@h/db failed', 'connect postgres://u:••••@h/db failed'],
  ['postgres://u:p@ss/w@h/db', 'postgres://u:••••@h/db'],
  ['postgres://u:s3 cret@h/db failed', 'postgres://u:••••@h/db failed'],
  ['postgres://u:12 34@h/db failed', 'postgres://u:••••@h/db failed'],
  [
    'postgres://u:••••@h/db and postgres://v:s3cret@i/db',
    'postgres://u:••••@h/db and postgres://v:••••@i/db',
  ],
  ['http://127.0.0.1:4310/x is asked by me@here', 'http://127.0.0.1:4310/x is asked by me@here'],
  ['see (http://127.0.0.1:4310)', 'see (http://127.0.0.1:4310)'],
  [
    'postgres://[::1]:5432/db and postgres://u@[::1]/db',
    'postgres://[::1]:5432/db and postgres://u@[::1]/db',
  ],
  ['postgres://u@h:5432/db is gone', 'postgres://u@h:5432/db is gone'],
  ["host=h password='it\\'s s3cret' user=u", 'host=h password=•••• user=u'],
  ['host=h password=s3cret user=u', 'host=h password=•••• user=u'],
  ['host=h password=s3\\ cret user=u', 'host=h password=•••• user=u'],
  ['host=h password=s3&cret user=u', 'host=h password=•••• user=u'],
  ['host=h sslpassword = s3cret', 'host=h sslpassword = ••••'],
  ['oauth_client_secret=s3cret scram_client_key=s3cret', 'oauth_client_secret=•••• scram_client_key=••••'],
  ['postgres://h/db?user=u&password=s3cret&x=1', 'postgres://h/db?user=u&password=••••&x=1'],
  ['postgres://h/db?pass%77ord=s3cret&x=1', 'postgres://h/db?pass%77ord=••••&x=1'],
  ['{"dsn":null,"password":"s3cret","x":1}', '{"dsn":null,"password":••••,"x":1}'],
  ["ALTER ROLE u PASSWORD 's3''cret' LOGIN", 'ALTER ROLE u PASSWORD •••• LOGIN'],
  ["ALTER ROLE u PASSWORD E's3\\'cret' LOGIN", 'ALTER ROLE u PASSWORD •••• LOGIN'],
  ['ALTER ROLE u PASSWORD $x$s3cret$x$ LOGIN', 'ALTER ROLE u PASSWORD •••• LOGIN'],
  [
    "SELECT spock.node_create('n1', 'host=h password=''it\\''s s3cret'' user=u')",
    "SELECT spock.node_create('n1', 'host=h password=•••• user=u')",
  ],
  [
    'missing "=" after "s3cret" in connection info string',
    'missing "=" after "••••" in connection info string',
  ],
  ['invalid percent-encoded token: "s3%zzcret"', 'invalid percent-encoded token: "••••"'],
  [
    'unexpected character "x" at position 9 in URI (expected ":" or "/"): "postgres://[::1]x/s3cret"',
    'unexpected character "x" at position 9 in URI (expected ":" or "/"): "••••"',
  ],
  ['could not translate host name "s3cret@h" to address', 'could not translate host name "••••" to address'],
  [
    'could not translate host name "db.example" to address',
    'could not translate host name "db.example" to address',
  ],
  ['password authentication failed for user "u"', 'password authentication failed for user "u"'],
])('%s', (text, masked) => {
  expect(maskSecrets(text)).toBe(masked);
  // What is hidden stays readable when it is logged again.
  expect(maskSecrets(maskSecrets(text))).toBe(masked);
});
