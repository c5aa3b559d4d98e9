/** Three PostgreSQL servers on this machine, each joined to each. */
import { changesOf } from '#core/engines/registry.ts';
import { formatBytes } from '#core/model/format.ts';
import type { Observed } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { deploySteps, SANDBOX_NODES } from './deploy-sandbox-steps.ts';
import type { ExecutablePlan } from './executable.ts';
import { SANDBOX_DISK_BYTES } from './sandbox-size.ts';

export function planDeploySandbox(
  request: Extract<PlanRequest, { target: 'sandbox' }>,
  observed: Observed,
): ExecutablePlan {
  const problems = findProblems(request.name, observed);
  const { machine } = observed;
  const nothing = { title: `Deploy ${request.name}: three nodes on this machine`, problems };
  if (machine === null || machine.engine === null) return { ...nothing, steps: [], checks: [] };
  const ports = machine.ports;
  return {
    ...nothing,
    steps: deploySteps(machine, machine.engine, ports, changesOf(observed.engine)),
    checks: [
      {
        node: null,
        name: 'Engine',
        result: 'ok',
        value: machine.engine.text,
        step: null,
      },
      {
        node: null,
        name: 'Ports',
        result: ports.length < SANDBOX_NODES.length ? 'stop' : 'ok',
        value: ports.length === 0 ? 'none free' : `${ports.join(', ')} on 127.0.0.1`,
        step: null,
      },
      {
        node: null,
        name: 'Disk',
        result: tooLittleDisk(machine.diskFreeBytes) ? 'stop' : 'ok',
        value:
          machine.diskFreeBytes === null
            ? `${formatBytes(SANDBOX_DISK_BYTES)} needed, free space unknown`
            : `${formatBytes(SANDBOX_DISK_BYTES)} needed, ${formatBytes(machine.diskFreeBytes)} free`,
        step: null,
      },
      ...(machine.account === null
        ? []
        : [
            {
              node: null,
              name: 'Account',
              result: 'ok' as const,
              value: `The servers run as ${machine.account}: PostgreSQL refuses to run as root`,
              step: null,
            },
          ]),
    ],
  };
}
const tooLittleDisk = (free: number | null): boolean => free !== null && free < SANDBOX_DISK_BYTES;

function findProblems(name: string, observed: Observed): ExecutablePlan['problems'] {
  const { machine } = observed;
  const problems: ExecutablePlan['problems'] = [];
  const add = (code: string, message: string, remedy: string) =>
    problems.push({ node: null, code, message, remedy });
  if (observed.sandbox !== null) {
    add(
      'sandbox-exists',
      observed.sandbox.whole
        ? `There is already a sandbox ${name}.`
        : `There is already a sandbox ${name}, whose deploy has not finished.`,
      observed.sandbox.whole
        ? 'Remove it first, or choose another name.'
        : 'Resume or roll back that run, remove the sandbox, or choose another name.',
    );
  } else if (observed.clusters.includes(name)) {
    add('name-taken', `A cluster ${name} is already watched.`, 'Choose another name.');
  }
  if (machine === null || machine.engine === null) {
    add(
      'no-engine',
      machine?.reason ?? 'No PostgreSQL was found to run a sandbox on.',
      `Install a PostgreSQL with ${changesOf(observed.engine).words.name} and set TRICORDER_PG_BIN to its bin folder, or install the optional npm packages (npm ci without --omit=optional).`,
    );
    return problems;
  }
  if (machine.ports.length < SANDBOX_NODES.length) {
    add(
      'no-ports',
      `Three free ports are needed; ${machine.ports.length} were found.`,
      'Stop a program that listens on one of them.',
    );
  }
  if (tooLittleDisk(machine.diskFreeBytes)) {
    add(
      'disk-full',
      `${machine.folder} has ${formatBytes(machine.diskFreeBytes ?? 0)} free; a sandbox needs ${formatBytes(SANDBOX_DISK_BYTES)}.`,
      'Free some space, or start Tricorder with another --data-dir.',
    );
  }
  return problems;
}
