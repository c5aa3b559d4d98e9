/** Who is in: browsers that were let in, and letting in another one. */
import { z } from 'zod';
import { Instant } from '#core/model/scalars.ts';
import { procedure } from './errors.ts';

export const Session = z.object({
  id: z.string(),
  createdAt: Instant,
  usedAt: Instant,
  /** link: by a one-time link; token: by TRICORDER_TOKEN, with which it ends. */
  by: z.enum(['link', 'token']),
  /** From where it came in. */
  address: z.string(),
  /** What its browser calls itself, in short: `Firefox on Linux`. */
  browser: z.string(),
  /** It is the one that asks. */
  current: z.boolean(),
});
export type Session = z.infer<typeof Session>;

export const access = {
  sessions: procedure
    .route({ method: 'GET', path: '/sessions', summary: 'Signed-in browsers, last used first' })
    .output(z.object({ items: z.array(Session) })),
  endSession: procedure
    .route({ method: 'DELETE', path: '/sessions/{session}', summary: 'Sign out one browser' })
    .input(z.object({ session: z.string().min(1).max(64) }))
    .output(z.object({ ended: z.number().int() })),
  endOtherSessions: procedure
    .route({ method: 'DELETE', path: '/sessions', summary: 'Sign out all browsers but the one that asks' })
    .output(z.object({ ended: z.number().int() })),
  createLink: procedure
    .route({
      method: 'POST',
      path: '/links',
      successStatus: 201,
      summary: 'A link that signs in one browser, once, within 15 minutes',
    })
    /** `path`: to be put behind the address by which the other browser reaches the console. */
    .output(z.object({ path: z.string(), token: z.string(), expiresAt: Instant })),
};
