/** Preflight of settings: what a server has, what the plan changes, and what ALTER SYSTEM cannot change there. */
import type { Changes, ServerSettings } from '#core/engines/changes.ts';
import { asConfigured, fixedBy } from '#core/plan/alter-system.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import type { Server } from './choices.ts';
import { type Requirement, requirementsOf } from './requirements.ts';

/** Of a list, whether it has the engine's name; other settings have their value. */
function saidOf({ setting, met, value }: Requirement, { settings, servers }: Changes): string {
  const name =
    setting === 'shared_preload_libraries'
      ? settings.library
      : setting === 'output_plugin_libraries'
        ? servers.plugin
        : null;
  return name === null ? value : `${met ? 'has' : 'lacks'} ${name}`;
}

export function checkSettings(grounds: Grounds, server: Server, nodes: number): void {
  const { name, facts } = server;
  const fixed: Requirement[] = [];
  for (const requirement of requirementsOf(facts, nodes, grounds.changes)) {
    const { setting, met } = requirement;
    const said = saidOf(requirement, grounds.changes);
    const pending = facts.settings[setting]?.pendingRestart
      ? ', a new value takes effect after a restart'
      : '';
    if (met) grounds.ok(name, setting, said);
    else if (requirement.fixed === null) grounds.todo(name, setting, `${said}${pending}`, `settings:${name}`);
    else fixed.push(requirement);
  }
  if (fixed.length === 0) return;
  const restart = fixed.some(({ needsRestart }) => needsRestart) ? ', restart the server' : '';
  grounds.stop(name, 'ALTER SYSTEM', `cannot change ${fixed.map(({ setting }) => setting).join(', ')}`, {
    code: 'setting-fixed',
    message: fixed
      .map(
        ({ setting, value, wanted, fixed: why }) =>
          `${setting} on ${name} is ${value === '' ? 'empty' : value} and must be ${wanted}: ${why}.`,
      )
      .join(' '),
    remedy: `Set this where ${name} is configured (the operator's or Patroni's configuration, the command line, the role or database)${restart}, then check again: ${fixed.map(({ setting, target }) => asConfigured(setting, target)).join('; ')}`,
  });
}

/**
 * Settings that the plan changes when all copies are there: it would be late to find then that they cannot be changed.
 * `changes`: by setting, the value that it is to have.
 */
export function checkLaterSettings(
  grounds: Grounds,
  { name, facts }: Server,
  changes: ReadonlyMap<string, string>,
): void {
  const fixed = [...changes].flatMap(([setting, value]) => {
    if (facts.settings[setting]?.value === value) return [];
    const why = fixedBy(facts, setting);
    return why === null ? [] : [{ setting, value, why }];
  });
  if (fixed.length === 0) return;
  grounds.stop(
    name,
    'Settings at the end',
    `cannot change ${fixed.map(({ setting }) => setting).join(', ')}`,
    {
      code: 'setting-fixed',
      message: `The deploy ends with ALTER SYSTEM for ${fixed.map(({ setting }) => setting).join(', ')} on ${name}: ${[...new Set(fixed.map(({ why }) => why))].join('; ')}.`,
      remedy: `Set this where ${name} is configured, reload, then check again: ${fixed.map(({ setting, value }) => asConfigured(setting, value)).join('; ')}. Or deploy without automatic DDL, and without sequences that are converted.`,
    },
  );
}

export const ddlChanges = ({ ddl }: ServerSettings): Map<string, string> =>
  new Map(ddl?.all.map((setting) => [setting, 'on']));
