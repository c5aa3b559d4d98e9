/** Which settings a request is about. */
import type { Changes } from '#core/engines/changes.ts';
import type { PlanRequest } from '#core/model/plan.ts';

/** Names, to be read on every node; none: the request is about something else. */
export function settingsOf(request: PlanRequest, { settings }: Changes): readonly string[] {
  switch (request.kind) {
    case 'ddl-replication':
      return settings.ddl?.all ?? [];
    case 'node-settings':
      return request.settings.map(({ name }) => name);
    case 'conflict-settings':
      return settings.conflicts;
    default:
      return [];
  }
}

/** What two nodes are held against each other by: all that replication goes by and that may be alike on both. */
export const comparedSettings = ({ settings }: Changes): readonly string[] => [
  'wal_level',
  'track_commit_timestamp',
  ...settings.conflicts,
  ...(settings.ddl?.all ?? []),
];
