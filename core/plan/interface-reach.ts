/** Whether a receiver reaches a node by an interface: an engine takes an address at which nobody is, and the link is down by it. */
import type { Reach } from '#core/model/observed-server.ts';
import type { Grounds } from './nodes.ts';

interface ReachedBy {
  receiver: string;
  /** Whose interface it is. */
  provider: string;
  interface: string;
  /** Absent: it was not tried. */
  reach: Reach | undefined;
}

/** `otherServer`, `fails` and `untried` say what helps, and what would come of it. */
export function checkReach(
  grounds: Grounds,
  { receiver, provider, interface: name, reach }: ReachedBy,
  said: { otherServer: string; fails: string; untried: string },
): void {
  const found: Reach = reach ?? { state: 'untried', reason: 'it was not tried' };
  switch (found.state) {
    case 'ok':
      grounds.ok(receiver, 'Reaches its provider', `${provider} by ${name}`);
      return;
    case 'other-server':
      grounds.stop(receiver, 'Reaches its provider', 'another server', {
        code: 'other-server',
        message: `By interface ${name}, ${receiver} reaches another server than the console does as ${provider}.`,
        remedy: said.otherServer,
      });
      return;
    case 'failed':
      grounds.stop(receiver, 'Reaches its provider', `not by ${name}`, {
        code: found.replication ? 'no-replication' : 'peer-unreached',
        message: `${receiver} could not make ${found.replication ? 'a replication connection' : 'a connection'} to ${provider} by interface ${name}: ${found.error}`,
        remedy: said.fails,
      });
      return;
    case 'untried':
      grounds.know(
        receiver,
        'Reaches its provider',
        `not tried by ${name} (${found.reason}): ${said.untried}`,
      );
  }
}
