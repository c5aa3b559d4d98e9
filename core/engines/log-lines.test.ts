import { describe, expect, it } from 'vitest';
import { logEntries, trueErrors } from './log-lines.ts';

const nobody = new Set<number>();
const errors = (text: string, format: 'stderr' | 'csvlog' | 'jsonlog' = 'stderr', prefix = '%m [%p] ') =>
  trueErrors(logEntries(text, format, prefix), nobody);

/** What Spock 5.0.11 logs when a row does not fit; the error is the first of it. */
const COPY_FAILS = `2026-11-27 10:00:01.100 UTC [301] LOG:  starting apply worker
2026-11-27 10:00:01.200 UTC [301] ERROR:  invalid input value for enum mood: "new"
2026-11-27 10:00:01.200 UTC [301] CONTEXT:  COPY t, line 1, column m: "new"
2026-11-27 10:00:01.200 UTC [301] STATEMENT:  COPY "public"."t" ("id","m") FROM stdin
2026-11-27 10:00:01.300 UTC [301] ERROR:  current transaction is aborted, commands ignored until end of transaction block
2026-11-27 10:00:01.400 UTC [302] ERROR:  table copy failed
2026-11-27 10:00:01.500 UTC [302] LOG:  apply worker [302] at slot 2 generation 1 exiting with error
`;

describe('the true errors of a log', () => {
  it('leave out what only follows from the first', () => {
    expect(errors(COPY_FAILS)).toEqual(['invalid input value for enum mood: "new"']);
  });

  it('are what the other side has said of a copy, which stands in the DETAIL', () => {
    expect(
      errors(
        `2026-11-27 10:00:01.200 UTC [7] spock sync t 5:1 ERROR:  table copy failed
2026-11-27 10:00:01.200 UTC [7] spock sync t 5:1 DETAIL:  Query 'COPY "gen" TO stdout': ERROR:  column "b" is a generated column
2026-11-27 10:00:01.200 UTC [8] spock sync t 5:1 ERROR:  table copy failed
`,
        'stderr',
        '%m [%p] %q%a ',
      ),
    ).toEqual([`table copy failed\nQuery 'COPY "gen" TO stdout': ERROR:  column "b" is a generated column`]);
  });

  it('bring their DETAIL, and lines that go on', () => {
    expect(
      errors(`2026-11-27 10:00:01.200 UTC [7] ERROR:  duplicate key value violates unique constraint "audit_pkey"
2026-11-27 10:00:01.200 UTC [7] DETAIL:  Key (id)=(1
\t2) already exists.
2026-11-27 10:00:01.200 UTC [8] DETAIL:  of another
`),
    ).toEqual([
      'duplicate key value violates unique constraint "audit_pkey"\nKey (id)=(1\n2) already exists.',
    ]);
  });

  it('are those of pg_restore and pg_dump too, but not that a tool failed', () => {
    expect(
      errors(`pg_restore: while PROCESSING TOC:
pg_restore: from TOC entry 201; 1259 16400 TABLE t tricorder
pg_restore: error: could not execute query: ERROR:  type "ext.citext" does not exist
LINE 3:     name ext.citext
2026-11-27 10:00:01.200 UTC [9] ERROR:  could not execute pg_restore: Success
2026-11-27 10:00:01.200 UTC [9] HINT:  check the error log to determine the cause of the issue
2026-11-27 10:00:01.200 UTC [9] LOG:  apply worker [9] exiting with error
`),
    ).toEqual(['pg_restore: error: could not execute query: ERROR:  type "ext.citext" does not exist']);
    expect(
      errors('pg_dump: error: aborting because of server version mismatch\npg_dump: detail: x\n'),
    ).toEqual(['pg_dump: error: aborting because of server version mismatch']);
  });

  it('are no applications’ and none of the console’s own, where the prefix tells', () => {
    const text = `2026-11-27 10:00:01.200 UTC [11] psql ERROR:  relation "nothing" does not exist
2026-11-27 10:00:01.200 UTC [12] tricorder ERROR:  subscription sub exists
2026-11-27 10:00:01.200 UTC [13] sub_n2n1_copy ERROR:  permission denied for table t
2026-11-27 10:00:01.200 UTC [14] ERROR:  could not connect to the postgresql server
`;
    expect(errors(text, 'stderr', '%m [%p] %q%a ')).toEqual([
      'permission denied for table t',
      'could not connect to the postgresql server',
    ]);
    expect(
      trueErrors(
        logEntries(text.replaceAll(/(psql|tricorder|\S+_copy) /g, ''), 'stderr', '%m [%p] '),
        new Set([11, 12, 13]),
      ),
    ).toEqual(['could not connect to the postgresql server']);
  });

  it('are not those of another subscription’s worker', () => {
    const text = `2026-11-27 10:00:01.200 UTC [1] spock apply 16384:11 ERROR:  of eleven
2026-11-27 10:00:01.200 UTC [2] spock sync            mt 16384:12 ERROR:  of twelve
2026-11-27 10:00:01.200 UTC [3] spock manager 16384 ERROR:  of all
`;
    expect(trueErrors(logEntries(text, 'stderr', '%m [%p] %q%a '), nobody, '12')).toEqual([
      'of twelve',
      'of all',
    ]);
  });

  it('read prefixes of any kind, padded and without a process', () => {
    expect(errors('10.0.0.1(5432):u@db:[77]: ERROR:  x\n', 'stderr', '%r:%u@%d:[%p]: ')).toEqual(['x']);
    expect(errors('<2026-11-27 10:00:01 CET   88 00000> FATAL:  y\n', 'stderr', '<%t %5p %e> ')).toEqual([
      'y',
    ]);
    expect(errors('ERROR:  z\n', 'stderr', '')).toEqual(['z']);
    expect(
      errors('walsender [5] ERROR:  slot\nclient backend [6] ERROR:  no\n', 'stderr', '%b [%p] '),
    ).toEqual(['slot']);
  });

  it('read a prefix that names a thing twice, and names of applications with anything in them', () => {
    expect(errors('[7] 7 x [8] y ERROR:  z\n', 'stderr', '[%p] %p %a ')).toEqual([]);
    expect(errors('[7] 7 sub_a ERROR:  z\n', 'stderr', '[%p] %p %a ')).toEqual(['z']);
    expect(errors('7 spock apply 1:2 of u on db ERROR:  z\n', 'stderr', '%p %a of %u on %d ')).toEqual(['z']);
  });

  it('take a time that grows with the length of a line, whatever its prefix', () => {
    const start = process.cpuUsage();
    for (const prefix of [
      '%a'.repeat(50),
      '%a '.repeat(50),
      '%u@%d:%h-%r ',
      '%m %a [%p] ',
      '%a%p'.repeat(20),
    ]) {
      for (const piece of [' ', '@', ':', '@:- ', '1', 'ERROR', '2026-11-27 ', '[']) {
        errors(`${piece.repeat(100_000 / piece.length)}\n`, 'stderr', prefix);
      }
    }
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(2000);
  });

  it('put what somebody ended last: it is a cause only where there is no other', () => {
    expect(
      errors(`2026-11-27 10:00:01.200 UTC [1] FATAL:  terminating connection due to administrator command
2026-11-27 10:00:01.300 UTC [2] ERROR:  disk full
`),
    ).toEqual(['disk full', 'terminating connection due to administrator command']);
  });

  it('read csvlog and jsonlog, cut at the end', () => {
    const csv = (pid: number, level: string, message: string, type: string) =>
      `2026-11-27 10:00:01.200 UTC,"u","d",${pid},"h:1",x.1,1,"COPY",2026-11-27 10:00:00 UTC,3/4,0,${level},22P02,"${message}","a ""detail""",,,,"COPY t,\nline 1","COPY ...",,,"app_copy","${type}",,0\n`;
    expect(
      errors(
        `${csv(1, 'LOG', 'exiting with error', 'spock apply 1:2')}${csv(2, 'ERROR', 'no ""such""\nrow', 'client backend')}2026-11-27,"u`,
        'csvlog',
      ),
    ).toEqual(['no "such"\nrow\na "detail"']);
    const json = (of: Record<string, unknown>) => `${JSON.stringify(of)}\n`;
    expect(
      errors(
        json({
          pid: 1,
          error_severity: 'ERROR',
          message: 'mine',
          backend_type: 'client backend',
          application_name: 'psql',
        }) +
          json({
            pid: 2,
            error_severity: 'ERROR',
            message: 'theirs',
            detail: 'd',
            backend_type: 'spock sync t 1:2',
          }) +
          '{"pid": 3, "mess',
        'jsonlog',
      ),
    ).toEqual(['theirs\nd']);
  });

  it('are none in an empty log, or one in which nothing went wrong', () => {
    expect(errors('')).toEqual([]);
    expect(errors('2026-11-27 10:00:01.100 UTC [301] LOG:  an error was not met\n')).toEqual([]);
  });
});
