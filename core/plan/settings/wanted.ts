/** Which settings a request is about. */
import type { Changes } from '#core/engines/changes.ts';
import type { PlanRequest } from '#core/model/plan.ts';

/** Names, to be read on every node; none: the request is about something else. */
export function settingsOf(request: PlanRequest, { settings }: Changes): readonly string[] {
  switch (request.kind) {
    case 'ddl-replication':
      return settings.ddl?.all ?? [];
    case 'conflict-settings':
      return settings.conflicts;
    default:
      return [];
  }
}
