/**
 * Settings of servers, changed by ALTER SYSTEM. A plan says of each whether it comes with a reload or with a restart; what waits
 * for a restart is nowhere called in force.
 */
import { quoteLiteral } from '#core/engines/quote.ts';
import { type Sql, sql } from '#core/engines/sql.ts';
import { unit } from '#core/engines/units.ts';
import { formatNames } from '#core/model/format.ts';
import type { Observed, ObservedFacts, ObservedSetting } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import type { SettingChange } from '#core/model/requests/settings.ts';
import { namesIn } from '#core/model/settings.ts';
import {
  type Altered,
  alteredNow,
  alterSystem,
  asConfigured,
  fixedBy,
  isAltered,
  RELOAD,
} from '#core/plan/alter-system.ts';
import { type ExecutablePlan, type ExecutableStep, step } from '#core/plan/executable.ts';
import { Grounds } from '#core/plan/nodes.ts';
import { cautionsOf } from './cautions.ts';
import { restartSteps } from './restarts.ts';
import { isList, isSame, readValue, shownValue } from './value.ts';

type SettingsRequest = Extract<PlanRequest, { kind: 'node-settings' }>;

/** A setting of one node that changes. */
interface Change {
  name: string;
  setting: ObservedSetting;
  /** What ALTER SYSTEM is to have, and has. */
  to: Altered;
  before: Altered;
  /** As pg_settings is to print it. */
  value: string;
  needsRestart: boolean;
  /** What is lost by it; null: nothing. */
  loses: string | null;
}

export interface NodeChange {
  node: string;
  facts: ObservedFacts;
  changes: Change[];
}

export function planNodeSettings(request: SettingsRequest, observed: Observed): ExecutablePlan {
  const grounds = new Grounds(observed);
  checkNames(grounds, request);
  const nodes = [...new Set(request.nodes)];
  const all = nodes.flatMap((node): NodeChange[] => {
    const facts = grounds.need(node);
    if (facts === null) return [];
    const { settings } = facts;
    if (settings === undefined) {
      grounds.read(node, facts, 'settings');
      return [];
    }
    const wanted = request.settings.flatMap(
      (each) => changeOf(grounds, node, facts, settings, each, observed.nodes?.length ?? 1) ?? [],
    );
    checkFixed(grounds, node, facts, wanted);
    for (const each of wanted) tell(grounds, node, each, request);
    return [{ node, facts, changes: wanted }];
  });
  return {
    title: titleOf(request, nodes),
    checks: grounds.checks,
    problems: grounds.problems,
    steps: grounds.problems.length > 0 ? [] : stepsOf(grounds, request, all, observed),
  };
}

function titleOf({ settings: [first, ...others] }: SettingsRequest, nodes: readonly string[]): string {
  const where = nodes.length > 4 ? `${nodes.length} nodes` : formatNames(nodes);
  if (first === undefined || others.length > 0) return `Change ${others.length + 1} settings on ${where}`;
  return first.value === null
    ? `Reset ${first.name} on ${where}`
    : `Set ${first.name} to ${first.value.trim() === '' ? 'empty' : first.value.trim()} on ${where}`;
}

function checkNames(grounds: Grounds, { settings }: SettingsRequest): void {
  const names = settings.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (twice.length > 0) {
    grounds.problem(
      null,
      'contradiction',
      `${formatNames(twice)} would be changed twice.`,
      'Name each setting once.',
    );
  }
  for (const name of new Set(names)) {
    const why = grounds.changes.settings.leftAlone(name);
    if (why === null) continue;
    grounds.stop(null, name, 'not by this plan', {
      code: 'left-alone',
      message: `${name} is not changed by a plan of settings. ${why}`,
      remedy: 'Leave it out.',
    });
  }
}

function changeOf(
  grounds: Grounds,
  node: string,
  facts: ObservedFacts,
  settings: Readonly<Record<string, ObservedSetting>>,
  { name, value }: SettingChange,
  nodes: number,
): Change | null {
  if (grounds.changes.settings.leftAlone(name) !== null) return null;
  const setting = settings[name];
  if (setting === undefined || setting.context === 'internal') {
    grounds.stop(node, name, setting === undefined ? 'no such setting' : 'cannot be changed', {
      code: 'no-setting',
      message: `${node} ${setting === undefined ? 'knows no setting' : 'lets nobody change'} ${name}${setting === undefined ? ` (${grounds.changes.words.name} ${facts.engineVersion})` : ''}.`,
      remedy: 'Correct the name, or leave the node out.',
    });
    return null;
  }
  const unread = facts.unread?.settings;
  if (value === null && unread !== undefined) {
    grounds.read(node, facts, 'settings');
    return null;
  }
  const written = value ?? setting.beneath;
  const read = readValue(name, setting, written);
  if (!read.ok && value !== null) {
    const message = `${name} cannot be ${written.trim() === '' ? 'empty' : written.trim()}: it takes ${read.wanted}.`;
    if (!grounds.problems.some((each) => each.message === message))
      grounds.stop(node, name, read.wanted, { code: 'bad-value', message, remedy: 'Correct the value.' });
    return null;
  }
  const to = read.ok ? read.value : written;
  const as = (text: string | null): Altered => ({ setting: name, value: text, list: isList(name) });
  const inForce = isSame(name, setting, setting.value, to);
  const inFile = value !== null || setting.altered === null;
  if (inForce && inFile && !setting.pendingRestart) {
    grounds.ok(node, name, shownValue(setting, to));
    return null;
  }
  return {
    name,
    setting,
    to: as(value === null ? null : isList(name) ? to : value.trim()),
    // Where the files cannot be read, what is in force is what it goes back to.
    before: as(unread === undefined ? setting.altered : setting.value),
    value: to,
    needsRestart: setting.context === 'postmaster' && !inForce,
    loses: cautionsOf(grounds, { node, facts, name, setting, to }, nodes),
  };
}

function checkFixed(grounds: Grounds, node: string, facts: ObservedFacts, changes: readonly Change[]): void {
  const fixed = changes.flatMap((each) => {
    const why = fixedBy({ settings: facts.settings ?? {} }, each.name);
    return why === null ? [] : [{ ...each, why }];
  });
  if (fixed.length === 0) return;
  const restart = fixed.some(({ needsRestart }) => needsRestart) ? 'restart' : 'reload';
  grounds.stop(node, 'ALTER SYSTEM', `cannot change ${formatNames(fixed.map(({ name }) => name))}`, {
    code: 'setting-fixed',
    message: fixed
      .map(({ name, setting, why }) => `${name} on ${node} is ${shownValue(setting, setting.value)}: ${why}.`)
      .join(' '),
    remedy: `Set this where ${node} is configured (the operator's or Patroni's configuration, the command line, the role or database), then ${restart} the server: ${fixed.map(({ name, to, value }) => asConfigured(name, to.value ?? value)).join('; ')}`,
  });
}

function tell(grounds: Grounds, node: string, change: Change, { restart }: SettingsRequest): void {
  const { name, setting, value, needsRestart, loses } = change;
  const from = shownValue(setting, setting.value);
  const to = shownValue(setting, value);
  if (!needsRestart) grounds.todo(node, name, `${from}, then ${to}: in force after a reload`, `set:${node}`);
  else if (restart === 'later') {
    grounds.know(node, name, `stays ${from} until somebody restarts ${node}, and is ${to} from then on`);
  } else
    grounds.todo(node, name, `${from}, then ${to}: in force after a restart of ${node}`, `restart:${node}`);
  if (loses !== null) grounds.know(node, 'Slots', loses);
}

function stepsOf(
  grounds: Grounds,
  { restart }: SettingsRequest,
  all: readonly NodeChange[],
  observed: Observed,
): ExecutableStep[] {
  const steps = all.flatMap((each) => [setStep(each), ...waitStep(each)]);
  if (restart === 'later') return steps;
  return [
    ...steps,
    ...restartSteps(
      grounds,
      all.flatMap(({ node, changes }) => {
        const waiting = changes.filter(({ needsRestart }) => needsRestart);
        return waiting.length === 0
          ? []
          : [
              {
                node,
                after: [`set:${node}`],
                inForce: allInForce(waiting),
                for: waiting.map(({ name }) => name),
              },
            ];
      }),
      observed,
    ),
  ];
}

function setStep({ node, changes }: NodeChange): ExecutableStep {
  const loses = changes.flatMap(({ loses: each }) => each ?? []);
  const waiting = changes.filter(({ needsRestart }) => needsRestart).map(({ name }) => name);
  const [first] = changes;
  return step({
    id: `set:${node}`,
    title:
      first === undefined
        ? 'Nothing to change'
        : changes.length > 1
          ? `Write ${changes.length} settings`
          : first.to.value === null
            ? `Reset ${first.name}`
            : `Write ${first.name} = ${first.to.value}`,
    node,
    done: first === undefined,
    risk: loses.length > 0 ? 'data' : 'none',
    riskText: loses.length > 0 ? loses.join(' ') : null,
    undo: undoText(changes, waiting),
    action: {
      type: 'sql',
      node,
      timeoutSeconds: 30,
      units: changes.map(({ name, to, before }) =>
        unit([alterSystem(to), RELOAD], {
          scope: 'catalog',
          already: isAltered(to),
          identity: alteredNow(name),
          object: `setting ${name}`,
          undo: [alterSystem(before), RELOAD],
        }),
      ),
    },
  });
}

function undoText(changes: readonly Change[], waiting: readonly string[]): string | null {
  if (changes.length === 0) return null;
  const back = changes.map(({ name, before }) =>
    before.value === null ? `resets ${name}` : `sets ${name} to ${before.value} again`,
  );
  const text = formatNames(back, 12);
  const later =
    waiting.length === 0
      ? ''
      : ` Where the server was restarted meanwhile, ${formatNames(waiting)} ${waiting.length === 1 ? 'is' : 'are'} in force as before only after another restart.`;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.${later}`;
}

function waitStep({ node, changes }: NodeChange): ExecutableStep[] {
  const reloaded = changes.filter(({ needsRestart }) => !needsRestart);
  if (reloaded.length === 0) return [];
  return [
    step({
      id: `wait:${node}`,
      title: 'Wait until the server has read it',
      node,
      after: [`set:${node}`],
      action: {
        type: 'wait',
        timeoutSeconds: 20,
        awaited: [
          {
            node,
            text: `${formatNames(reloaded.map(({ name, setting, value }) => `${name} is ${shownValue(setting, value)}`))} on ${node}`,
            query: allInForce(reloaded),
          },
        ],
        // A console that stopped between the two statements has written it, and reloaded nothing.
        wakes: [{ node, needed: sql`SELECT NOT (${allInForce(reloaded)})`, statement: RELOAD }],
      },
    }),
  ];
}

/** One boolean: all of these are in force on the server, whatever a session has set for itself. */
function allInForce(changes: readonly Change[]): Sql {
  const each = changes.map(({ name, setting, value }) => {
    const is =
      setting.type === 'real' || setting.type === 'integer'
        ? `reset_val::float8 = ${Number(value)}`
        : isList(name)
          ? `replace(replace(reset_val, '"', ''), ' ', '') = ${quoteLiteral(namesIn(value).join(','))}`
          : `reset_val = ${quoteLiteral(value)}`;
    return `coalesce((SELECT ${is} AND NOT pending_restart FROM pg_settings WHERE name = ${quoteLiteral(name)}), false)`;
  });
  return sql`SELECT ${each.join(' AND ')}`;
}
