import { noSession } from '#core/contract/faults.ts';
import { errors } from '#mocks/errors.ts';
import { os } from './base.ts';

const QUARTER_OF_AN_HOUR = 15 * 60_000;

export const access = {
  sessions: os.access.sessions.handler(({ context }) => ({ items: context.world.sessions })),
  endSession: os.access.endSession.handler(({ input, context: { world } }) => {
    const { length } = world.sessions;
    world.sessions = world.sessions.filter(({ id }) => id !== input.session);
    if (world.sessions.length < length) return { ended: 1 };
    throw errors.NOT_FOUND(noSession(input.session));
  }),
  endOtherSessions: os.access.endOtherSessions.handler(({ context: { world } }) => {
    const { length } = world.sessions;
    world.sessions = world.sessions.filter(({ current }) => current);
    return { ended: length - world.sessions.length };
  }),
  createLink: os.access.createLink.handler(({ context: { world } }) => {
    const token = `${world.nextId('link')}-x7Qd0mJm1rT4uYkW2nVb9sEa`;
    const expiresAt = new Date(world.now + QUARTER_OF_AN_HOUR).toISOString();
    return { path: `/?token=${token}`, token, expiresAt };
  }),
};
