/** For tests: what may happen to a deploy from outside. */
import type { Going } from './deploy-console.ts';
import type { Ground, Way } from './deploy-ground.ts';

/** Before what is asked next, or only after a first try. */
export type Mended = 'before' | 'after';

export type Fault =
  | { kind: 'cancel' }
  /** kill -9 of the console. */
  | { kind: 'kill' }
  /** All sessions of the database are ended, replication's too; new ones are let in. */
  | { kind: 'sessions'; node: 1 | 2 }
  /** The way is cut until the run has ended. */
  | { kind: 'cut'; way: Way; mended: Mended }
  /** kill -9 of all processes of the server; it is down until the run has ended. */
  | { kind: 'crash'; node: 1 | 2; mended: Mended }
  /** A transaction holds a table that is copied, until the run has ended. */
  | { kind: 'lock'; node: 1 | 2; mended: Mended };

/** `next`: what is asked once the fault has done its work. */
export function shownFault(fault: Fault, next: string): string {
  switch (fault.kind) {
    case 'cancel':
      return 'console cancelled';
    case 'kill':
      return 'console killed';
    case 'sessions':
      return `all sessions on n${fault.node} ended`;
    case 'cut':
      return `${fault.way} cut (mended ${fault.mended} the ${next})`;
    case 'crash':
      return `n${fault.node} killed (started ${fault.mended} the ${next})`;
    case 'lock':
      return `a table of n${fault.node} locked (let go ${fault.mended} the ${next})`;
  }
}

const EVERYBODY =
  'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';

/** The fault comes; what it answers with mends it. */
export async function strike(fault: Fault, ground: Ground, going: Going): Promise<() => Promise<void>> {
  switch (fault.kind) {
    case 'cancel':
    case 'kill':
      await going.stop();
      return async () => {};
    case 'sessions':
      await ground.ask(fault.node, EVERYBODY);
      return async () => {};
    case 'cut':
      ground.ways[fault.way].cut();
      return async () => ground.ways[fault.way].mend();
    case 'crash':
      await ground.crash(fault.node);
      return () => ground.servers.start(fault.node);
    case 'lock': {
      const lock = await ground.lock(fault.node);
      return async () => lock.letGo();
    }
  }
}
