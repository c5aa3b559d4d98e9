/** A node whose links are read each second, and whose exceptions, settings or tables cannot be: what is not read is not well. */
import { formatSeconds } from '#core/model/format.ts';
import { isRead } from '#core/model/read-nodes.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';
import type { Rule, RuleFinding } from './rule.ts';

/** A lock that is let go of, or a server that is busy for a moment, is no news. */
const LEAST_TRIES = 2;

export const factsUnread: Rule = (input) =>
  input.facts.nodes.filter(isRead).flatMap(({ name }): RuleFinding[] => {
    const node = input.nodes.get(name);
    const failure = node?.slowFailure ?? null;
    if (node === undefined || failure === null) return [];
    const readAt = lastRead(node);
    // Before all else was read once, health is unknown anyway; that tables never were is said at once.
    const isNews = failure.tries >= LEAST_TRIES || (failure.what === 'tables' && readAt === null);
    if (!isNews) return [];
    const [what, blind] = unread(node);
    return [
      {
        severity: 'warning',
        subject: { node: name },
        title: `The ${what} of ${name} cannot be read`,
        detail: `${readAt === null ? 'They have never been read' : `The data shown is ${formatSeconds(Math.max(0, Math.round((input.at - readAt) / 1000)))} old`}, so the console cannot tell whether ${blind}. The links of ${name} are still read every second.`,
        evidence: [
          { name: 'error', value: failure.message },
          ...(failure.sqlstate === null ? [] : [{ name: 'SQLSTATE', value: failure.sqlstate }]),
          { name: 'polls in a row', value: String(failure.tries) },
        ],
        sinceAt: failure.since,
        remedy: remedyOf(name, failure),
      },
    ];
  });

const unread = ({ slowFailure }: NodeInput): [what: string, blind: string] =>
  slowFailure?.what === 'tables'
    ? ['tables', 'they differ from those of other nodes, or whether some are in no set']
    : ['exceptions, conflicts, settings and tables', 'transactions were discarded or tables differ there'];

const lastRead = ({ slow, slowFailure }: NodeInput): number | null =>
  (slowFailure?.what === 'tables' ? slow?.value.tablesReadAt : slow?.sentAt) ?? null;

function remedyOf(
  name: string,
  { code, sqlstate, what }: NonNullable<NodeInput['slowFailure']>,
): RuleFinding['remedy'] {
  // lock_not_available, query_canceled
  if (sqlstate === '55P03' || ((code === 'timeout' || sqlstate === '57014') && what === 'all')) {
    return {
      text: `A session on ${name} holds a lock on a table that the console reads, or the server is very slow. Check which session blocks which. The console retries every 15 s.`,
      sql: [
        'SELECT pid, pg_blocking_pids(pid) AS blocked_by, application_name, query FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0',
      ],
    };
  }
  if (what === 'tables')
    return {
      text: `The catalogs of ${name} are too large, or its server is too slow, to be read within the time allowed for a poll.`,
    };
  if (code === 'permission')
    return {
      text: `Grant the console’s role on ${name} the privilege that the error names; the statements are under Settings.`,
    };
  return { text: `Read the error and the server log of ${name}. The console retries every 15 s.` };
}
