/** Everything that one browser follows, on one connection: browsers open six to a host, and a tab each would use them up. */
import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { FeedFrame } from '#core/feed/frame.ts';
import { procedure } from './errors.ts';

/** Names, separated by commas. */
const names = z.string().max(8000).optional();

export const feed = {
  /**
   * Of each cluster what `clusters.events` sends, of each run what `runs.events` sends, each said to be of which. An event's id
   * names the positions of all clusters: a `Last-Event-ID` picks all of them up.
   */
  follow: procedure
    .route({
      method: 'GET',
      path: '/events',
      summary: 'Many clusters and runs on one stream of server-sent events',
    })
    .input(z.object({ clusters: names, runs: names }))
    .output(eventIterator(FeedFrame)),
};
