/** What the steps of a join are made of. */
import type { NodeAdd } from '#core/model/requests/nodes.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import type { Server } from '#core/plan/servers/choices.ts';
import type { Member } from './checks-cluster.ts';
import type { JoinLinks } from './links.ts';

export interface Join {
  grounds: Grounds;
  request: NodeAdd;
  /** The source first. */
  members: readonly Member[];
  links: JoinLinks;
  added: Server;
  source: Server;
}
