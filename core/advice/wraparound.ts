/** Transaction numbers that run out: a server that is not vacuumed refuses to write before they do. */
import type { AgeFacts } from '#core/model/facts.ts';
import { formatCount, formatSeconds } from '#core/model/format.ts';
import type { Rule, RuleFinding } from './rule.ts';

/** Of 2^31: PostgreSQL stops writing some three million before it, and warns 40 million before. */
const LIMIT = 2 ** 31 - 3_000_000;
/** Five times the age at which autovacuum begins by itself: it does not get through. */
const WARNING = 1_000_000_000;
const CRITICAL = 1_600_000_000;

export const wraparound: Rule = (input) =>
  [...input.nodes.values()].flatMap((node): RuleFinding[] => {
    const ages = node.slow?.value.ages;
    if (!ages || node.failure !== null) return [];
    return [
      ...findingOf(node.name, ages, 'transaction', ages.xid, 'age(datfrozenxid)'),
      ...findingOf(node.name, ages, 'multixact', ages.multixact, 'mxid_age(datminmxid)'),
    ].map((each) => {
      const held = node.slow?.value.prepared?.[0];
      const slow = node.fast?.value.clock ?? null;
      if (held?.preparedAt == null || slow === null) return each;
      const since = formatSeconds(Math.max(0, Math.round((slow - held.preparedAt) / 1000)));
      return {
        ...each,
        evidence: [
          ...each.evidence,
          { name: 'oldest prepared transaction', value: `${held.gid}, for ${since}` },
        ],
      };
    });
  });

function findingOf(
  node: string,
  { database }: AgeFacts,
  what: 'transaction' | 'multixact',
  age: number | null,
  name: string,
): RuleFinding[] {
  if (age === null || age < WARNING) return [];
  const critical = age >= CRITICAL;
  return [
    {
      severity: critical ? 'critical' : 'warning',
      subject: { node },
      part: what,
      title: `${node} has used ${Math.floor((age / LIMIT) * 100)} % of its ${what} numbers`,
      detail: `When they run out, ${node} refuses writes, and cannot apply what the other nodes write. ${formatCount(Math.max(0, LIMIT - age))} are left. Autovacuum starts by itself at a fraction of this age: something keeps it from finishing.`,
      evidence: [
        { name, value: formatCount(age) },
        { name: 'database', value: database ?? 'not visible' },
      ],
      remedy: {
        text: `Find out on ${node} what keeps old rows: an open or prepared transaction, a slot that nobody reads, tables whose vacuum fails. Then run VACUUM (FREEZE) on the oldest tables.`,
        sql: [
          "SELECT oid::regclass, age(relfrozenxid) FROM pg_class WHERE relkind IN ('r', 'm', 't') ORDER BY 2 DESC LIMIT 10",
        ],
      },
    },
  ];
}
