/** An archive_command that fails: WAL piles up until the disk is full, and a restore has no more than what was archived. */
import { countOf, formatSeconds } from '#core/model/format.ts';
import type { Rule, RuleFinding } from './rule.ts';

/** It is tried three times, then once a minute: one failure among them may be anything. */
const FAILING_SECONDS = 60;

export const archiverFailing: Rule = (input) =>
  [...input.nodes.values()].flatMap((node): RuleFinding[] => {
    const archiver = node.slow?.value.archiver;
    const now = node.slow?.value.serverClock ?? null;
    if (!archiver || now === null || node.failure !== null || archiver.mode === 'off') return [];
    const { failedAt, archivedAt, failedWal, failedCount, archivedWal } = archiver;
    if (failedAt === null || (archivedAt !== null && archivedAt >= failedAt)) return [];
    const since = archivedAt ?? archiver.countedSince;
    if (since === null || now - since < FAILING_SECONDS * 1000) return [];
    const lasted = formatSeconds(Math.round((now - since) / 1000));
    return [
      {
        severity: 'warning',
        subject: { node: node.name },
        title: `${node.name} cannot archive its WAL`,
        detail: `Nothing has been archived for ${lasted}. ${node.name} keeps all WAL since then, and stops when its disk is full. A restore can go no further than the last archived WAL.`,
        evidence: [
          { name: 'last_failed_wal', value: failedWal ?? 'not visible' },
          {
            name: 'last_failed_time',
            value: `${formatSeconds(Math.max(0, Math.round((now - failedAt) / 1000)))} ago`,
          },
          { name: 'last_archived_wal', value: archivedWal ?? 'none' },
          ...(failedCount === null ? [] : [{ name: 'failed_count', value: countOf(failedCount, 'failure') }]),
        ],
        remedy: {
          text: `The server log of ${node.name} shows the error of archive_command or archive_library. Fix it; the archiver retries by itself.`,
          sql: ['SHOW archive_command'],
        },
      },
    ];
  });
