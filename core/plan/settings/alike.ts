/** Settings of the servers' files, alike on several nodes: set by ALTER SYSTEM and read by a reload. */
import { quoteLiteral } from '#core/engines/quote.ts';
import { type Sql, sql } from '#core/engines/sql.ts';
import { type SqlUnit, unit } from '#core/engines/units.ts';
import type { ObservedSetting } from '#core/model/observed.ts';
import { type ExecutableStep, step } from '#core/plan/executable.ts';
import type { Grounds } from '#core/plan/nodes.ts';

const RELOAD = sql`SELECT pg_reload_conf()`;

/** By name, in the order in which they are set. */
export type WantedSettings = readonly (readonly [name: string, value: string])[];

/** The steps on these nodes, with a check for each setting; what a node lacks or does not take is a problem of the plan. */
export function alikeSteps(
  grounds: Grounds,
  nodes: readonly string[],
  wanted: WantedSettings,
): ExecutableStep[] {
  return nodes.flatMap((node) => {
    const facts = grounds.need(node);
    if (facts === null || !grounds.read(node, facts, 'settings')) return [];
    const there = wanted.map(([name, value]) => check(grounds, node, name, value, facts.settings?.[name]));
    if (there.includes(null)) return [];
    const found = there.flatMap((each) => each ?? []);
    const done = found.every((each) => each.setting.value === each.value);
    return [
      step({
        id: `set:${node}`,
        title: `Set ${found.length === 1 ? (found[0]?.name ?? '') : `${found.length} settings`} on ${node}`,
        node,
        done,
        undo: 'Restores what ALTER SYSTEM had set before.',
        action: { type: 'sql', node, timeoutSeconds: 30, units: found.map(unitOf) },
      }),
      step({
        id: `wait:${node}`,
        title: `Wait until ${node} has read it`,
        node,
        after: [`set:${node}`],
        action: {
          type: 'wait',
          timeoutSeconds: 20,
          awaited: found.map(({ name, value }) => ({
            node,
            text: `${name} is ${value} on ${node}`,
            query: isInForce(name, value),
          })),
        },
      }),
    ];
  });
}

interface Found {
  name: string;
  value: string;
  setting: ObservedSetting;
}

function check(
  grounds: Grounds,
  node: string,
  name: string,
  value: string,
  setting: ObservedSetting | undefined,
): Found | null {
  if (setting === undefined) {
    grounds.stop(node, name, 'not known there', {
      code: 'version',
      message: `${node} has no setting ${name}.`,
      remedy: 'Leave it out, or update the extension there.',
    });
    return null;
  }
  const choices = setting.type === 'bool' ? ['on', 'off'] : setting.allowed;
  if (choices !== null && !choices.includes(value)) {
    grounds.stop(node, name, `not ${value}`, {
      code: 'bad-value',
      message: `${name} cannot be ${value} on ${node}.`,
      remedy: `Choose one of ${choices.join(', ')}.`,
    });
    return null;
  }
  if (setting.value === value) grounds.ok(node, name, value);
  else grounds.todo(node, name, `${setting.value}, is to be ${value}`, `set:${node}`);
  return { name, value, setting };
}

/** The server's value, whatever this session has set for itself. */
const isInForce = (name: string, value: string): Sql =>
  sql`SELECT coalesce((SELECT reset_val = ${quoteLiteral(value)} FROM pg_settings WHERE name = ${quoteLiteral(name)}), false)`;

function unitOf({ name, value, setting }: Found): SqlUnit {
  const back = setting.altered;
  return unit([sql`ALTER SYSTEM SET ${name} = ${quoteLiteral(value)}`, RELOAD], {
    scope: 'catalog',
    already: isInForce(name, value),
    object: `setting ${name}`,
    undo: [
      back === null ? sql`ALTER SYSTEM RESET ${name}` : sql`ALTER SYSTEM SET ${name} = ${quoteLiteral(back)}`,
      RELOAD,
    ],
  });
}
