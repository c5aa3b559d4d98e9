/** What one event of the stream says: of which cluster or run, and what. */
import { z } from 'zod';
import { ClusterEvent } from '#core/model/events.ts';
import { Run } from '#core/model/plan.ts';
import { ClusterName } from '#core/model/scalars.ts';

/** Nothing more comes of this cluster or run on this stream; the others go on. */
const FrameError = z.object({ code: z.string(), message: z.string() });
export type FrameError = z.infer<typeof FrameError>;

export const FeedFrame = z.union([
  z.object({ cluster: ClusterName, event: ClusterEvent }),
  z.object({ run: z.string(), event: Run }),
  z.object({ cluster: ClusterName, error: FrameError }),
  z.object({ run: z.string(), error: FrameError }),
]);
export type FeedFrame = z.infer<typeof FeedFrame>;
