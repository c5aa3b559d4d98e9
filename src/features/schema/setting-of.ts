import type { NodeSnapshot } from '#core/model/snapshot.ts';

/** What the node says of a setting of its server; null: it was not read, or the server has none of that name. */
export const settingOf = ({ settings }: Pick<NodeSnapshot, 'settings'>, name: string): string | null =>
  settings.find((each) => each.name === name)?.value ?? null;
