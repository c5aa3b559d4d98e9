/**
 * What the console makes of each of libpq's keywords. `honoured`: it has libpq's meaning here. `ignored`: it changes nothing
 * that matters to a console that sends text queries in UTF-8. A text: it is refused, because leaving it out silently would
 * connect otherwise, or less safely, than was asked for.
 */
import type { Keyword } from '#core/dsn/keywords.ts';

type Meaning = 'honoured' | 'ignored' | { refused: string; unless: readonly string[] };

const refused = (text: string, ...unless: string[]): Meaning => ({ refused: text, unless: ['', ...unless] });
const NO_OAUTH = refused('The console does not support OAuth; use a role with a password');
const NO_SCRAM_KEY = refused('The console does not support SCRAM keys; write the password');
const NO_CRL = 'The console reads no certificate revocation lists; leave';

export const MEANING: Record<Keyword, Meaning> = {
  host: 'honoured',
  hostaddr: 'honoured',
  port: 'honoured',
  dbname: 'honoured',
  user: 'honoured',
  password: 'honoured',
  connect_timeout: 'honoured',
  target_session_attrs: 'honoured',
  load_balance_hosts: 'honoured',
  sslmode: 'honoured',
  sslrootcert: 'honoured',
  sslcert: 'honoured',
  sslkey: 'honoured',
  sslpassword: 'honoured',
  ssl_min_protocol_version: 'honoured',
  ssl_max_protocol_version: 'honoured',
  sslnegotiation: 'honoured',
  channel_binding: 'honoured',
  require_auth: 'honoured',
  gssencmode: refused(
    'The console does not support gssencmode=require; use sslmode=verify-full',
    'prefer',
    'disable',
  ),
  sslcertmode: refused('The console does not support sslcertmode=require; leave it out', 'allow', 'disable'),
  replication: refused(
    'A replication connection cannot run queries; leave replication out',
    '0',
    'false',
    'off',
    'no',
  ),
  options: refused(
    'The console sends no startup options, since pgbouncer refuses them; leave options out, or ALTER ROLE … SET',
  ),
  service: refused('The console reads no service files; write host, port, dbname and user here'),
  servicefile: refused('The console reads no service files; leave servicefile out'),
  passfile: refused('The console reads no password files; write the password here'),
  requirepeer: refused('The console does not support requirepeer; leave it out'),
  sslcrl: refused(`${NO_CRL} sslcrl out`),
  sslcrldir: refused(`${NO_CRL} sslcrldir out`),
  sslkeylogfile: refused('The console does not support sslkeylogfile; leave it out'),
  scram_client_key: NO_SCRAM_KEY,
  scram_server_key: NO_SCRAM_KEY,
  oauth_issuer: NO_OAUTH,
  oauth_client_id: NO_OAUTH,
  oauth_client_secret: NO_OAUTH,
  oauth_scope: NO_OAUTH,
  application_name: 'ignored',
  fallback_application_name: 'ignored',
  client_encoding: 'ignored',
  keepalives: 'ignored',
  keepalives_idle: 'ignored',
  keepalives_interval: 'ignored',
  keepalives_count: 'ignored',
  tcp_user_timeout: 'ignored',
  sslcompression: 'ignored',
  sslsni: 'ignored',
  krbsrvname: 'ignored',
  gsslib: 'ignored',
  gssdelegation: 'ignored',
  tty: 'ignored',
  authtype: 'ignored',
  min_protocol_version: 'ignored',
  max_protocol_version: 'ignored',
};

/** Keywords with a closed list of values, as libpq checks them. */
export const CHOICES: Partial<Record<Keyword, readonly string[]>> = {
  sslmode: ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'],
  target_session_attrs: ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'],
  load_balance_hosts: ['disable', 'random'],
  sslnegotiation: ['postgres', 'direct'],
  channel_binding: ['', 'disable', 'prefer', 'require'],
  ssl_min_protocol_version: ['', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
  ssl_max_protocol_version: ['', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
};
