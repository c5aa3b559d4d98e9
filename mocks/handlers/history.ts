import { os, paged, watched } from './base.ts';

export const history = {
  lag: os.history.lag.handler(({ input, context }) =>
    watched(context.world, input.cluster).lag(context.world.now, input),
  ),
  activity: os.history.activity.handler(({ input, context }) => {
    watched(context.world, input.cluster);
    const from = input.from === undefined ? 0 : Date.parse(input.from);
    const to = input.to === undefined ? Number.POSITIVE_INFINITY : Date.parse(input.to);
    const items = context.world.activity.filter(
      (item) => item.cluster === input.cluster && Date.parse(item.at) >= from && Date.parse(item.at) <= to,
    );
    return paged(items, input.limit, input.cursor);
  }),
  allActivity: os.history.allActivity.handler(({ input, context }) =>
    paged(context.world.activity, input.limit, input.cursor),
  ),
  conflicts: os.history.conflicts.handler(({ input, context }) => {
    const watch = watched(context.world, input.cluster);
    const items = watch.cluster.conflicts.filter(
      (row) =>
        watch.isUp(row.node) &&
        (input.node === undefined || row.node === input.node) &&
        (input.table === undefined ||
          row.table === input.table ||
          `${row.schema}.${row.table}` === input.table) &&
        (input.type === undefined || row.type === input.type) &&
        (input.since === undefined || row.at >= input.since),
    );
    return { ...paged(items, input.limit, input.cursor), missing: watch.missing() };
  }),
  exceptions: os.history.exceptions.handler(({ input, context }) => {
    const watch = watched(context.world, input.cluster);
    const items = watch.cluster.exceptions.filter(
      (row) =>
        watch.isUp(row.node) &&
        (input.node === undefined || row.node === input.node) &&
        (input.table === undefined ||
          row.table === input.table ||
          `${row.schema}.${row.table}` === input.table) &&
        (input.type === undefined || row.operation === input.type) &&
        (input.since === undefined || row.at >= input.since),
    );
    return { ...paged(items, input.limit, input.cursor), missing: watch.missing() };
  }),
};
