/** Browsers that are in, and letting in another one, over HTTP. */
import { noSession } from '#core/contract/faults.ts';
import { errors } from './errors.ts';
import { os } from './implement.ts';

const iso = (ms: number): string => new Date(ms).toISOString();

export const access = {
  sessions: os.access.sessions.handler(({ context }) => ({
    items: context.access.sessions().map(({ createdAt, usedAt, ...info }) => ({
      ...info,
      createdAt: iso(createdAt),
      usedAt: iso(usedAt),
      current: info.id === context.session,
    })),
  })),
  endSession: os.access.endSession.handler(({ input, context }) => {
    if (context.access.end(input.session, who(context)) === null) {
      throw errors.NOT_FOUND(noSession(input.session));
    }
    return { ended: 1 };
  }),
  endOtherSessions: os.access.endOtherSessions.handler(({ context }) => {
    const others = context.access.sessions().filter(({ id }) => id !== context.session);
    for (const { id } of others) context.access.end(id, who(context));
    return { ended: others.length };
  }),
  createLink: os.access.createLink.handler(({ context }) => {
    const { token, expiresAt } = context.access.createLink('api', context.visitor);
    return { path: `/?token=${token}`, token, expiresAt: iso(expiresAt) };
  }),
};

const who = ({ visitor }: { visitor: { address: string; browser: string } }): string =>
  `${visitor.browser} at ${visitor.address}`;
