/** The console itself: is it there, who may enter, what it found on this machine. */
import { z } from 'zod';
import { Instant } from '#core/model/scalars.ts';
import { Storage } from '#core/model/storage.ts';
import { procedure } from './errors.ts';

/** Something of use for the sandbox that was looked for on this machine. */
export const Found = z.object({
  what: z.string(),
  where: z.string(),
  state: z.enum(['usable', 'not-found', 'unusable']),
  note: z.string(),
});

export const Machine = z.object({
  lookedAt: Instant,
  platform: z.string(),
  /** What a sandbox made now would run on; null: none can be made, `reason` says why. */
  sandboxEngine: z.object({ text: z.string(), standin: z.boolean() }).nullable(),
  reason: z.string().nullable(),
  found: z.array(Found),
  /** The ports a sandbox made now would take. */
  ports: z.array(z.number().int()),
  diskFreeBytes: z.number().nullable(),
});
export type Machine = z.infer<typeof Machine>;

export const system = {
  health: procedure
    .route({ method: 'GET', path: '/health', summary: 'The one path that needs no token' })
    .output(
      z.object({
        status: z.literal('ok'),
        version: z.string(),
        /** Whether the console can keep what it sees; `GET /console` says it in words. */
        storage: Storage.pick({ state: true, since: true }),
      }),
    ),
  machine: procedure.route({ method: 'GET', path: '/machine' }).output(Machine),
  console: procedure.route({ method: 'GET', path: '/console', summary: 'How this console runs' }).output(
    z.object({
      version: z.string(),
      startedAt: Instant,
      dataDir: z.string(),
      listening: z.string(),
      node: z.string(),
      storage: Storage,
    }),
  ),
};
