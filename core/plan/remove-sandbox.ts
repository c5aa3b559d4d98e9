/** The end of a sandbox, whole or half made. */

import type { Observed } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { type ExecutablePlan, step } from './executable.ts';

export function planRemoveSandbox(
  request: Extract<PlanRequest, { kind: 'remove' }>,
  observed: Observed,
): ExecutablePlan {
  const { name } = request;
  const { sandbox } = observed;
  const title = `Remove ${name}: three nodes on this machine`;
  if (sandbox === null) {
    const watched = observed.clusters.includes(name);
    return {
      title: `Remove ${name}`,
      steps: [],
      checks: [],
      problems: [
        {
          node: null,
          code: watched ? 'not-a-sandbox' : 'no-sandbox',
          message: watched
            ? `${name} is a cluster that Tricorder only watches, not a sandbox.`
            : `There is no sandbox ${name}.`,
          remedy: watched ? 'Forget it instead: that touches no node.' : 'There is nothing to remove.',
        },
      ],
    };
  }
  const nothing = 'Nothing: deleted data cannot be restored.';
  return {
    title,
    problems: [],
    checks: sandbox.nodes.map((node) => ({
      node: node.name,
      name: 'Server',
      result: 'todo' as const,
      value: node.running ? `runs on port ${node.port}` : 'not running',
      step: `stop:${node.name}`,
    })),
    steps: [
      step({
        id: 'forget',
        title: 'Stop watching the cluster',
        node: null,
        commands: ['delete the saved DSNs and thresholds; history and activity stay'],
        undo: nothing,
        action: { type: 'forget-cluster' },
      }),
      ...sandbox.nodes.map((node) =>
        step({
          id: `stop:${node.name}`,
          title: 'Stop the server',
          node: node.name,
          commands: [`pg_ctl stop -D ${sandbox.folder}/${node.name} -m fast`],
          after: ['forget'],
          undo: nothing,
          action: { type: 'sandbox-stop', node: node.name },
        }),
      ),
      step({
        id: 'delete',
        title: 'Delete the folders',
        node: null,
        commands: [`rm -r ${sandbox.folder}`],
        after: sandbox.nodes.map((node) => `stop:${node.name}`),
        risk: 'data',
        riskText: `All data of ${sandbox.nodes.map((node) => node.name).join(', ')} is lost.`,
        undo: nothing,
        action: { type: 'sandbox-delete' },
      }),
    ],
  };
}
