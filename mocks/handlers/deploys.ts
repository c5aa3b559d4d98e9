import { noDeploy } from '#core/contract/faults.ts';
import { errors } from '#mocks/errors.ts';
import { lookAt, saveDraft, shownDraft, tablesOf } from '#mocks/world/drafts.ts';
import type { World } from '#mocks/world/world.ts';
import { os } from './base.ts';

function found(world: World, id: string) {
  const draft = world.drafts.get(id);
  if (!draft) throw errors.NOT_FOUND(noDeploy(id));
  return draft;
}

/** Drafts outlive a reload of the page, which begins the counts of ids anew. */
function freeId(world: World): string {
  for (;;) {
    const id = world.nextId('draft');
    if (!world.drafts.has(id)) return id;
  }
}

export const deploys = {
  list: os.deploys.list.handler(({ context }) => ({
    items: [...context.world.drafts.values()]
      .map(shownDraft)
      .sort((a, b) => b.savedAt.localeCompare(a.savedAt)),
  })),
  create: os.deploys.create.handler(({ input, context }) =>
    shownDraft(saveDraft(context.world, freeId(context.world), input)),
  ),
  get: os.deploys.get.handler(({ input, context }) => shownDraft(found(context.world, input.id))),
  save: os.deploys.save.handler(({ input, context }) => {
    const { id, ...answers } = input;
    found(context.world, id);
    return shownDraft(saveDraft(context.world, id, answers));
  }),
  discard: os.deploys.discard.handler(({ input, context }) => {
    found(context.world, input.id);
    context.world.drafts.delete(input.id);
    return { discarded: input.id };
  }),
  look: os.deploys.look.handler(({ input, context }) =>
    lookAt(context.world, found(context.world, input.id), input.position),
  ),
  tables: os.deploys.tables.handler(({ input, context }) =>
    tablesOf(context.world, found(context.world, input.id)),
  ),
};
