/** What Spock's things are called where they are shown. */
import type { EngineWords } from '#core/engines/engine-words.ts';
import { enable, stepOver } from './statements.ts';

export const spockWords: EngineWords = {
  name: 'Spock',
  extension: 'spock',
  outputPlugin: 'spock_output',
  nodes: 'spock.node',
  interfaces: 'spock.node_interface',
  subscriptions: 'spock.subscription',
  copies: 'spock.local_sync_status',
  conflicts: 'spock.resolutions',
  exceptions: 'spock.exception_log',
  readOnlySetting: 'spock.readonly',
  ddlSetting: 'spock.enable_ddl_replication',
  conflictSettings: {
    'spock.exception_behaviour': ['transdiscard', 'discard', 'sub_disable'],
    'spock.exception_logging': ['all', 'discard', 'none'],
    'spock.save_resolutions': ['on', 'off'],
  },
  copyStates: {
    waiting: 'init: not started',
    starting: 'started',
    structure: 'structure',
    data: 'data: being copied',
    constraints: 'constraints',
    'handing-over': 'syncwait: waits for the apply worker',
    'catching-up': 'catchup',
    done: 'done',
    failed: 'failed: every change to it is discarded',
    unknown: 'not known',
  },
  conflictsKept:
    'A node records a conflict in spock.resolutions only with spock.save_resolutions on; what its version does not record cannot be shown.',
  exceptionsKept:
    'A transaction that a node cannot apply is recorded in its spock.exception_log, and shown here within seconds.',
  cannotAlterOptions: (version) =>
    /^[1-5]\./.test(version ?? '')
      ? `Spock ${version} cannot change options: drop the subscription and create it again with them, or upgrade to 6.0.`
      : null,
  stepOver: (subscription, lsn) => [stepOver(subscription, lsn), enable(subscription)],
};
