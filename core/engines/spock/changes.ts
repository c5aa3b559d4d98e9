/** What Spock, and the stand-in that answers to its names, knows of changes. */
import type { Changes } from '#core/engines/changes.ts';
import { cannotCome, slotIs } from './cannot-come.ts';
import { copies } from './copies.ts';
import { ddl } from './ddl.ts';
import { joining } from './joining.ts';
import { local } from './local.ts';
import { marks } from './marks.ts';
import { nodes } from './nodes.ts';
import { commands } from './pgedge-commands.ts';
import { cluster } from './plan-answers.ts';
import { readers } from './readers.ts';
import { records } from './records.ts';
import { rights } from './rights.ts';
import { rowOrigins } from './row-origins.ts';
import { servers, settings } from './server-questions.ts';
import { sets } from './sets.ts';
import { slots } from './slots.ts';
import { subscriptions } from './subscriptions.ts';
import { sums } from './sums.ts';
import { unsubscribing } from './unsubscribe.ts';
import { versions } from './versions.ts';
import { spockWords } from './words.ts';

export const changes: Changes = {
  words: { ...spockWords, status: 'spock.sub_show_status()', repair: 'repair mode' },
  subscriptions,
  slots,
  unsubscribing,
  sets,
  sums,
  ddl,
  nodes,
  joining,
  copies,
  records,
  waits: { cannotCome, isSlot: slotIs },
  local,
  readers,
  marks,
  rowOrigins,
  settings,
  rights,
  versions,
  cluster,
  servers,
  commands,
};
