/** DSNs that are given for one run: the mock knows no passwords but that `wrong` is one. */
import { faulty } from '#core/contract/faults.ts';
import { faultText } from '#core/dsn/parse.ts';
import { readDsn } from '#core/dsn/read.ts';
import type { NodeRights } from '#core/model/plan.ts';
import { type DsnIssue, lackingIssue, missingDsns, missingIssue } from '#core/run/run-dsns.ts';
import { errors } from '#mocks/errors.ts';

/** Refuses with a fault on each field what is missing, or cannot be used. `kept`: nodes whose DSN a run has from before. */
export function checkDsns(
  rights: readonly NodeRights[],
  given: Readonly<Record<string, string>> = {},
  kept: readonly string[] = [],
): void {
  const missing = missingDsns(rights, [...Object.keys(given), ...kept]).map(missingIssue);
  const wrong = Object.entries(given).flatMap(([node, dsn]) => faultOf(node, dsn, rights));
  const issues = [...missing, ...wrong];
  if (issues.length === 0) return;
  throw errors.UNPROCESSABLE_CONTENT(faulty(issues));
}

function faultOf(node: string, dsn: string, rights: readonly NodeRights[]): DsnIssue[] {
  const path = ['dsns', node];
  const { values, fault } = readDsn(dsn);
  if (fault !== null)
    return [
      {
        path,
        code: 'malformed-dsn',
        message: `${node} cannot be reached with it: ${faultText(fault)}`,
        remedy: 'Write postgres://user:password@host:5432/dbname.',
      },
    ];
  const user = values.get('user') ?? '';
  if (values.get('password') === 'wrong')
    return [
      {
        path,
        code: 'wrong-password',
        message: `${node} cannot be reached with it: password authentication failed for user "${user}"`,
        remedy: 'Correct it, then try again.',
      },
    ];
  const lacking = rights.find((each) => each.node === node && each.role === user);
  return lacking === undefined ? [] : [lackingIssue(lacking)];
}
