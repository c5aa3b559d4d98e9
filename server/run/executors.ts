/** What each type of action does. The types ask for an entry here as soon as a planner makes a new one. */
import type { ActionType } from '#core/plan/executable.ts';

import { catchUp } from './catch-up-step.ts';
import { askFindings } from './findings-step.ts';
import { hold } from './hold-step.ts';
import { joinCopy } from './join-copy.ts';
import { joinOrigins } from './join-origins-step.ts';
import { joinSuspects } from './join-suspects-step.ts';
import { mark } from './mark-step.ts';
import { peerPassword, rolePassword } from './password-steps.ts';
import { prove } from './prove-step.ts';
import { dropSlots, forgetNode, noteApplied, stillSilent } from './remove-node-steps.ts';
import { restart } from './restart-step.ts';
import { resync } from './resync-step.ts';
import { seed } from './seed-step.ts';
import { sql } from './sql-steps.ts';
import type { Executor } from './step-context.ts';
import { subscribe } from './subscribe-step.ts';
import { unsubscribeStep } from './unsubscribe-step.ts';
import { wait, writeAndWait } from './wait-step.ts';
import { watchNode } from './watch-node-step.ts';

const STOP_WITHIN_MS = 10_000;

export const executors: { [T in ActionType]: Executor<T> } = {
  sql,
  wait,
  'write-and-wait': writeAndWait,
  restart,
  seed,
  subscribe,
  hold,
  mark,
  prove,
  resync,
  'join-copy': joinCopy,
  'catch-up': catchUp,
  'join-origins': joinOrigins,
  'join-suspects': joinSuspects,
  'watch-node': watchNode,
  unsubscribe: unsubscribeStep,
  'peer-password': peerPassword,
  'role-password': rolePassword,
  'still-silent': stillSilent,
  'note-applied': noteApplied,
  'drop-slots': dropSlots,
  'forget-node': forgetNode,
  'ask-findings': askFindings,
  'register-cluster': {
    async run({ nodes }, { cluster, registry, register, willMake }) {
      if (registry.get(cluster) !== undefined) return { skipped: true };
      willMake(0);
      register(nodes);
      return { skipped: false };
    },
    async undo(_action, { cluster, registry, made }) {
      if (made(0)) registry.remove(cluster);
    },
  },
  'sandbox-allocate': {
    async run({ nodes }, { cluster, sandboxes, willMake }) {
      willMake(0);
      await sandboxes.allocate(cluster, nodes);
      return { skipped: false };
    },
    async undo(_action, { cluster, sandboxes, made }) {
      if (made(0)) await sandboxes.delete(cluster);
    },
  },
  'sandbox-initdb': {
    async run(_action, { cluster, sandboxes, signal, willMake }) {
      willMake(0);
      await sandboxes.get(cluster).initialise(signal);
      return { skipped: false };
    },
    // The folders go with the sandbox's own, when its allocation is taken back.
    async undo() {},
  },
  'sandbox-start': {
    async run({ node }, { cluster, sandboxes, willMake, note }) {
      willMake(0);
      const sandbox = sandboxes.get(cluster);
      await sandbox.startServer(node);
      const server = sandbox.info().servers.find((each) => each.node === node);
      note(`port ${server?.port}, process ${server?.pid}`);
      return { skipped: false };
    },
    async undo({ node }, { cluster, sandboxes, made }) {
      if (made(0) && sandboxes.has(cluster)) await sandboxes.get(cluster).stopServer(node, STOP_WITHIN_MS);
    },
  },
  'sandbox-register': {
    async run(_action, { cluster, sandboxes, willMake }) {
      willMake(0);
      sandboxes.register(cluster);
      return { skipped: false };
    },
    async undo(_action, { cluster, sandboxes, made }) {
      if (made(0)) sandboxes.forget(cluster);
    },
  },
  'sandbox-stop': {
    async run({ node }, { cluster, sandboxes }) {
      if (!sandboxes.has(cluster)) return { skipped: true };
      const sandbox = sandboxes.get(cluster);
      // Not started again by a console that comes after a crash in the midst of this run.
      sandbox.retire();
      await sandbox.stopServer(node, STOP_WITHIN_MS);
      return { skipped: false };
    },
    async undo() {},
  },
  'sandbox-delete': {
    async run(_action, { cluster, sandboxes }) {
      if (!sandboxes.has(cluster)) return { skipped: true };
      await sandboxes.delete(cluster);
      return { skipped: false };
    },
    async undo() {},
  },
  'forget-cluster': {
    async run(_action, { cluster, registry, sandboxes }) {
      const watched = registry.get(cluster) !== undefined;
      sandboxes.forget(cluster);
      return { skipped: !watched };
    },
    async undo() {},
  },
};
