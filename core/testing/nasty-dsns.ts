/** For tests: DSNs that have given a secret away somewhere, each with the pieces of it that may come out nowhere. */

export interface NastyDsn {
  dsn: string;
  pieces: readonly string[];
  /** libpq reads it, so that it may stand in a catalog and work. */
  valid: boolean;
}

const nasty = (valid: boolean, dsn: string, ...pieces: string[]): NastyDsn => ({ dsn, pieces, valid });

export const NASTY_DSNS: readonly NastyDsn[] = [
  nasty(true, 'postgres://u:hunt?er2#x@h/db', 'hunt', 'er2'),
  nasty(true, 'postgres://u:SEC?RET@h/db', 'SEC', 'RET'),
  nasty(true, 'postgres://u:SEC#RET@h/db', 'SEC', 'RET'),
  nasty(true, 'postgres://u:SEC:RET@h/db', 'SEC', 'RET'),
  nasty(true, 'postgres://u:SEC RET@h/db', 'SEC', 'RET'),
  nasty(true, 'postgres://u:SEC%20R%45T@h/db', 'SEC', 'R%45T'),
  nasty(true, 'postgres://u:SEC\'RET"@h/db', 'SEC', 'RET'),
  nasty(true, 'postgres://u:SEC://RET@h/db', 'SEC', 'RET'),
  nasty(true, 'postgres://u:SEC?password=RET@h/db', 'SEC', 'RET'),
  nasty(true, 'postgres://u:SEC@h1:1,h2:2/db?sslpassword=RET', 'SEC', 'RET'),
  nasty(true, 'postgres://u@h/db?pass%77ord=SECRET&sslmode=require', 'SECRET'),
  nasty(true, 'postgres://u@h/db?password=SEC%26RET', 'SEC', 'RET'),
  nasty(true, 'postgres://h/db?user=u&oauth_client_secret=SECRET', 'SECRET'),
  nasty(true, 'postgres://h/db?user=u&scram_client_key=SECRET&scram_server_key=RETSEC', 'SECRET', 'RETSEC'),
  nasty(true, 'postgres://h/db?user=u&options=-c%20x.password%3DSECRET', 'SECRET'),
  nasty(true, 'postgres://h/db?user=u&application_name=postgres%3A%2F%2Fu%3ASECRET%40h', 'SECRET'),
  nasty(true, 'host=h password=SEC\\ RET user=u', 'SEC', 'RET'),
  nasty(true, "host=h password='SEC RET' user=u", 'SEC', 'RET'),
  nasty(true, "host=h password = 'SEC\\'RET' user=u", 'SEC', 'RET'),
  nasty(true, "host=h password='SEC\nRET' user=u", 'SEC', 'RET'),
  nasty(true, 'host=h password=SEC&RET=1 user=u', 'SEC', 'RET'),
  nasty(true, "host=h password=SEC'RET user=u", 'SEC', 'RET'),
  nasty(true, 'host=h password=first-SECRET password=second-SECRET', 'SECRET'),
  nasty(true, 'host=h oauth_client_secret=SECRET scram_client_key=SECRET sslpassword=SECRET', 'SECRET'),
  nasty(true, "host=h user=u dbname='postgres://u:SECRET@h/x'", 'SECRET'),
  nasty(true, "host=h user=u options='-c x.password=SECRET'", 'SECRET'),
  nasty(true, "password='SECRET'", 'SECRET'),
  // Slips: libpq cannot read them, or reads something else, and somebody has typed them.
  nasty(false, 'postgres://u:SEC/RET@h/db', 'SEC', 'RET'),
  nasty(false, 'postgres://u:12/RET@h/db', 'RET'),
  nasty(false, 'postgres://u:SEC@RET@h/db', 'SEC', 'RET'),
  nasty(false, 'postgres://u:SEC/RE?T@h/db', 'SEC', 'RE?T'),
  nasty(false, 'postgres://u:SEC@x/RET?y@h/db', 'SEC', 'RET'),
  nasty(false, 'postgres://u:SEC%RET@h/db', 'SEC', 'RET'),
  nasty(false, 'postgres://u:SECRET', 'SECRET'),
  nasty(false, 'postgres://u:SECRET/db', 'SECRET'),
  nasty(false, 'postgres://u:SEC]RET', 'SEC', 'RET'),
  nasty(false, 'postgres://u:SECRET@h/db?hots=x', 'SECRET'),
  nasty(false, 'postgres://h/db?hots=1&password=SEC RET', 'SEC', 'RET'),
  nasty(false, 'postgres://h/db?password=SEC&RET', 'SEC', 'RET'),
  nasty(false, 'postgres://h/db?pasword=SECRET', 'SECRET'),
  nasty(false, 'POSTGRES://u:SECRET@h/db', 'SECRET'),
  nasty(false, 'mysql://u:SECRET@h/db', 'SECRET'),
  nasty(false, 'jdbc:postgresql://h/db?user=u&password=SECRET', 'SECRET'),
  nasty(false, '//u:SECRET@h/db', 'SECRET'),
  nasty(false, 'u:SECRET@h/db', 'SECRET'),
  nasty(false, 'u:SECRET', 'SECRET'),
  nasty(false, 'password SECRET', 'SECRET'),
  nasty(false, 'host=h password=SEC RET user=u', 'SEC', 'RET'),
  nasty(false, 'host=h password=SEC RET=1 user=u', 'SEC', 'RET'),
  nasty(false, "host=h password='SEC RET user=u", 'SEC', 'RET'),
  nasty(false, "host=h password='SEC'RET' user=u", 'SEC', 'RET'),
  nasty(false, 'host=h pasword=SECRET user=u', 'SECRET'),
  nasty(false, 'host=h PGPASSWORD=SECRET', 'SECRET'),
  nasty(false, 'hots=h password=SECRET', 'SECRET'),
  nasty(false, 'host=h password="SEC RET"', 'SEC', 'RET'),
];
