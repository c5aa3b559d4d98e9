/**
 * libpq's connection keywords (PQconndefaults of 9.6 to 18), and what the console makes of each.
 * `honoured`: it has libpq's meaning here. `ignored`: it changes nothing that matters to a console that sends text
 * queries in UTF-8. A text: it is refused, because leaving it out silently would connect otherwise, or less safely,
 * than was asked for.
 */
export const KEYWORDS: Record<string, 'honoured' | 'ignored' | { refused: string; unless?: string[] }> = {
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
  channel_binding: {
    refused: 'The console does not support channel_binding=require; use sslmode=verify-full',
    unless: ['prefer', 'disable', ''],
  },
  gssencmode: {
    refused: 'The console does not support gssencmode=require; use sslmode=verify-full',
    unless: ['prefer', 'disable', ''],
  },
  sslcertmode: {
    refused: 'The console does not support sslcertmode=require; leave it out',
    unless: ['allow', 'disable', ''],
  },
  replication: {
    refused: 'A replication connection cannot run queries; leave replication out',
    unless: ['', '0', 'false', 'off', 'no'],
  },
  options: {
    refused:
      'The console sends no startup options, since pgbouncer refuses them; leave options out, or ALTER ROLE … SET',
    unless: [''],
  },
  service: {
    refused: 'The console reads no service files; write host, port, dbname and user here',
    unless: [''],
  },
  servicefile: { refused: 'The console reads no service files; leave servicefile out', unless: [''] },
  passfile: { refused: 'The console reads no password files; write the password here', unless: [''] },
  requirepeer: { refused: 'The console does not support requirepeer; leave it out', unless: [''] },
  require_auth: { refused: 'The console does not support require_auth; leave it out', unless: [''] },
  sslcrl: {
    refused: 'The console reads no certificate revocation lists; leave sslcrl out',
    unless: [''],
  },
  sslcrldir: {
    refused: 'The console reads no certificate revocation lists; leave sslcrldir out',
    unless: [''],
  },
  sslkeylogfile: { refused: 'The console does not support sslkeylogfile; leave it out', unless: [''] },
  scram_client_key: {
    refused: 'The console does not support SCRAM keys; write the password',
    unless: [''],
  },
  scram_server_key: {
    refused: 'The console does not support SCRAM keys; write the password',
    unless: [''],
  },
  oauth_issuer: {
    refused: 'The console does not support OAuth; use a role with a password',
    unless: [''],
  },
  oauth_client_id: {
    refused: 'The console does not support OAuth; use a role with a password',
    unless: [''],
  },
  oauth_client_secret: {
    refused: 'The console does not support OAuth; use a role with a password',
    unless: [''],
  },
  oauth_scope: { refused: 'The console does not support OAuth; use a role with a password', unless: [''] },
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

/** Values that are never shown. */
export const SECRETS: ReadonlySet<string> = new Set([
  'password',
  'sslpassword',
  'oauth_client_secret',
  'scram_client_key',
  'scram_server_key',
]);

/** Keywords with a closed list of values, as libpq checks them. */
export const CHOICES: Record<string, readonly string[]> = {
  sslmode: ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'],
  target_session_attrs: ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'],
  load_balance_hosts: ['disable', 'random'],
  sslnegotiation: ['postgres', 'direct'],
  ssl_min_protocol_version: ['', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
  ssl_max_protocol_version: ['', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
};
